/**
 * What buffers hold outside the heap is counted with the heap. Node 24's V8 otherwise begins a full collection with each 64 MiB of new
 * buffers, however soon these are free again: under load two and more a second in each thread, a quarter of all CPU that an observation
 * took (docs/decisions/012). Later versions of V8 count like this without being asked, and know no such flag.
 */
import { setFlagsFromString } from 'node:v8';

const ASKED_BY_NODE = 24;

/** For all threads of the process; to be called before others begin. */
export function countBuffersWithTheHeap(): void {
  if (Number.parseInt(process.versions.node, 10) === ASKED_BY_NODE)
    setFlagsFromString('--external-memory-accounted-in-global-limit');
}
