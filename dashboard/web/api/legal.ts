/** What is due by law, and leave. */
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
  readonly ground: 'medical' | 'study' | 'litigation' | 'family' | 'work';
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
}

/** What is shown at once: the most urgent stand first. */
export const MOST_CLOCKS = 200;

export const legalClocks = (subject: string | null) =>
  getAll<LegalClock>('legal-clocks', { subject, limit: 200 }, MOST_CLOCKS);
export const countLegalClocks = () => get<{ overdue: number; soon: number }>('legal-clocks/count');
export const openPermits = () => getAll<LeavePermit>('permits', { open: true, limit: 200 }, 1000);
export const actOnPermit = (id: string, deed: 'approve' | 'refuse' | 'depart' | 'return', body: object) =>
  send<LeavePermit>('POST', `permits/${encodeURIComponent(id)}/${deed}`, body);
