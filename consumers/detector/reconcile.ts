/**
 * What the ledger has to be told after the past was judged again in true order: alerts that were missed are opened late, such as
 * stood too long or too short are updated, such as were none are retracted. Never an edit: each is a new version.
 */
import type { AlertEvent } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';

/** The newest version of each alert, by id, in the order in which they were opened. */
export function netOf(events: Iterable<AlertEvent>): Map<string, AlertEvent> {
  const net = new Map<string, AlertEvent>();
  for (const event of events) {
    const known = net.get(event.alert);
    if (known === undefined || event.version > known.version) net.set(event.alert, event);
  }
  return net;
}

/**
 * `known`: the newest versions that the ledger has, of the time that was judged again; `truth`: of the alerts as they are in true
 * order; `first`: how each of those was opened. `untilMs`: what began or ended later is the detector's own matter, though the truth may
 * reach beyond it: what was told after it of before it is known there too.
 */
export function reconcile(
  known: ReadonlyMap<string, AlertEvent>,
  truth: ReadonlyMap<string, AlertEvent>,
  first: ReadonlyMap<string, AlertEvent>,
  untilMs: Instant,
): AlertEvent[] {
  const told: AlertEvent[] = [];
  for (const [id, last] of known) {
    if (truth.has(id) || last.state === 'retracted' || last.startedAtMs >= untilMs) continue;
    told.push({
      ...last,
      version: last.version + 1,
      state: 'retracted',
      detectedAtMs: untilMs,
      reason: `按事实发生的先后重新核对后撤回：${last.reason}`,
      reasonEn: `Withdrawn after what came late was put in its place: ${last.reasonEn}`,
    });
  }
  for (const [id, last] of truth) {
    if (last.startedAtMs >= untilMs) continue;
    const before = known.get(id);
    // Withdrawn by a night that did not know what has come since: it stands again.
    if (before === undefined || before.state === 'retracted') {
      const version = (before?.version ?? 0) + 1;
      const opened = first.get(id) ?? last;
      told.push({
        ...opened,
        version,
        state: 'opened',
        late: true,
        clearedAtMs: null,
        detectedAtMs: untilMs,
      });
      if (last.clearedAtMs !== null)
        told.push({ ...last, version: version + 1, state: 'cleared', late: true, detectedAtMs: untilMs });
    } else if (!isSameEnd(before.clearedAtMs, last.clearedAtMs, untilMs)) {
      told.push({
        ...last,
        version: before.version + 1,
        state: before.clearedAtMs === null ? 'cleared' : 'updated',
        late: true,
        detectedAtMs: untilMs,
      });
    }
  }
  return told;
}

/** Both open then, or ended at the same time. */
function isSameEnd(a: Instant | null, b: Instant | null, untilMs: Instant): boolean {
  const end = (at: Instant | null) => (at === null || at >= untilMs ? null : at);
  return end(a) === end(b);
}
