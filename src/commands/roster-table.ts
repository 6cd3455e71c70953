/** `wardline roster import|export`: subjects as a table of Excel or CSV. */
import { readFileSync, writeFileSync } from 'node:fs';
import { EXPORT_FORMATS, type ExportFormat, exportSubjects } from '../roster/export-subjects.ts';
import { importSubjects } from '../roster/import-subjects.ts';
import { recordAudit } from '../store/audit.ts';
import type { StoreAccess } from '../store-access.ts';
import { awaitTaken, NOT_SAID } from './roster-taken.ts';

const actorOf = (what: string) =>
  ({ kind: 'command', name: `wardline roster ${what}`, organisation: '' }) as const;

/** Each fault on a line of its own, with its cell as Excel names it. */
export async function importTable(
  path: string,
  reason: string,
  isTrial: boolean,
  access: StoreAccess,
  say: (line: string) => void,
): Promise<number> {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    say(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const taken = await awaitTaken(access.database);
  const by = { actor: actorOf('import'), reason };
  const asked = { content, isTrial, mayMinors: true };
  const done = await importSubjects(access.database, by, Date.now(), asked, taken.token);
  if (!done.ok || isTrial) await taken.give();
  if (!done.ok) {
    for (const { row, column, zh, en } of done.error)
      say(`${path}${row === null ? '' : ` ${column ?? 'row '}${row}`}: ${en} (${zh})`);
    say(`nothing was changed: ${done.error.length} ${done.error.length === 1 ? 'fault' : 'faults'}`);
    return 2;
  }
  const { rows, added, changed, same } = done.value;
  say(
    `${isTrial ? 'nothing was changed; it would be: ' : ''}${rows} rows, ${added} added, ${changed} changed, ${same} as they were`,
  );
  if (!isTrial && !(await taken.wait())) say(NOT_SAID);
  return 0;
}

/** By the ending of its name; answers whether it was written. */
export async function exportTable(
  path: string,
  reason: string,
  access: StoreAccess,
  say: (line: string) => void,
): Promise<boolean> {
  const format = (Object.keys(EXPORT_FORMATS) as ExportFormat[]).find((each) => path.endsWith(`.${each}`));
  if (format === undefined) return false;
  const all = { scope: '', organisation: '', minors: true, isEnded: false } as const;
  const made = await exportSubjects(access.database, { ...all, format });
  if (made === undefined) {
    say('there are more subjects than one table holds: use roster save');
    return false;
  }
  await recordAudit(access.database, {
    actor: actorOf('export'),
    action: 'roster.export',
    reason,
    detail: { format, rows: made.rows },
  });
  writeFileSync(path, made.file);
  say(`${made.rows} subjects written`);
  return true;
}
