/** A subject as lists show it. */
import { type Static, Type } from 'typebox';
import { ENDINGS, LEGAL_TYPES } from '../../../src/kernel/subject-record.ts';
import type { listSubjects } from '../../../src/store/roster-views.ts';
import { Grade, Nullable, Time } from './schemas.ts';

export const LegalTypeName = Type.Enum(LEGAL_TYPES, { description: '管制, 缓刑, 假释, 暂予监外执行' });
export const EndingName = Type.Enum(ENDINGS, { description: '解除矫正, 终止矫正, 变更执行地' });

export const Subject = Type.Object({
  id: Type.String(),
  name: Type.String(),
  office: Type.String(),
  grade: Grade,
  minor: Type.Boolean(),
  legalType: Nullable(LegalTypeName),
  correctionFrom: Nullable(Type.String({ description: 'First day of correction' })),
  correctionUntil: Nullable(Type.String({ description: 'Last day of correction' })),
  categories: Type.Array(Type.String({ description: 'Of /key-categories' })),
  officer: Nullable(Type.String({ description: 'Responsible officer (定人包案)' })),
  ended: Nullable(Type.Object({ at: Time, how: EndingName })),
  version: Type.Integer({ description: 'To be given with a change' }),
  updatedAt: Time,
  identityMasked: Nullable(
    Type.String({ description: 'The identity number without its middle; in full at /subjects/:id/identity' }),
  ),
});

type SubjectRow = Awaited<ReturnType<typeof listSubjects>>[number];
/** As the profile has it: it was checked on its way in. */
interface RecordJson {
  readonly legalType: Static<typeof LegalTypeName>;
  readonly from: string;
  readonly until: string;
  readonly categories: string[];
  readonly officer: string | null;
  readonly ended?: { readonly at: string; readonly how: Static<typeof EndingName> };
}

export function toSubject(row: SubjectRow, masks: ReadonlyMap<string, string>): Static<typeof Subject> {
  const { id, name, office, minor, version, updated_at } = row;
  const record = (row.record ?? undefined) as RecordJson | undefined;
  // The table's own check allows these three only.
  const grade = row.grade as Static<typeof Grade>;
  return {
    id,
    name,
    office,
    grade,
    minor,
    legalType: record?.legalType ?? null,
    correctionFrom: record?.from ?? null,
    correctionUntil: record?.until ?? null,
    categories: record?.categories ?? [],
    officer: record?.officer ?? null,
    ended: record?.ended ?? null,
    version,
    updatedAt: updated_at.toISOString(),
    identityMasked: masks.get(id) ?? null,
  };
}
