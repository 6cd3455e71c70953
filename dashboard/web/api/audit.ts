/** The audit, seals, access reports, retention. */
import { get, type Page, send } from './call.ts';

export interface AuditEntry {
  readonly seq: string;
  readonly at: string;
  readonly actor: {
    readonly kind: string;
    readonly name: string;
    readonly role: string | null;
    readonly organisation: string | null;
  };
  readonly action: string;
  readonly subject: string | null;
  readonly office: string | null;
  readonly target: string | null;
  readonly reason: string | null;
  readonly address: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface AuditSearch {
  readonly action: string;
  readonly actor: string;
  readonly subject: string;
  readonly organisation: string;
  /** Times with their zone; '' asks for all. */
  readonly from: string;
  readonly to: string;
}
export const searchAudit = (search: AuditSearch, cursor: string | null) =>
  get<Page<AuditEntry>>('audit', { ...search, cursor, limit: 50 });

export interface Looked {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly role: string | null;
  readonly organisation: string | null;
  readonly action: string;
  readonly reason: string | null;
}
export const accessReport = (subject: string, from: string, to: string, cursor: string | null) =>
  get<Page<Looked>>(`subjects/${encodeURIComponent(subject)}/access-report`, {
    from,
    to,
    cursor,
    limit: 200,
  });

export interface Seal {
  readonly seal: number;
  readonly at: string;
  readonly previous: string;
  readonly parts: readonly {
    readonly table: string;
    readonly from: number;
    readonly until: number;
    readonly rows: number;
    readonly root: string;
  }[];
  readonly hash: string;
}
export const listSeals = (cursor: string | null, limit: number) =>
  get<Page<Seal>>('seals', { cursor, limit });

export interface DataClass {
  readonly name: string;
  readonly zh: string;
  /** Null: as long as the subject's archive. */
  readonly keepDays: number | null;
  readonly floorDays: number | null;
  readonly article: string;
  readonly isHeldBySubject: boolean;
}
export interface Purge {
  readonly seq: string;
  readonly at: string;
  readonly class: string;
  readonly before: string;
  readonly rows: number;
  readonly held: number;
}
export interface Hold {
  readonly id: string;
  readonly subject: string;
  readonly office: string;
  readonly reason: string;
  readonly until: string | null;
  readonly setBy: string;
  readonly setAt: string;
  readonly liftedBy: string | null;
  readonly liftedAt: string | null;
}
export const dataClasses = () => get<{ readonly items: readonly DataClass[] }>('retention');
export const listPurges = (cursor: string | null) => get<Page<Purge>>('purges', { cursor, limit: 50 });
export const listHolds = (cursor: string | null) => get<Page<Hold>>('legal-holds', { cursor, limit: 100 });
export const setHold = (subject: string, reason: string, until: string | null) =>
  send<Hold>('POST', 'legal-holds', { subject, reason, until });
export const liftHold = (id: string) => send<Hold>('DELETE', `legal-holds/${id}`);
