/**
 * The load, in a process of its own: batches of lines over HTTP, so many under way at once, or at a rate. Prints one JSON line:
 * how many were accepted and in what time. Arguments: url token subjects batch inFlight seconds [ratePerS].
 */
import { Agent, request } from 'node:http';
import { createLoad } from '../../src/demo/load.ts';

const [url = '', token = '', subjects = '1762', batch = '500', inFlight = '8', seconds = '10', rate = '0'] =
  process.argv.slice(2);
const load = createLoad({ seed: 1, subjects: Number(subjects), feed: 'F' });
const agent = new Agent({ keepAlive: true, maxSockets: Number(inFlight) });
const size = Number(batch);
const latencies: number[] = [];
let accepted = 0;
let refused = 0;

function send(body: string): Promise<void> {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/x-ndjson',
          'content-length': Buffer.byteLength(body),
        },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => {
          latencies.push(performance.now() - startedMs);
          if (answer.statusCode === 200) accepted += size;
          else refused += size;
          if (text.includes('"index"')) console.error(text.slice(0, 300));
          resolve();
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const startedMs = performance.now();
const untilMs = startedMs + Number(seconds) * 1000;
if (Number(rate) > 0) {
  const pauseMs = (1000 * size) / Number(rate);
  const under: Promise<void>[] = [];
  for (let at = startedMs; at < untilMs; at += pauseMs) {
    const wait = at - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(send(load.positions(size, Date.now()).join('\n')));
  }
  await Promise.all(under);
} else {
  const worker = async () => {
    while (performance.now() < untilMs) await send(load.positions(size, Date.now()).join('\n'));
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
}
latencies.sort((a, b) => a - b);
const spent = process.cpuUsage();
const elapsedS = (performance.now() - startedMs) / 1000;
console.log(
  JSON.stringify({
    accepted,
    refused,
    seconds: elapsedS,
    cpuSeconds: (spent.user + spent.system) / 1e6,
    p50Ms: latencies[latencies.length >> 1],
    p99Ms: latencies[Math.floor(latencies.length * 0.99)],
  }),
);
process.exit(0);
