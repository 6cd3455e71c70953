/** What people do about an alert, and what was done. */
import type { Contact, Disposition, Measure } from '../../../src/kernel/casework.ts';
import { get, send } from './call.ts';

const one = (alert: string) => `alerts/${encodeURIComponent(alert)}`;

export interface Acknowledgement {
  readonly alert: string;
  /** Who was first: another than the caller when somebody else had it already. */
  readonly acknowledgedBy: string;
}
export const acknowledge = (alert: string, note = '') =>
  send<Acknowledgement>('POST', `${one(alert)}/acknowledge`, note === '' ? {} : { note });

/** The deeds after that; the live connection shows what came of them. */
export type Deed =
  | { readonly do: 'take'; readonly from: string | null }
  | {
      readonly do: 'contact';
      readonly whom: Contact;
      readonly reached: boolean;
      readonly note: string;
    }
  | { readonly do: 'note'; readonly note: string }
  | {
      readonly do: 'resolve';
      readonly disposition: Disposition;
      readonly measure: Measure | null;
      readonly note: string;
    }
  | { readonly do: 'review' | 'close' }
  | { readonly do: 'return'; readonly note: string };

export const workOn = (alert: string, { do: name, ...body }: Deed) =>
  send<unknown>('POST', `${one(alert)}/${name}`, body);

export interface Proposal {
  readonly disposition: Disposition | null;
  readonly because: { readonly zh: string; readonly en: string } | null;
}
export const proposalFor = (alert: string) => get<Proposal>(`${one(alert)}/proposal`);

export interface Deeds {
  /** A device of the subject can be asked where it is. */
  readonly isAskable: boolean;
  readonly actions: readonly {
    readonly action: string;
    readonly account: string;
    readonly note: string;
    readonly at: string;
    readonly detail?: Readonly<Record<string, unknown>>;
  }[];
}
export const deedsOf = (alert: string) => get<Deeds>(one(alert));

export const shelve = (subject: string, kind: string, until: Date, reason: string) =>
  send<{ state: string }>('POST', 'shelvings', { subject, kind, until: until.toISOString(), reason });

export interface Shelving {
  readonly id: string;
  readonly subject: string;
  readonly kind: string;
  readonly reason: string;
  readonly state: 'asked' | 'in-force' | 'refused' | 'ended';
  readonly askedBy: string;
  readonly until: string;
  readonly approvedBy: string | null;
}
export const openShelvings = () =>
  get<{ items: readonly Shelving[] }>('shelvings', { state: 'open', limit: 1000 });
export const decideShelving = (id: string, how: 'approve' | 'end') =>
  send<Shelving>('POST', `shelvings/${encodeURIComponent(id)}/${how}`);

/** One cause, one incident: into that which the first has, or a new one. */
export const mergeAlerts = (incident: string | null, alerts: readonly string[], note: string) =>
  send<unknown>('POST', incident === null ? 'incidents' : `incidents/${encodeURIComponent(incident)}/merge`, {
    alerts,
    note,
  });
export const splitAlert = (incident: string, alert: string) =>
  send<unknown>('POST', `incidents/${encodeURIComponent(incident)}/split`, { alerts: [alert] });
