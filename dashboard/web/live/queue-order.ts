/** The order of the alert queue. Pure. */
import type { AlertKindName, Severity } from '../../../src/kernel/alert-event.ts';
import type { AlertCard } from '../../protocol.ts';

const RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3 };

export const isOpen = (alert: AlertCard): boolean => alert.state === 'opened' || alert.state === 'updated';
/** Somebody must act: open, and nobody has taken it. */
export const isUnowned = (alert: AlertCard): boolean => isOpen(alert) && alert.acknowledgedBy === null;

export const isMoreSevere = (a: Severity, b: Severity): boolean => RANK[a] < RANK[b];

/** Unowned first, then severity, then the oldest; what is over and only waits to be confirmed comes last. */
export function compareAlerts(a: AlertCard, b: AlertCard): number {
  return (
    Number(!isOpen(a)) - Number(!isOpen(b)) ||
    Number(a.acknowledgedBy !== null) - Number(b.acknowledgedBy !== null) ||
    RANK[a.severity] - RANK[b.severity] ||
    a.startedAtMs - b.startedAtMs ||
    (a.alert < b.alert ? -1 : 1)
  );
}

const ZONE_KINDS: ReadonlySet<AlertKindName> = new Set(['out-of-bounds', 'exclusion-entry']);

/** The evidence of these is a distance to a zone's edge. */
export const isAboutZone = (kind: AlertKindName): boolean => ZONE_KINDS.has(kind);
