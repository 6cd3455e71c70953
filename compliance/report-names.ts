/**
 * A report holds ids and paths. Names are put in when somebody looks: of people as far as the reader may see them, an id stays where not;
 * of organisations as they are called now.
 */
import type { Db } from '../src/ports/database.ts';
import { listNames } from '../src/store/daily-logs.ts';
import { listOrganisationNames } from '../src/store/reports.ts';
import type { Report, ReportTable } from './report.ts';

/** `db`: as limited for the reader. */
export async function withNames(db: Db, report: Report): Promise<Report> {
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
