/** What is due by law, leave, electronic positioning, and the dates that the clocks run from. */
import type { Schedule } from '../../../src/kernel/roster.ts';
import type { PermitGround, PermitKind } from '../../../src/legal/permit.ts';
import type { OrderGround } from '../../../src/legal/positioning-order.ts';
import { get, getAll, send } from './call.ts';

export interface LegalClock {
  readonly subject: string;
  readonly subjectName: string;
  readonly office: string;
  readonly kind:
    | 'report-in'
    | 'report-in-late'
    | 'out-of-supervision'
    | 'leave-return'
    | 'order-end'
    | 'correction-end';
  readonly stage: 'due' | 'admonition' | 'warning' | 'revocation';
  readonly about: string;
  readonly since: string;
  readonly dueAt: string | null;
  readonly overdue: boolean;
  readonly article: { readonly zh: string; readonly en: string };
}

export interface LeavePermit {
  readonly permit: string;
  readonly subject: string;
  readonly subjectName: string;
  readonly office: string;
  readonly kind: PermitKind;
  /** Of recurrent leave; null: at all times. */
  readonly schedule: Schedule | null;
  readonly ground: PermitGround;
  readonly explanation: string;
  readonly destination: string;
  readonly from: string;
  readonly until: string;
  readonly state: 'asked' | 'approved' | 'refused' | 'withdrawn' | 'away' | 'returned';
  readonly overdue: boolean;
  readonly days: number;
  readonly cumulatedDays: number;
  readonly level: 'office' | 'county' | 'city' | 'province';
  readonly article: { readonly zh: string; readonly en: string };
  readonly short: boolean;
  readonly mayDecide: boolean;
  /** Of the decision. */
  readonly reason: string;
  readonly returnedAt: string | null;
}

/** What is shown at once: the most urgent stand first. */
export const MOST_CLOCKS = 200;

export const legalClocks = (subject: string | null) =>
  getAll<LegalClock>('legal-clocks', { subject, limit: 200 }, MOST_CLOCKS);
export const countLegalClocks = () => get<{ overdue: number; soon: number }>('legal-clocks/count');
export const openPermits = () => getAll<LeavePermit>('permits', { open: true, limit: 200 }, 1000);
/** The newest first: what was decided and what was not. */
export const permitsOf = (subject: string) => getAll<LeavePermit>('permits', { subject, limit: 200 }, 1000);
export interface AskedPermit {
  readonly subject: string;
  readonly kind: PermitKind;
  readonly schedule: Schedule | null;
  readonly ground: PermitGround;
  readonly explanation: string;
  readonly destination: string;
  readonly zone: string | null;
  readonly from: string;
  readonly until: string;
}
export const askPermit = (asked: AskedPermit) => send<LeavePermit>('POST', 'permits', asked);
export type PermitDeed = 'approve' | 'refuse' | 'withdraw' | 'depart' | 'return';
export const actOnPermit = (id: string, deed: PermitDeed, body: object) =>
  send<LeavePermit>('POST', `permits/${encodeURIComponent(id)}/${deed}`, body);

/** One term of an order. */
export interface OrderTerm {
  readonly order: string;
  readonly subject: string;
  readonly device: string;
  /** In the words of art. 29. */
  readonly ground: string;
  readonly from: string;
  readonly until: string;
  /** The term that this one goes on from. */
  readonly extends: string | null;
  readonly assessment: string;
  readonly state: 'proposed' | 'approved' | 'refused' | 'ended';
  readonly inForce: boolean;
  readonly proposedBy: string;
  readonly decidedBy: string | null;
  readonly reason: string;
  readonly endReason: string;
}
export const ordersOf = (subject: string) =>
  getAll<OrderTerm>('positioning-orders', { subject, limit: 200 }, 1000);
export const proposeOrder = (given: {
  readonly subject: string;
  readonly device: string;
  readonly ground: OrderGround;
  readonly from: string;
  readonly until: string;
}) => send<OrderTerm>('POST', 'positioning-orders', given);
export type OrderDeed = 'approve' | 'refuse' | 'end';
export const actOnOrder = (id: string, deed: OrderDeed, reason: string) =>
  send<OrderTerm>('POST', `positioning-orders/${encodeURIComponent(id)}/${deed}`, { reason });
export const extendOrder = (id: string, until: string, assessment: string) =>
  send<OrderTerm>('POST', `positioning-orders/${encodeURIComponent(id)}/extend`, { until, assessment });

/** Days, and times with their zone. */
export interface SupervisionDates {
  readonly effectiveOn: string | null;
  readonly reportedOn: string | null;
  readonly lostSince: string | null;
  readonly endsOn: string | null;
  readonly endedAt: string | null;
}
export interface Supervision extends SupervisionDates {
  readonly collectsUntil: string | null;
  readonly version: number;
}
const datesOf = (subject: string) => `subjects/${encodeURIComponent(subject)}/supervision`;
export const supervisionOf = (subject: string) => get<Supervision>(datesOf(subject));
export const setSupervision = (subject: string, version: number, reason: string, dates: SupervisionDates) =>
  send<Supervision>('PUT', datesOf(subject), { version, reason, ...dates });
