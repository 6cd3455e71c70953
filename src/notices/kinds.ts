/** A notice and who asks for it, as the core sees them. Pure. */
import type { Severity } from '../kernel/alert-event.ts';
import type { TELLS } from '../kernel/notices.ts';

export type Language = 'zh' | 'en';

/** As it came out of the outbox (`alerts/noticed.ts`). */
export interface Notice {
  readonly id: string;
  readonly what: string;
  /** '': whoever watches the whole tree. */
  readonly office: string;
  /** Null: it has none. */
  readonly severity: Severity | null;
}

/** Times of the office's day, `HH:MM`; the end before the beginning: over midnight. */
export interface QuietHours {
  readonly from: string;
  readonly until: string;
}

export interface Subscription {
  readonly id: string;
  readonly organisation: string;
  readonly reach: 'own' | 'subtree';
  /** Null: all. */
  readonly kinds: readonly string[] | null;
  readonly fromSeverity: Severity;
  readonly channel: string;
  /** Address or number; '' where the channel has one receiver. */
  readonly recipient: string;
  readonly language: Language;
  readonly tells: (typeof TELLS)[number];
  readonly quiet: QuietHours | null;
}
