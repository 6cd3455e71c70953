/** Photographs and files of a task: what they are is told by their first bytes, not by what the sender says. */
import { createHash } from 'node:crypto';
import { fileTypeFromBuffer } from 'file-type';
import { type Told, told } from '../src/kernel/fault.ts';
import { fail, ok, type Result } from '../src/kernel/result.ts';
import type { Database } from '../src/ports/database.ts';
import { addTaskFile, listTaskFiles, lockTask } from '../src/store/tasks.ts';
import { allOrNothing } from './all-or-nothing.ts';
import type { By } from './casework/alert-stages.ts';
import { lockLedger } from './ledger-lock.ts';
import { actLocked, type TaskFault } from './tasks.ts';

/** Nothing that runs or hides something: no archives, no page, no macro. */
export const MEDIA_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'application/pdf',
  'audio/mpeg',
  'audio/x-m4a',
  'audio/wav',
  'video/mp4',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
] as const;
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
export const MAX_FILES = 20;

export interface FileFault extends Told {
  readonly code: 'not-found' | 'empty' | 'unknown-type' | 'false-type' | 'too-many' | 'bad-name';
}

/** The media type by the content; `said` is what the sender called it. */
export async function checkFile(
  content: Buffer,
  said: string,
  name: string,
): Promise<Result<string, FileFault>> {
  if (content.length === 0) return fail({ code: 'empty', ...told('empty-file') });
  if (!/^[^\p{Cc}/\\]{1,200}$/u.test(name)) return fail({ code: 'bad-name', ...told('bad-file-name') });
  const found = await fileTypeFromBuffer(content);
  const type = MEDIA_TYPES.find((each) => each === found?.mime);
  if (type === undefined)
    return fail({
      code: 'unknown-type',
      ...told('unknown-file-type', {
        type: found?.mime ?? 'of no known type',
        taken: MEDIA_TYPES.join(', '),
      }),
    });
  if (said !== type) return fail({ code: 'false-type', ...told('false-file-type', { type, said }) });
  return ok(type);
}

/** The same file again is the same file. Answers its id. */
export function attachFile(
  database: Pick<Database, 'transaction'>,
  given: {
    readonly task: string;
    readonly name: string;
    readonly mediaType: string;
    readonly content: Buffer;
    readonly by: By;
  },
): Promise<Result<string, FileFault | TaskFault>> {
  const { task: id, name, mediaType, content, by } = given;
  const sha256 = createHash('sha256').update(content).digest();
  return allOrNothing<string, FileFault | TaskFault>(database, async (db) => {
    await lockLedger(db);
    const [row] = await lockTask(db, id);
    if (row === undefined) return fail({ code: 'not-found', ...told('no-task') });
    const files = await listTaskFiles(db, id);
    const same = files.find((file) => file.sha256 === sha256.toString('hex'));
    if (same !== undefined) return ok(same.id);
    if (files.length >= MAX_FILES)
      return fail({ code: 'too-many', ...told('too-many-files', { n: MAX_FILES }) });
    const [added] = await addTaskFile(
      db,
      id,
      name,
      mediaType,
      sha256,
      content,
      by.account,
      new Date(by.atMs),
    );
    if (added === undefined) throw new Error('an insert answered no row');
    const done = await actLocked(
      db,
      row,
      { do: 'attach', file: added.id, sha256: sha256.toString('hex') },
      by,
    );
    return done.ok ? ok(added.id) : done;
  });
}
