/** The roster changed: subjects made and changed, tables read and written, categories. */
import { type Answer, get, send, sendFile } from './call.ts';
import type { SubjectRow } from './subjects.ts';

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
  readonly version: number;
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
}
export interface Written {
  readonly id: string;
  readonly version: number;
}
export const makeSubject = (
  given: SubjectFields & { readonly office: string; readonly id?: string; readonly reason: string },
) => send<Written>('POST', 'subjects', given);
export const changeSubject = (id: string, version: number, reason: string, given: Partial<SubjectFields>) =>
  send<Written>('PATCH', `subjects/${encodeURIComponent(id)}`, { version, reason, ...given });

export interface Category {
  readonly code: string;
  readonly name: string;
  readonly retired: boolean;
  readonly version: number;
}
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
