/** The roster changed: subjects made and changed, tables read and written, categories. */
import type { Ending } from '../../../src/kernel/subject-record.ts';
import { type Answer, get, send, sendFile } from './call.ts';
import type { Profile, SubjectRow } from './subjects.ts';

export const LEGAL_TYPES = [
  'public-surveillance',
  'suspended-sentence',
  'parole',
  'temporary-execution-outside-prison',
] as const;
export type LegalType = (typeof LEGAL_TYPES)[number];
export interface KeptSubject extends SubjectRow {
  readonly minor: boolean;
  readonly legalType: LegalType | null;
  readonly correctionFrom: string | null;
  readonly correctionUntil: string | null;
  readonly categories: readonly string[];
  readonly officer: string | null;
  /** Null: under correction. */
  readonly ended: { readonly at: string; readonly how: Ending } | null;
  readonly version: number;
  /** Null: none is kept. */
  readonly identityMasked: string | null;
}
export interface SubjectFields {
  readonly name: string;
  readonly grade: SubjectRow['grade'];
  readonly minor: boolean;
  readonly legalType: LegalType;
  readonly correctionFrom: string;
  readonly correctionUntil: string;
  readonly categories: readonly string[];
  readonly officer: string | null;
  readonly zones: NonNullable<Profile['zones']>;
  readonly curfews: NonNullable<Profile['curfews']>;
  readonly checkins: NonNullable<Profile['checkins']>;
  readonly contacts: NonNullable<Profile['contacts']>;
  readonly noContact: readonly string[];
  readonly pins: NonNullable<Profile['pins']>;
}
export interface Written {
  readonly id: string;
  readonly version: number;
}
export const makeSubject = (
  given: Partial<SubjectFields> & { readonly office: string; readonly id?: string; readonly reason: string },
) => send<Written>('POST', 'subjects', given);
export const changeSubject = (id: string, version: number, reason: string, given: Partial<SubjectFields>) =>
  send<Written>('PATCH', `subjects/${encodeURIComponent(id)}`, { version, reason, ...given });

/** To another office; its officer is named there, or not yet. */
export const moveSubject = (
  id: string,
  version: number,
  reason: string,
  to: { readonly office: string; readonly officer: string | null },
) => send<Written>('POST', `subjects/${encodeURIComponent(id)}/transfer`, { version, reason, ...to });
export const endCorrection = (id: string, version: number, reason: string, how: Ending) =>
  send<Written>('POST', `subjects/${encodeURIComponent(id)}/end`, { version, reason, how });

export const PROTOCOLS = ['jt808', 'watch', 'osmand', 'owntracks', 'zkteco', 'mlp'] as const;
export interface DeviceFields {
  readonly feed: string | null;
  readonly intervalS: number;
  readonly protocol: (typeof PROTOCOLS)[number] | null;
  /** Id on the wire, where it differs. */
  readonly address: string | null;
  readonly until: string | null;
}
const devicesOf = (subject: string) => `subjects/${encodeURIComponent(subject)}/devices`;
/** `version`: of the subject. Without `from` it is from now on. */
export const assignDevice = (
  subject: string,
  version: number,
  reason: string,
  given: DeviceFields & {
    readonly device: string;
    readonly kind: 'phone' | 'wristband';
    readonly from?: string;
    /** A device of the subject that ends at that moment. */
    readonly replaces?: string;
  },
) => send<Written>('POST', devicesOf(subject), { version, reason, ...given });
/** Its newest assignment; with `until` it ends. */
export const changeDevice = (
  subject: string,
  version: number,
  reason: string,
  device: string,
  given: Partial<DeviceFields>,
) =>
  send<Written>('PATCH', `${devicesOf(subject)}/${encodeURIComponent(device)}`, {
    version,
    reason,
    ...given,
  });

export interface Category {
  readonly code: string;
  readonly name: string;
  readonly retired: boolean;
  readonly version: number;
}
/** With a version it changes the one that has it. */
export const setCategory = (
  given: Omit<Category, 'version'> & { readonly version?: number; readonly reason: string },
) => send<Category>('PUT', 'key-categories', given);
export const categories = () => get<{ readonly items: readonly Category[] }>('key-categories');

export interface TableOutcome {
  readonly applied: boolean;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  readonly faultCount: number;
  readonly faults: readonly {
    readonly row: number | null;
    readonly column: string | null;
    readonly zh: string;
    readonly en: string;
  }[];
}
export const importTable = (file: Blob, dryRun: boolean, reason: string): Promise<Answer<TableOutcome>> =>
  // What the file is, the server looks at itself.
  sendFile('subjects/import', new Blob([file], { type: 'application/octet-stream' }), { dryRun, reason });
export const exportAddress = (format: 'xlsx' | 'csv', reason: string) =>
  `/api/v1/subjects/export?${new URLSearchParams({ format, reason })}`;
