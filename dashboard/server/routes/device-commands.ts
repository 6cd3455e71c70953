/** `devices/:id/commands`: what is asked of a device. `subjects/:id/locate` and `spot-checks`: where is he now, and what came of it. */
import { type Static, Type } from 'typebox';
import { COMMAND_TYPES, COMMANDS_OF, type DeviceCommand } from '../../../src/kernel/device-command.ts';
import type { Protocol } from '../../../src/kernel/roster.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  findAskable,
  findAssigned,
  findCommand,
  listDeviceCommands,
  listSpotChecks,
  queueCommand,
} from '../../../src/store/device-commands.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
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
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

const Command = Type.Object({
  id: Type.String(),
  device: Type.String(),
  subject: Type.String(),
  type: Type.Enum(COMMAND_TYPES),
  intervalS: Type.Optional(Type.Integer()),
  text: Type.Optional(Type.String()),
  state: Type.Enum(['queued', 'sent', 'answered', 'refused', 'silent', 'not-reached'], {
    description:
      'silent: sent, and no answer until expiresAt; not-reached: the device was not connected until then; refused: by the device',
  }),
  askedBy: Type.String(),
  queuedAt: Time,
  expiresAt: Time,
  sentAt: Nullable(Time),
  answeredAt: Nullable(Time),
  answer: Nullable(
    Type.Record(Type.String(), Type.Unknown(), { description: 'The record that answered, as in /messages' }),
  ),
});
const Params = Type.Object({ id: Id });
const Asked = Type.Object({
  type: Type.Enum(COMMAND_TYPES),
  intervalS: Type.Optional(
    Type.Integer({ minimum: 10, maximum: 86_400, description: 'With set-interval: seconds between reports' }),
  ),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'With text' })),
  validS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400,
      description: 'How long it may still be sent or answered (60)',
    }),
  ),
});

const VALID_S = 60;
const WAIT_S = 30;
const LOOK_EVERY_MS = 300;

export interface DeviceCommandDeps {
  readonly database: Database;
  now(): number;
}

