/** `hazards`: the hazard ledger (隐患台账). What is not thoroughly put right is not written off. */
import { type Static, Type } from 'typebox';
import { HAZARD_DEEDS } from '../../../alerts/casework/hazard-states.ts';
import { actOnHazard, type HazardRow } from '../../../alerts/hazards.ts';
import { HAZARD_STATES, type HazardState } from '../../../src/kernel/casework.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { addHazard, listHazardActions, listHazards, lockHazard } from '../../../src/store/hazards.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Note } from './alert-work.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readTime,
  rowNumbered,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';
import { findSeenTask } from './tasks.ts';

const Text = (description: string) => Type.String({ minLength: 1, maxLength: 2000, description });
const Words = {
  category: Text('风险隐患类别'),
  situation: Text('基本情况'),
  measures: Text('整改措施'),
  department: Text('责任部门'),
  person: Type.String({ maxLength: 200, description: '责任人' }),
};
const Hazard = Type.Object({
  hazard: Type.String(),
  task: Nullable(Type.String()),
  subject: Nullable(Type.String()),
  office: Type.String(),
  ...Words,
  dueAt: Time,
  state: Type.Enum(HAZARD_STATES, { description: '无法整改, 未整改, 整改中, 已整改' }),
  madeBy: Type.String(),
  madeAt: Time,
  rectifiedBy: Nullable(Type.String()),
  writtenOffBy: Nullable(Type.String({ description: '销账' })),
  writtenOffAt: Nullable(Time),
});
const InFull = Type.Object({
  ...Hazard.properties,
  actions: Type.Array(
    Type.Object({ action: Type.String(), account: Type.String(), note: Type.String(), at: Time }),
  ),
});

export function registerHazardRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  const db = deps.database;
  const tags = ['hazards'];

  app.get(
    '/api/v1/hazards',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'The hazard ledger, newest first',
        querystring: Type.Object({
          state: Type.Optional(Type.Enum(HAZARD_STATES)),
          open: Type.Optional(Type.Boolean({ description: 'Only what is not written off' })),
          organisation: OrganisationPath,
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Hazard)),
      },
    },
    async (request) => {
      const { state = null, open = false, organisation = '', cursor, limit = 100 } = request.query;
      const before = beforeOf(cursor);
      const scope = callerOf(request).actor.organisation;
      const rows = await listHazards(db, scope, organisation, state, open, before, limit + 1);
      return toPage(rows, limit, toHazard, (last) => encodeCursor(last.id));
    },
  );

  app.get(
    '/api/v1/hazards/:id',
    {
      config: { action: 'tasks.read' },
      schema: { tags, summary: 'One hazard', params: Type.Object({ id: Id }), response: answers(InFull) },
    },
    async (request) => {
      const row = await findSeen(callerOf(request).actor, 'tasks.read', request.params.id);
      const actions = await listHazardActions(db, row.id);
      return { ...toHazard(row), actions: actions.map((deed) => ({ ...deed, at: deed.at.toISOString() })) };
    },
  );

  app.post(
    '/api/v1/hazards',
    {
      config: { action: 'hazards.write' },
      bodyLimit: 32_768,
      schema: {
        tags,
        summary: 'Enter a hazard, of a task or by itself',
        body: Type.Object({
          task: Type.Optional(Id),
          office: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
          ...Words,
          dueAt: Type.String(),
        }),
        response: answers(Hazard),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const {
        task: id,
        office: named,
        category,
        situation,
        measures,
        department,
        person,
        dueAt,
      } = request.body;
      const task = id === undefined ? undefined : await findSeenTask(db, actor, 'hazards.write', id);
      const office = task?.office ?? named;
      if (office === undefined) throw new Problem('bad-request', told('hazard-of-whom'));
      if (!can(actor, 'hazards.write', office)) throw new Problem('not-found');
      const [row] = await addHazard(
        db,
        task?.id ?? null,
        task?.subject ?? null,
        office,
        category,
        situation,
        measures,
        department,
        person,
        new Date(readTime('dueAt', dueAt)),
        actor.name,
        new Date(deps.now()),
      );
      if (row === undefined) throw new Problem('conflict', told('task-in-ledger', { id: id ?? '' }));
      return toHazard(row);
    },
  );

  for (const deed of HAZARD_DEEDS) {
    // Who supervises checks and writes off; the office puts right.
    const action: Action = deed === 'fail-check' || deed === 'write-off' ? 'tasks.review' : 'hazards.write';
    app.post(
      `/api/v1/hazards/:id/${deed}`,
      {
        config: { action },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary: {
            start: '整改中',
            finish: '已整改',
            'give-up': '无法整改',
            'fail-check': '整改不彻底',
            'write-off': '销账',
          }[deed],
          params: Type.Object({ id: Id }),
          body: Type.Object({ note: Note }),
          response: answers(Hazard),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { id } = await findSeen(actor, action, request.params.id);
        const by = { account: actor.name, atMs: deps.now(), note: request.body.note };
        const done = await actOnHazard(db, id, deed, by);
        if (done.ok) return toHazard(done.value);
        const { code } = done.error;
        throw code === 'not-found'
          ? new Problem(code)
          : new Problem(code === 'note-needed' ? 'bad-request' : 'conflict', done.error);
      },
    );
  }

  async function findSeen(actor: Actor, action: Action, id: string): Promise<HazardRow> {
    const row = await rowNumbered(id, (number) => lockHazard(db, number));
    if (row === undefined || !can(actor, action, row.office)) throw new Problem('not-found');
    return row;
  }
}

function toHazard(row: HazardRow): Static<typeof Hazard> {
  return {
    hazard: row.id,
    task: row.task,
    subject: row.subject,
    office: row.office,
    category: row.category,
    situation: row.situation,
    measures: row.measures,
    department: row.department,
    person: row.person,
    dueAt: row.due_at.toISOString(),
    state: row.state as HazardState,
    madeBy: row.made_by,
    madeAt: row.made_at.toISOString(),
    rectifiedBy: row.rectified_by,
    writtenOffBy: row.written_off_by,
    writtenOffAt: timeOrNull(row.written_off_at),
  };
}
