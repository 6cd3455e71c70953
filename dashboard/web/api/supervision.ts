/** What is kept of a subject beside the roster: the identity number, and days on which nobody need locate the subject. */
import { get, send } from './call.ts';

const one = (id: string) => `subjects/${encodeURIComponent(id)}`;

export const GROUNDS = ['detention', 'hospital', 'decision'] as const;
export type Ground = (typeof GROUNDS)[number];
export interface Exemption {
  readonly id: string;
  readonly from: string;
  /** Exclusive. */
  readonly until: string;
  readonly ground: Ground;
  readonly note: string;
  readonly by: string;
  readonly at: string;
  /** Exclusive, as it holds now. */
  readonly endsOn: string;
  /** Each early end, the oldest first. */
  readonly ends: readonly {
    readonly until: string;
    readonly reason: string;
    readonly by: string;
    readonly at: string;
  }[];
}
export const exemptionsOf = (subject: string) =>
  get<{ readonly items: readonly Exemption[] }>(`${one(subject)}/exemptions`);
export const addExemption = (subject: string, given: Pick<Exemption, 'from' | 'until' | 'ground' | 'note'>) =>
  send<{ readonly id: string }>('POST', `${one(subject)}/exemptions`, given);
/** `until`: exclusive. */
export const endExemption = (subject: string, { id, endsOn }: Exemption, until: string, reason: string) =>
  send<{ readonly id: string }>('POST', `${one(subject)}/exemptions/${id}/end`, {
    until,
    was: endsOn,
    reason,
  });

export const identityOf = (subject: string, reason: string) =>
  get<{ readonly number: string }>(`${one(subject)}/identity`, { reason });
export const setIdentity = (subject: string, number: string) =>
  send<{ readonly masked: string }>('PUT', `${one(subject)}/identity`, { number });
