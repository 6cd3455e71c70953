/** The words of the casework that server, page and rules share. What may follow what: alerts/casework. */

/** What officers have done about an alert; the ledger's state is the machine's word. */
export const STAGES = [
  'opened',
  'acknowledged',
  'handling',
  'tasked',
  'resolved',
  'reviewed',
  'returned',
  'closed',
] as const;
export type Stage = (typeof STAGES)[number];

/** What an alert turned out to be. Only the first is a violation; raw alerts never are. */
export const DISPOSITIONS = [
  'confirmed-violation',
  'reasonable-excuse',
  'approved-absence',
  'device-fault',
  'signal',
  'data-error',
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** The measures of the Community Corrections Law, article 28, lightest first; their words are reference data (`legal_measures`). */
export const MEASURES = [
  'admonition',
  'warning',
  'public-security-penalty',
  'revocation',
  'imprisonment',
] as const;
export type Measure = (typeof MEASURES)[number];

/** Why alerts are one incident. */
export const CAUSES = [
  'battery-died',
  'device-removed',
  'away',
  'absconded',
  'feed-outage',
  'same-deadline',
  'by-hand',
] as const;
export type Cause = (typeof CAUSES)[number];

/** Who was tried to be reached. */
export const CONTACTS = ['subject', 'guarantor', 'visit', 'police', 'office', 'operator'] as const;
export type Contact = (typeof CONTACTS)[number];

/** How far an office's task is. */
export const TASK_STAGES = ['sent', 'received', 'answered', 'returned', 'accepted', 'withdrawn'] as const;
export type TaskStage = (typeof TASK_STAGES)[number];

/** What the office found to be the cause. */
export const TASK_CAUSES = [
  'battery',
  'switched-off',
  'no-signal',
  'service-suspended',
  'device-fault',
  'left-device',
  'removed-device',
  'out-of-area',
  'on-leave',
  'in-custody',
  'in-hospital',
  'not-found',
  'other',
] as const;
export type TaskCause = (typeof TASK_CAUSES)[number];

/** 无法整改, 未整改, 整改中, 已整改. */
export const HAZARD_STATES = ['cannot-rectify', 'not-rectified', 'rectifying', 'rectified'] as const;
export type HazardState = (typeof HAZARD_STATES)[number];
