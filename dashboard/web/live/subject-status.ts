/** What a subject's dot shows: facts about contact, and whether an alert is open. Pure. */
import { type AlertCard, FLAG_OFF, type Whereabouts } from '../../protocol.ts';

export type SubjectStatus = 'heard' | 'silent' | 'off' | 'alert' | 'unknown';

/** Without contact for longer than this the dot is hollow; whether that is an alert is for the detector to say. */
export const HEARD_WITHIN_S = 900;

export function statusOf(
  whereabouts: Whereabouts | null,
  hasOpenAlert: boolean,
  nowMs: number,
): SubjectStatus {
  if (hasOpenAlert) return 'alert';
  if (whereabouts === null || whereabouts[5] === 0) return 'unknown';
  if ((whereabouts[7] & FLAG_OFF) !== 0) return 'off';
  return nowMs / 1000 - whereabouts[5] > HEARD_WITHIN_S ? 'silent' : 'heard';
}

const RANK = { critical: 0, high: 1, medium: 2, low: 3 } as const;

/** Unowned first, then severity, then the oldest; those that are over come last. */
export function compareAlerts(a: AlertCard, b: AlertCard): number {
  const over = (alert: AlertCard) => (alert.state === 'cleared' ? 1 : 0);
  const owned = (alert: AlertCard) => (alert.acknowledgedBy === null ? 0 : 1);
  return (
    over(a) - over(b) ||
    owned(a) - owned(b) ||
    RANK[a.severity] - RANK[b.severity] ||
    a.startedAtMs - b.startedAtMs ||
    (a.alert < b.alert ? -1 : 1)
  );
}
