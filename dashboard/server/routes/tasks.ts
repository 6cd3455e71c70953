/** `tasks`: what an office has to find out (异常定位任务), and every deed about it. Files: task-files.ts. */
import { Type } from 'typebox';
import type { TaskCommand } from '../../../alerts/casework/task-stages.ts';
import { actOnTask, sendTask } from '../../../alerts/tasks.ts';
import { CONTACTS, DISPOSITIONS, MEASURES, TASK_CAUSES } from '../../../src/kernel/casework.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  findTask,
  listOpenTasks,
  listTaskActions,
  listTaskFiles,
  listTasks,
} from '../../../src/store/tasks.ts';
import { nameIn, toEvidence } from '../alert-view.ts';
import { audit } from '../audit.ts';
import { type Action, type Actor, can, covers } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { findSeenAlert } from './alert-items.ts';
import { Note } from './alert-work.ts';
import {
  answers,
  assertNumber,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  isRowNumber,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readTime,
  rowNumbered,
  toPage,
} from './schemas.ts';
import { Task, TaskInFull, taskProblem, toTaskItem } from './task-items.ts';

const DueAt = Type.Optional(Nullable(Type.String({ description: 'The new deadline, RFC 3339' })));
const Bodies = {
  receive: Type.Object({ note: Type.Optional(Note) }),
  step: Type.Object({ note: Type.Optional(Note), whom: Type.Enum(CONTACTS), reached: Type.Boolean() }),
  note: Type.Object({ note: Note }),
  answer: Type.Object({
    note: Note,
    cause: Type.Enum(TASK_CAUSES),
    files: Type.Optional(Type.Array(Id, { maxItems: 20 })),
  }),
  accept: Type.Object({
    note: Type.Optional(Note),
    disposition: Type.Enum(DISPOSITIONS),
    measure: Type.Optional(Nullable(Type.Enum(MEASURES))),
  }),
  return: Type.Object({ note: Note, dueAt: DueAt }),
  supervise: Type.Object({ note: Note, dueAt: DueAt }),
  withdraw: Type.Object({ note: Note }),
} as const;
type DeedName = keyof typeof Bodies;
const DEEDS: Readonly<Record<DeedName, readonly [action: Action, summary: string]>> = {
  receive: ['tasks.answer', 'The office has it'],
  step: ['tasks.answer', 'A step of the response card was done'],
  note: ['tasks.answer', 'Write something down about it'],
  answer: ['tasks.answer', 'Answer it: the cause, and what was done; files are sent first'],
  accept: ['tasks.review', 'Accept the answer: the alert is resolved with this disposition'],
  return: ['tasks.review', 'Send the answer back with a reason'],
  supervise: ['tasks.review', 'Supervise it (督办), with another deadline if given'],
  withdraw: ['tasks.send', 'Take it back'],
};

