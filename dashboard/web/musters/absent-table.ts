/** Who did not come, as a table that spreadsheets open (CSV with a byte order mark, so that Chinese is read as such). Pure. */
import type { MusterPerson } from '../api/musters.ts';

/** A text that begins like a formula would be reckoned by a spreadsheet. */
const cell = (text: string) => `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

export function absentTable(
  heads: readonly string[],
  people: readonly MusterPerson[],
  officeOf: (path: string) => string,
): string {
  const rows = people
    .filter(({ state }) => state === 'absent' || state === 'waiting')
    .map(({ name, subject, office, lateAt }) => [name, subject, officeOf(office), lateAt ?? '']);
  return `\ufeff${[heads, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}
