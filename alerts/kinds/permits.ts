/** Leave (请假): which permit holds when, and the words for it. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Permit } from '../../src/kernel/roster.ts';
import type { SubjectView } from './kind.ts';
import type { Words } from './wording.ts';

/** How long an ended permit is still worth a word. */
const RECENT_MS = 7 * 86_400_000;

/** Ends early when the return is recorded. */
export function permitEndMs({ untilMs, returnedAtMs }: Permit): Instant {
  return Math.min(untilMs, returnedAtMs ?? Number.POSITIVE_INFINITY);
}

export function permitAt({ profile }: SubjectView, atMs: Instant): Permit | undefined {
  for (const permit of profile.permits)
    if (permit.fromMs <= atMs && atMs < permitEndMs(permit)) return permit;
  return undefined;
}

/** The leave that excuses from a duty with a window: over the whole of it, or at its close. */
export function excuseOf(
  permits: readonly Permit[],
  { fromMs, untilMs }: { readonly fromMs: Instant; readonly untilMs: Instant },
): Permit | undefined {
  return permits.find((permit) => {
    const endMs = permitEndMs(permit);
    return permit.fromMs <= untilMs && (untilMs < endMs || (permit.fromMs <= fromMs && untilMs <= endMs));
  });
}

/** When permits last changed what holds, at `atMs` at the latest. */
export function permitEdges({ profile }: SubjectView): Instant[] {
  return profile.permits.flatMap((permit) => [permit.fromMs, permitEndMs(permit)]);
}

/** What to say of leave in an account of somebody who is where a permit would have allowed it. */
export function permitWords(view: SubjectView): Words {
  const ended = view.profile.permits
    .filter((permit) => permitEndMs(permit) <= view.nowMs && view.nowMs - permitEndMs(permit) < RECENT_MS)
    .sort((a, b) => permitEndMs(b) - permitEndMs(a))[0];
  return ended === undefined
    ? { zh: '无有效请假。', en: 'No valid permit.' }
    : {
        zh: `请假 ${ended.id} 已于 ${view.clock(permitEndMs(ended))} 结束。`,
        en: `Permit ${ended.id} ended at ${view.clock(permitEndMs(ended))}.`,
      };
}