export function registerTaskRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['tasks'];

  app.get(
    '/api/v1/tasks',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'Open tasks, the earliest deadline first; with state=all all, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(['open', 'all'])),
          organisation: OrganisationPath,
          subject: Type.Optional(Id),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Task)),
      },
    },
    async (request) => {
      const { state = 'open', organisation = '', subject = null, cursor, limit = 100 } = request.query;
      const scope = callerOf(request).actor.organisation;
      if (state === 'all') {
        const [before] = cursor === undefined ? [] : decodeCursor(cursor, 1);
        assertNumber(before);
        const rows = await listTasks(db, scope, organisation, subject, before ?? null, limit + 1);
        return toPage(rows, limit, toTaskItem, (last) => encodeCursor(last.id));
      }
      const [due, after] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      assertNumber(after);
      const dueAt = due === undefined ? null : new Date(readTime('cursor', due));
      const rows = await listOpenTasks(db, scope, organisation, subject, dueAt, after ?? null, limit + 1);
      return toPage(rows, limit, toTaskItem, (last) =>
        encodeCursor(last.due_at?.toISOString() ?? '', last.id),
      );
    },
  );

  app.get(
    '/api/v1/tasks/:id',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'One task with its evidence, deeds and files',
        params: Type.Object({ id: Id }),
        response: answers(TaskInFull),
      },
    },
    async (request) => {
      const row = await findSeenTask(db, callerOf(request).actor, 'tasks.read', request.params.id);
      // The alert's evidence stands in it: where the subject was.
      await audit(db, request, {
        action: 'task.read',
        subject: row.subject,
        office: row.office,
        target: row.id,
      });
      const name = (sentence: string | null) => nameIn(sentence ?? '', row.subject, row.subject_name);
      return {
        ...toTaskItem(row),
        instruction: row.instruction,
        evidence:
          row.started_at === null
            ? null
            : {
                startedAt: row.started_at.toISOString(),
                reason: name(row.reason),
                reasonEn: name(row.reason_en),
                fixes: toEvidence(row.evidence).map(({ atMs, ...fix }) => ({
                  at: formatInstant(atMs),
                  ...fix,
                })),
              },
        actions: (await listTaskActions(db, row.id)).map((deed) => ({
          ...deed,
          at: deed.at.toISOString(),
          detail: deed.detail as Record<string, unknown>,
        })),
        files: (await listTaskFiles(db, row.id)).map(({ media_type, size_bytes, at, ...file }) => ({
          ...file,
          mediaType: media_type,
          sizeBytes: size_bytes,
          at: at.toISOString(),
        })),
      };
    },
  );

  app.post(
    '/api/v1/tasks',
    {
      config: { action: 'tasks.send' },
      bodyLimit: 16_384,
      schema: {
        tags,
        summary: 'Send a task about an alert to the office of its subject',
        body: Type.Object({
          alert: Id,
          what: Type.Optional(Type.String({ maxLength: 2000 })),
          note: Type.Optional(Note),
          dueAt: DueAt,
        }),
        response: answers(Task),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { alert: id, what = '', note = '', dueAt } = request.body;
      const { alert } = await findSeenAlert(db, actor, 'tasks.send', id);
      const dueAtMs = dueAt == null ? null : readTime('dueAt', dueAt);
      const sent = await sendTask(db, {
        alert,
        what,
        dueAtMs,
        by: { account: actor.name, atMs: deps.now(), note },
      });
      if (!sent.ok) throw taskProblem(sent.error);
      request.log.info(
        { event: 'task.sent', task: sent.value.id, alert, account: actor.name },
        'a task was sent',
      );
      return toTaskItem(sent.value);
    },
  );

  for (const name of Object.keys(Bodies) as DeedName[]) {
    const [action, summary] = DEEDS[name];
    app.post(
      `/api/v1/tasks/:id/${name}`,
      {
        config: { action },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary,
          params: Type.Object({ id: Id }),
          body: Bodies[name] as (typeof Bodies)['note'],
          response: answers(Task),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { id } = request.params;
        if (!isRowNumber(id)) throw new Problem('not-found');
        const { note = '', dueAt, ...rest } = request.body as { note?: string; dueAt?: string | null };
        const dueAtMs = dueAt == null ? null : readTime('dueAt', dueAt);
        const defaults = {
          answer: { files: [] },
          accept: { measure: null },
          return: { dueAtMs },
          supervise: { dueAtMs },
        };
        const command = {
          ...(defaults as Record<string, object>)[name],
          ...rest,
          do: name,
        } as unknown as TaskCommand;
        const done = await actOnTask(db, {
          task: id,
          command,
          by: { account: actor.name, atMs: deps.now(), note },
          reaches: (office) => covers(actor.organisation, office),
        });
        if (!done.ok) throw taskProblem(done.error);
        request.log.info(
          { event: `task.${name}`, task: done.value.id, account: actor.name },
          'work on a task',
        );
        return toTaskItem(done.value);
      },
    );
  }
}

/** One outside the caller's reach is as if it did not exist. */
export async function findSeenTask(db: Database, actor: Actor, action: Action, id: string) {
  const row = await rowNumbered(id, (number) => findTask(db, number));
  if (row === undefined || !can(actor, action, row.office)) throw new Problem('not-found');
  return row;
}
