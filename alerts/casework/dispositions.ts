/** What an alert turned out to be, and what of it can't be put aside. Pure. The machine proposes, an officer decides. */
import type { AlertKindName, AlertState } from '../../src/kernel/alert-event.ts';
import type { Disposition } from '../../src/kernel/casework.ts';

/**
 * Never shelved, and reviewed by a second person: officers elsewhere ignored straps that "closed again" within five minutes, and
 * people died (domain.md, 4). `abscond` is what those two grow into.
 */
export const NEVER_SUPPRESSED: ReadonlySet<AlertKindName> = new Set([
  'strap-tamper',
  'separation',
  'abscond',
]);

/** Of a duty in the past or a defect: it can be settled while the machine still says so. All else is closed when it is over. */
export const MAY_CLOSE_STANDING: ReadonlySet<AlertKindName> = new Set([
  'missed-checkin',
  'implausible-fix',
  'low-battery',
  'device-expiry',
]);

export function isWeighty(kind: AlertKindName, disposition: Disposition | null): boolean {
  return disposition === 'confirmed-violation' || NEVER_SUPPRESSED.has(kind);
}

export interface Proposal {
  readonly disposition: Disposition;
  readonly because: { readonly zh: string; readonly en: string };
}

/** Never a violation: that is for a person to say first. Null: nothing speaks for anything. */
export function proposeDisposition(facts: {
  readonly kind: AlertKindName;
  readonly state: AlertState;
  /** Kinds of the other parts of its incident. */
  readonly together: readonly AlertKindName[];
  /** A permit held when it began. */
  readonly onLeave: boolean;
}): Proposal | null {
  const { kind, state, together, onLeave } = facts;
  if (state === 'retracted')
    return {
      disposition: 'data-error',
      because: { zh: '后到的数据已撤回该告警。', en: 'Data that came later took the alert back.' },
    };
  if (NEVER_SUPPRESSED.has(kind)) return null;
  if (together.includes('feed-outage') && (kind === 'silent' || kind === 'phone-off'))
    return {
      disposition: 'signal',
      because: { zh: '同一数据源当时中断。', en: 'The feed of the device was out at that time.' },
    };
  if (onLeave && (kind === 'out-of-bounds' || kind === 'curfew'))
    return {
      disposition: 'approved-absence',
      because: { zh: '当时持有生效的请假许可。', en: 'A leave permit held at that time.' },
    };
  if (kind === 'feed-outage')
    return { disposition: 'signal', because: { zh: '数据源中断。', en: 'A feed was out.' } };
  return null;
}