export function registerDeviceCommandRoutes(app: App, deps: DeviceCommandDeps): void {
  const db = deps.database;

  app.post(
    '/api/v1/devices/:id/commands',
    {
      config: { action: 'devices.command' },
      schema: {
        tags: ['devices'],
        summary: 'Ask something of the device: sent as soon as it is connected',
        params: Params,
        body: Asked,
        response: answers(Command),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const nowMs = deps.now();
      const { id } = request.params;
      const [device] = isKept(id) ? await findAssigned(db, id, new Date(nowMs)) : [];
      if (device === undefined || !can(actor, 'devices.command', device.office))
        throw new Problem('not-found', 'no device that is somebody’s now has this id');
      const command = commandOf(request.body);
      const known = COMMANDS_OF[(device.protocol ?? 'osmand') as Protocol] ?? [];
      if (!known.includes(command.type))
        throw new Problem(
          'conflict',
          known.length === 0
            ? 'the device has no way to be asked: its protocol knows no commands, or the roster names none'
            : `the device can be asked: ${known.join(', ')}`,
        );
      const row = await queue(device.id, device.subject, command, {
        isSpotCheck: false,
        by: actor.name,
        queuedMs: nowMs,
        validS: request.body.validS ?? VALID_S,
      });
      request.log.info(
        { event: 'command.queued', account: actor.name, id: row.id, device: device.id, type: command.type },
        'a device is asked',
      );
      return toCommand(row, deps.now());
    },
  );

  app.get(
    '/api/v1/devices/:id/commands',
    {
      config: { action: 'tracks.read' },
      schema: {
        tags: ['devices'],
        summary: 'What was asked of the device and what came of it, newest first',
        params: Params,
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Command)),
      },
    },
    async (request) => {
      const { id } = request.params;
      const { cursor, limit = 100 } = request.query;
      if (!isKept(id)) throw new Problem('not-found', 'no device has this id');
      const scope = callerOf(request).actor.organisation;
      return page(await listDeviceCommands(db, id, scope, before(cursor), limit + 1), limit);
    },
  );

  app.post(
    '/api/v1/subjects/:id/locate',
    {
      config: { action: 'devices.command' },
      schema: {
        tags: ['subjects'],
        summary:
          'Spot check: ask the subject’s device where it is, and wait. Answer and silence are both kept',
        params: Params,
        body: Type.Optional(
          Type.Object({
            waitS: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: 120,
                description: 'How long this call waits (30); 0: ask and look later',
              }),
            ),
            validS: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: 3600,
                description: 'How long the device has for its answer (waitS, at least 30)',
              }),
            ),
            device: Type.Optional(Id),
          }),
        ),
        response: answers(Command),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { id } = request.params;
      const { waitS = WAIT_S, device: chosen } = request.body ?? {};
      const validS = request.body?.validS ?? Math.max(waitS, WAIT_S);
      const [subject] = isKept(id) ? await findSubject(db, id) : [];
      if (subject === undefined || !can(actor, 'devices.command', subject.office))
        throw new Problem('not-found');
      const queuedMs = deps.now();
      const askable = await findAskable(db, subject.id, PROTOCOLS, new Date(queuedMs));
      const device = chosen === undefined ? askable[0] : askable.find((each) => each.id === chosen);
      if (device === undefined)
        throw new Problem('conflict', 'the subject has no device that can be asked where it is');
      const asked = await queue(
        device.id,
        subject.id,
        { type: 'locate' },
        {
          isSpotCheck: true,
          by: actor.name,
          queuedMs,
          validS,
        },
      );
      request.log.info(
        {
          event: 'spot-check.asked',
          account: actor.name,
          id: asked.id,
          subject: subject.id,
          device: device.id,
        },
        'a spot check',
      );
      const untilMs = performance.now() + Math.min(waitS, validS) * 1000;
      let row = asked;
      // Who has gone does not wait: the check stands all the same.
      while (row.answered_at === null && performance.now() < untilMs && !request.socket.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        row = (await findCommand(db, asked.id))[0] ?? row;
      }
      return toCommand(row, deps.now());
    },
  );

  app.get(
    '/api/v1/spot-checks',
    {
      config: { action: 'tracks.read' },
      schema: {
        tags: ['subjects'],
        summary: 'Spot checks by device, newest first',
        querystring: Type.Object({ subject: Type.Optional(Id), cursor: Cursor, limit: Limit }),
        response: answers(Page(Command)),
      },
    },
    async (request) => {
      const { subject, cursor, limit = 100 } = request.query;
      if (subject !== undefined && !isKept(subject)) throw new Problem('not-found');
      const scope = callerOf(request).actor.organisation;
      return page(await listSpotChecks(db, subject ?? null, scope, before(cursor), limit + 1), limit);
    },
  );

  async function queue(
    device: string,
    subject: string,
    command: DeviceCommand,
    by: { isSpotCheck: boolean; by: string; queuedMs: number; validS: number },
  ) {
    const [row] = await queueCommand(
      db,
      device,
      subject,
      JSON.stringify(command),
      by.isSpotCheck,
      by.by,
      new Date(by.queuedMs),
      new Date(by.queuedMs + by.validS * 1000),
    );
    if (row === undefined) throw new Error('an insert answered no row');
    return row;
  }

  const page = (rows: readonly Row[], limit: number) =>
    toPage(
      rows,
      limit,
      (row) => toCommand(row, deps.now()),
      (last) => encodeCursor(last.id),
    );
}

const PROTOCOLS = Object.entries(COMMANDS_OF).flatMap(([protocol, types]) =>
  types.includes('locate') ? [protocol] : [],
);

type Row = Awaited<ReturnType<typeof findCommand>>[number];

function toCommand(row: Row, nowMs: number): Static<typeof Command> {
  return {
    id: row.id,
    device: row.device,
    subject: row.subject,
    // Written by these routes.
    ...(JSON.parse(row.command) as DeviceCommand),
    state: stateOf(row, nowMs),
    askedBy: row.asked_by,
    queuedAt: row.queued_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    sentAt: timeOrNull(row.sent_at),
    answeredAt: timeOrNull(row.answered_at),
    answer: row.answer === null ? null : (JSON.parse(row.answer) as Record<string, unknown>),
  };
}

function stateOf({ answered_at, is_refused, sent_at, expires_at }: Row, nowMs: number) {
  if (answered_at !== null) return is_refused === true ? 'refused' : 'answered';
  if (expires_at.getTime() <= nowMs) return sent_at === null ? 'not-reached' : 'silent';
  return sent_at === null ? 'queued' : 'sent';
}

function commandOf({ type, intervalS, text }: Static<typeof Asked>): DeviceCommand {
  if (type === 'set-interval') {
    if (intervalS === undefined) throw new Problem('bad-request', 'set-interval needs intervalS');
    return { type, intervalS };
  }
  if (type === 'text') {
    if (text === undefined) throw new Problem('bad-request', 'text needs text');
    return { type, text };
  }
  return { type };
}

function before(cursor: string | undefined): string | null {
  const [id] = cursor === undefined ? [] : decodeCursor(cursor, 1);
  if (id !== undefined && !/^\d{1,18}$/.test(id))
    throw new Problem('bad-request', 'cursor is not one that a page before gave');
  return id ?? null;
}

/** The store's texts hold neither: nothing there can be called so. */
function isKept(id: string): boolean {
  return !id.includes('\0') && id.isWellFormed();
}
