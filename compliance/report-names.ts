/**
 * A report holds ids and paths. Names are put in when somebody looks: of people as far as the reader may see them, an id stays where not;
 * of organisations as they are called now. Rows about minors are left out, and counted, for who is not cleared.
 */
import type { Db } from '../src/ports/database.ts';
import { listNames } from '../src/store/daily-logs.ts';
import { hiddenFrom } from '../src/store/minors.ts';
import { listOrganisationNames } from '../src/store/reports.ts';
import type { Report, ReportSection, ReportTable } from './report.ts';

/** `db`: as limited for the reader. `minors`: cleared to see them. */
export async function withNames(db: Db, kept: Report, minors: boolean): Promise<Report> {
  const report = await withoutHidden(db, kept, minors);
  const cellsOf = (columns: 'people' | 'places') =>
    new Set(
      report.sections.flatMap(({ table }) =>
        (table?.[columns] ?? []).flatMap((column) => table?.rows.map((row) => String(row[column])) ?? []),
      ),
    );
  const people = cellsOf('people');
  const names = new Map([
    ...(people.size === 0 ? [] : await listNames(db, [...people])).map(({ id, name }) => [id, name] as const),
    ...(await listOrganisationNames(db, [...cellsOf('places'), report.organisation])).map(
      ({ path, name }) => [path, name] as const,
    ),
  ]);
  const named = (table: ReportTable): ReportTable => {
    const columns = [...(table.people ?? []), ...(table.places ?? [])];
    const rows = table.rows.map((row) =>
      row.map((cell, column) => (columns.includes(column) ? (names.get(String(cell)) ?? cell) : cell)),
    );
    return { ...table, rows };
  };
  return {
    ...report,
    organisation: names.get(report.organisation) ?? report.organisation,
    sections: report.sections.map((section) => ({
      ...section,
      table: section.table === null ? null : named(section.table),
    })),
  };
}

/** Documents that were kept before rows said whom they are about name people in a column at least. */
const aboutOf = ({ about, people = [], rows }: ReportTable): readonly (string | null)[] => {
  const [column] = people;
  return about ?? (column === undefined ? [] : rows.map((row) => String(row[column])));
};

async function withoutHidden(db: Db, report: Report, minors: boolean): Promise<Report> {
  const tables = report.sections.flatMap(({ table }) => table ?? []);
  const hidden = await hiddenFrom(
    db,
    minors,
    tables.flatMap(aboutOf).filter((id) => id !== null),
  );
  const shown = (section: ReportSection): ReportSection => {
    if (section.table === null) return section;
    const { about: _, ...table } = section.table;
    const about = aboutOf(section.table);
    const rows = table.rows.filter((_row, i) => !hidden.has(about[i] ?? ''));
    const left = table.rows.length - rows.length;
    if (left === 0) return { ...section, table };
    const lines = [...section.lines, `另有 ${left} 行涉及未成年人，无权查看，未列出。`];
    return { ...section, lines, table: { ...table, rows } };
  };
  return { ...report, sections: report.sections.map(shown) };
}
