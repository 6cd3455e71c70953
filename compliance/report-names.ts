/** A report holds ids. Names are put in when somebody looks, as far as the reader may see the people: an id stays where not. */
import type { Db } from '../src/ports/database.ts';
import { listNames } from '../src/store/daily-logs.ts';
import type { Report } from './report.ts';

/** `db`: as limited for the reader. */
export async function withNames(db: Db, report: Report): Promise<Report> {
  const ids = report.sections.flatMap(({ table }) =>
    (table?.people ?? []).flatMap((column) => table?.rows.map((row) => String(row[column])) ?? []),
  );
  if (ids.length === 0) return report;
  const names = new Map((await listNames(db, [...new Set(ids)])).map(({ id, name }) => [id, name]));
  return {
    ...report,
    sections: report.sections.map((section) => {
      const { table } = section;
      const people = table?.people ?? [];
      if (table === null || people.length === 0) return section;
      const rows = table.rows.map((row) =>
        row.map((cell, column) => (people.includes(column) ? (names.get(String(cell)) ?? cell) : cell)),
      );
      return { ...section, table: { ...table, rows } };
    }),
  };
}
