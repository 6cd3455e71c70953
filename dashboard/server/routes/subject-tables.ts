/** The roster as a table: `subjects/import` reads an Excel workbook or CSV, all rows or none; `subjects/export` writes one. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { EXPORT_FORMATS, exportSubjects } from '../../../src/roster/export-subjects.ts';
import { importSubjects } from '../../../src/roster/import-subjects.ts';
import { MAX_FILE_BYTES, MAX_ROWS } from '../../../src/roster/sheet.ts';
import { audit, Reason, reasonOf } from '../audit.ts';
import { covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { authorOf } from './roster-items.ts';
import { answers, Nullable, OrganisationPath, problem } from './schemas.ts';

const MEDIA_TYPES = [
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'text/csv',
  'application/octet-stream',
];
/** Who has more has one mistake, repeated. */
const MAX_FAULTS = 5000;
/** A workbook is held whole, and its rows are checked under the roster's lock. */
const AT_ONCE = 2;
const Outcome = Type.Object({
  applied: Type.Boolean({ description: 'False: nothing was changed' }),
  rows: Type.Integer(),
  added: Type.Integer(),
  changed: Type.Integer(),
  same: Type.Integer(),
  faultCount: Type.Integer(),
  faults: Type.Array(
    Type.Object({
      row: Nullable(Type.Integer({ description: 'As Excel counts; null: the file as a whole' })),
      column: Nullable(Type.String({ description: 'Its letter; null: the row or the file as a whole' })),
      zh: Type.String(),
      en: Type.String(),
    }),
    { description: `At most ${MAX_FAULTS}, by row and column` },
  ),
});

export async function registerSubjectTableRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): Promise<void> {
  const db = deps.database;
  const tags = ['subjects'];
  let running = 0;

  // A room of its own: elsewhere a body of these types is refused.
  await app.register(async (scope) => {
    const room = scope as unknown as App;
    room.removeAllContentTypeParsers();
    room.addContentTypeParser(
      MEDIA_TYPES,
      { parseAs: 'buffer', bodyLimit: MAX_FILE_BYTES },
      (_request, body, done) => done(null, body),
    );
    room.post(
      '/api/v1/subjects/import',
      {
        config: { action: 'subjects.administer' },
        bodyLimit: MAX_FILE_BYTES,
        schema: {
          tags,
          summary: `Read a table of at most ${MAX_ROWS} subjects: the file as it is, its type as Content-Type (${MEDIA_TYPES.join(', ')})`,
          querystring: Type.Object({
            dryRun: Type.Boolean({ description: 'Only tells what would be done, or every fault' }),
            reason: Reason,
          }),
          response: answers(Outcome),
        },
      },
      async (request) => {
        const content = request.body;
        if (!Buffer.isBuffer(content)) throw new Problem('bad-request', told('body-is-file'));
        const reason = reasonOf(request, request.query.reason);
        if (running >= AT_ONCE) throw new Problem('unavailable', told('tables-busy'), 10);
        running++;
        try {
          const { dryRun: isTrial } = request.query;
          const mayMinors = callerOf(request).actor.minors;
          const done = await importSubjects(db, authorOf(request, reason), deps.now(), {
            content,
            isTrial,
            mayMinors,
          });
          if (done.ok) return { applied: !isTrial, ...done.value, faultCount: 0, faults: [] };
          const faults = done.error.slice(0, MAX_FAULTS);
          return { applied: false, ...NOTHING, faultCount: done.error.length, faults };
        } finally {
          running--;
        }
      },
    );
  });

  app.get(
    '/api/v1/subjects/export',
    {
      config: { action: 'subjects.export' },
      schema: {
        tags,
        summary: 'The subjects as a table that can be read again; goes into the audit',
        querystring: Type.Object({
          format: Type.Enum(['xlsx', 'csv']),
          organisation: OrganisationPath,
          state: Type.Optional(Type.Enum(['current', 'ended', 'all'], { default: 'current' })),
          reason: Reason,
        }),
        response: {
          200: {
            description: 'The file',
            content: Object.fromEntries(
              Object.values(EXPORT_FORMATS).map((type) => [type.split(';')[0], { schema: Type.Any() }]),
            ),
          },
          '4xx': problem('The request was refused'),
          '5xx': problem('It could not be done now'),
        },
      },
    },
    async (request, reply) => {
      const { format, organisation = '', state = 'current' } = request.query;
      const { actor } = callerOf(request);
      const reason = reasonOf(request, request.query.reason);
      const made = await exportSubjects(db, {
        scope: actor.organisation,
        organisation,
        minors: actor.minors,
        isEnded: state === 'all' ? null : state === 'ended',
        format,
      });
      if (made === undefined) throw new Problem('bad-request', told('too-many-rows', { n: MAX_ROWS }));
      await audit(db, request, {
        action: 'roster.export',
        office: covers(actor.organisation, organisation) ? organisation : actor.organisation,
        reason,
        detail: { format, state, rows: made.rows },
      });
      return reply
        .header('content-type', EXPORT_FORMATS[format])
        .header('content-disposition', `attachment; filename="wardline-subjects.${format}"`)
        .header('cache-control', 'no-store')
        .send(made.file);
    },
  );
}

const NOTHING = { rows: 0, added: 0, changed: 0, same: 0 };
