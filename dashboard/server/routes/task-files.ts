/** `tasks/:id/files`: photographs and files as they are, no form around them. */
import { Type } from 'typebox';
import { attachFile, checkFile, MAX_FILE_BYTES, MEDIA_TYPES } from '../../../alerts/task-files.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findTaskFile } from '../../../src/store/tasks.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Id, problem, rowNumbered } from './schemas.ts';
import { taskProblem } from './task-items.ts';
import { findSeenTask } from './tasks.ts';

export async function registerTaskFileRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): Promise<void> {
  const db = deps.database;
  const tags = ['tasks'];

  // A room of its own: elsewhere a body of these types is refused.
  await app.register(async (scope) => {
    const room = scope as unknown as App;
    room.removeAllContentTypeParsers();
    room.addContentTypeParser(
      [...MEDIA_TYPES],
      { parseAs: 'buffer', bodyLimit: MAX_FILE_BYTES },
      (_request, body, done) => done(null, body),
    );
    room.post(
      '/api/v1/tasks/:id/files',
      {
        config: { action: 'tasks.answer' },
        bodyLimit: MAX_FILE_BYTES,
        schema: {
          tags,
          summary: `Send a file of a task: the body as it is, its type as Content-Type (${MEDIA_TYPES.join(', ')})`,
          params: Type.Object({ id: Id }),
          querystring: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
          response: answers(Type.Object({ file: Type.String(), mediaType: Type.String() })),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const task = await findSeenTask(db, actor, 'tasks.answer', request.params.id);
        const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const said = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
        const checked = await checkFile(content, said, request.query.name);
        if (!checked.ok) throw taskProblem(checked.error);
        const by = { account: actor.name, atMs: deps.now(), note: request.query.name };
        const file = await attachFile(db, {
          task: task.id,
          name: request.query.name,
          mediaType: checked.value,
          content,
          by,
        });
        if (!file.ok) throw taskProblem(file.error);
        return { file: file.value, mediaType: checked.value };
      },
    );
  });

  app.get(
    '/api/v1/tasks/:id/files/:file',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'The file as it was sent',
        params: Type.Object({ id: Id, file: Id }),
        response: {
          200: {
            description: 'The file',
            content: { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } },
          },
          '4xx': problem('The request was refused'),
        },
      },
    },
    async (request, reply) => {
      const { actor } = callerOf(request);
      const task = await findSeenTask(db, actor, 'tasks.read', request.params.id);
      const file = await rowNumbered(request.params.file, (number) => findTaskFile(db, task.id, number));
      if (file === undefined) throw new Problem('not-found');
      await audit(db, request, {
        action: 'task-file.read',
        subject: task.subject,
        office: task.office,
        target: task.id,
        detail: { file: request.params.file, sha256: file.sha256 },
      });
      request.log.info(
        { event: 'task.file-read', task: task.id, file: request.params.file, account: actor.name },
        'a file',
      );
      return reply
        .header('content-type', file.media_type)
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
        .header('cache-control', 'no-store')
        .header('etag', `"${file.sha256}"`)
        .send(file.content as never);
    },
  );
}
