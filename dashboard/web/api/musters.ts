/** Roll calls (集中点验): called, changed, cancelled, and who came. */
import { get, type Page, send } from './call.ts';

export interface Muster {
  readonly id: string;
  readonly organisation: string;
  readonly name: string;
  readonly zone: string;
  readonly from: string;
  readonly until: string;
  readonly state: 'planned' | 'running' | 'over' | 'cancelled';
  readonly version: number;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly changedBy: string | null;
  readonly changedAt: string | null;
  readonly cancelledBy: string | null;
  readonly cancelledAt: string | null;
  readonly cancelReason: string | null;
  readonly mayChange: boolean;
  /** Of those whom the caller sees. */
  readonly expected: number;
}
export interface MusterPerson {
  readonly subject: string;
  readonly name: string;
  readonly office: string;
  readonly state: 'came' | 'excused' | 'waiting' | 'absent';
  readonly at: string | null;
  readonly by: 'check-in' | 'position' | null;
  readonly terminal: string | null;
  readonly method: string | null;
  readonly permit: string | null;
  readonly lateAt: string | null;
}
export interface MusterInFull extends Muster {
  readonly excused: number;
  readonly came: number;
  /** Null: nobody is asked. */
  readonly rate: number | null;
  readonly target: number;
  readonly final: boolean;
  readonly people: readonly MusterPerson[];
}
/** What is absent stays, or is everybody of the organisation. */
export interface MusterEdit {
  readonly name: string;
  readonly zone: string;
  readonly from: string;
  readonly until: string;
  readonly subjects?: readonly string[];
  readonly category?: string;
  readonly grade?: string;
  readonly excused?: readonly string[];
  readonly reason: string;
}
interface Written {
  readonly id: string;
  readonly version: number;
}

const one = (id: string) => `musters/${encodeURIComponent(id)}`;
export const musters = (cursor: string | null) => get<Page<Muster>>('musters', { cursor, limit: 100 });
export const musterOf = (id: string) => get<MusterInFull>(one(id));
export const makeMuster = (given: MusterEdit & { readonly organisation: string }) =>
  send<Written>('POST', 'musters', given);
export const changeMuster = ({ id, version }: Written, given: MusterEdit) =>
  send<Written>('PATCH', one(id), { version, ...given });
export const cancelMuster = ({ id, version }: Written, reason: string) =>
  send<Written>('POST', `${one(id)}/cancel`, { version, reason });
