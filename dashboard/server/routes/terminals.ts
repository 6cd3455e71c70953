/** `terminals`: fingerprint terminals, each an office's, whose PINs it knows, and what its clock is off. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import { isTimeZone } from '../../../src/kernel/wall-clock.ts';
import type { Database } from '../../../src/ports/database.ts';
import { notifyRoster } from '../../../src/store/roster.ts';
import {
  findTakenAddresses,
  forgetStamps,
  listStamps,
  upsertTerminals,
  viewPins,
  viewTerminal,
  viewTerminals,
} from '../../../src/store/terminals.ts';
import { audit } from '../audit.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Id,
  Limit,
  Nullable,
  Page,
  readTime,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Terminal = Type.Object({
  id: Type.String(),
  name: Type.String(),
  office: Type.String({ description: 'Organisation path' }),
  address: Type.String({ description: 'Serial number on the wire' }),
  timeZone: Nullable(Type.String({ description: "Of its wall clock; null: the roster's" })),
  pins: Type.Integer({ description: 'PINs that are somebody’s, now or then' }),
  heardAt: Nullable(Time),
  driftS: Nullable(
    Type.Number({ description: 'What its clock is ahead of true time; taken off what it says' }),
  ),
  driftFoundBy: Nullable(
    Type.Enum(['date', 'live', 'ahead', 'none'], {
      description: 'date: it said the time; live, ahead: by its punches; none: nothing is proven',
    }),
  ),
  driftMeasuredAt: Nullable(Time),
});
const Whole = Type.Intersect([
  Terminal,
  Type.Object({
    stamps: Type.Record(Type.String(), Type.String(), {
      description: 'Table → up to where it is durable here: what the terminal is told at its handshake',
    }),
  }),
]);
const Pin = Type.Object({ pin: Type.String(), subject: Type.String(), from: Time, until: Nullable(Time) });
const Params = Type.Object({ id: Id });
const Given = Type.Object({
  name: Type.Optional(Id),
  office: Type.String({ maxLength: 256 }),
  address: Type.Optional(Id),
  timeZone: Type.Optional(Nullable(Type.String({ maxLength: 64 }))),
});

type Row = Awaited<ReturnType<typeof viewTerminal>>[number];

function toTerminal(row: Row): Static<typeof Terminal> {
  return {
    id: row.id,
    name: row.name,
    office: row.office,
    address: row.address,
    timeZone: row.time_zone,
    pins: row.pins,
    heardAt: timeOrNull(row.heard_at),
    driftS: row.drift_ms === null ? null : Number(row.drift_ms) / 1000,
    driftFoundBy: row.found_by as Static<typeof Terminal>['driftFoundBy'],
    driftMeasuredAt: timeOrNull(row.measured_at),
  };
}

export function registerTerminalRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const tags = ['terminals'];

  async function find(scope: string, id: string): Promise<Row> {
    const [row] = isKept(id) ? await viewTerminal(db, scope, id) : [];
    if (row === undefined) throw new Problem('not-found', told('no-terminal'));
    return row;
  }
  const whole = async (row: Row) => {
    const stamps = await listStamps(db, row.address);
    return {
      ...toTerminal(row),
      stamps: Object.fromEntries(stamps.map(({ sent_table, stamp }) => [sent_table, stamp])),
    };
  };

  app.get(
    '/api/v1/terminals',
    {
      config: { action: 'devices.read' },
      schema: {
        tags,
        summary: 'Terminals by id',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Terminal)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const rows = await viewTerminals(db, callerOf(request).actor.organisation, after, limit + 1);
      return toPage(rows, limit, toTerminal, (last) => encodeCursor(last.id));
    },
  );

  app.get(
    '/api/v1/terminals/:id',
    {
      config: { action: 'devices.read' },
      schema: { tags, summary: 'A terminal with its stamps', params: Params, response: answers(Whole) },
    },
    async (request) => whole(await find(callerOf(request).actor.organisation, request.params.id)),
  );

  app.get(
    '/api/v1/terminals/:id/pins',
    {
      config: { action: 'devices.read' },
      schema: {
        tags,
        summary: 'Who its PINs are; of your subtree',
        params: Params,
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Pin)),
      },
    },
    async (request) => {
      const scope = callerOf(request).actor.organisation;
      const { id } = await find(scope, request.params.id);
      const { cursor, limit = 100 } = request.query;
      const [pin = '', from = '0001-01-01T00:00:00Z'] = cursor === undefined ? [] : decodeCursor(cursor, 2);
      const rows = await viewPins(db, scope, id, pin, new Date(readTime('cursor', from)), limit + 1);
      return toPage(
        rows,
        limit,
        (row) => ({
          pin: row.pin,
          subject: row.subject,
          from: row.valid_from.toISOString(),
          until: timeOrNull(row.valid_until),
        }),
        (last) => encodeCursor(last.pin, last.valid_from.toISOString()),
      );
    },
  );

  app.put(
    '/api/v1/terminals/:id',
    {
      config: { action: 'terminals.register' },
      schema: {
        tags,
        summary: 'Register a terminal, or move it to another office. Its PINs are set by the roster',
        params: Params,
        body: Given,
        response: answers(Whole),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = request.params;
      const { name = id, office, address = id, timeZone = null } = request.body;
      const texts = [id, name, office, address, timeZone ?? ''];
      if (!texts.every(isKept)) throw new Problem('bad-request', told('unkeepable-text'));
      if (timeZone !== null && !isTimeZone(timeZone)) throw new Problem('bad-request', told('bad-time-zone'));
      const [before] = await viewTerminal(db, '', id);
      const isTheirs = before === undefined || can(actor, 'terminals.register', before.office);
      if (!isTheirs || !can(actor, 'terminals.register', office))
        throw new Problem('forbidden', told('terminal-of-office'));
      const given = JSON.stringify([{ id, name, office, address, timeZone }]);
      const row = await db.transaction(async (tx) => {
        if ((await findTakenAddresses(tx, given)).length > 0)
          throw new Problem('conflict', told('serial-taken'));
        const [written] = await upsertTerminals(tx, given);
        if (written !== undefined)
          await audit(tx, request, {
            action: 'terminal.change',
            office,
            target: id,
            detail: { ...(before === undefined ? { isNew: true } : {}), name, office, address, timeZone },
          });
        await notifyRoster(tx, '');
        const [now] = await viewTerminal(tx, '', id);
        return now;
      });
      if (row === undefined) throw new Error(`terminal ${id} is gone`);
      request.log.info(
        { event: 'terminal.registered', account: actor.name, terminal: id, office },
        'a terminal was registered',
      );
      return whole(row);
    },
  );

  app.delete(
    '/api/v1/terminals/:id/stamps',
    {
      config: { action: 'terminals.register' },
      schema: {
        tags,
        summary: 'At its next handshake the terminal sends everything that it holds once more',
        params: Params,
        response: answers(Whole),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const row = await find(actor.organisation, request.params.id);
      await db.transaction(async (tx) => {
        await forgetStamps(tx, row.address);
        await audit(tx, request, { action: 'terminal.resend', office: row.office, target: row.id });
      });
      request.log.info(
        { event: 'terminal.stamps-forgotten', account: actor.name, terminal: row.id },
        'a terminal is to send everything again',
      );
      return whole(row);
    },
  );
}

/** The store's texts hold neither: nothing there can be called so. */
function isKept(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
