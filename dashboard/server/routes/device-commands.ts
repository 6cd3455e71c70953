/** `devices/:id/commands`: what is asked of a device, and what came of it. */
import { type Static, Type } from 'typebox';
import { COMMAND_TYPES, COMMANDS_OF, type DeviceCommand } from '../../../src/kernel/device-command.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Protocol } from '../../../src/kernel/roster.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findAssigned, listDeviceCommands } from '../../../src/store/device-commands.ts';
import { audit } from '../audit.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Command, isKept, queueFor, toCommand, toCommandPage } from './device-command-view.ts';
import { answers, beforeOf, Cursor, Id, Limit, Page, readTime } from './schemas.ts';
import { registerSpotCheckRoutes } from './spot-checks.ts';

const Params = Type.Object({ id: Id });
const Asked = Type.Object({
  type: Type.Enum(COMMAND_TYPES),
  intervalS: Type.Optional(
    Type.Integer({ minimum: 10, maximum: 86_400, description: 'With set-interval: seconds between reports' }),
  ),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'With text' })),
  from: Type.Optional(Type.String({ description: 'With resend: what a terminal holds from this time' })),
  until: Type.Optional(Type.String({ description: 'With resend: to this' })),
  validS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 86_400,
      description: 'How long it may still be sent or answered (60)',
    }),
  ),
});

const VALID_S = 60;

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
      if (device === undefined || !can(actor, 'devices.command', device.office, device.minor))
        throw new Problem('not-found', told('no-device-in-force'));
      const command = commandOf(request.body);
      const known = COMMANDS_OF[(device.protocol ?? 'osmand') as Protocol] ?? [];
      if (!known.includes(command.type))
        throw new Problem(
          'conflict',
          known.length === 0
            ? told('device-knows-no-commands')
            : told('device-takes', { known: known.join(', ') }),
        );
      if (command.type === 'locate' && !device.may_locate)
        throw new Problem('conflict', told('locate-unlawful'));
      const row = await db.transaction(async (tx) => {
        await audit(tx, request, {
          action: 'device.command',
          subject: device.subject,
          office: device.office,
          target: device.id,
          detail: { ...command },
        });
        return queueFor(tx, device.id, device.subject, command, {
          isSpotCheck: false,
          by: actor.name,
          queuedMs: nowMs,
          validS: request.body.validS ?? VALID_S,
        });
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
      if (!isKept(id)) throw new Problem('not-found', told('no-device'));
      const { organisation, minors } = callerOf(request).actor;
      return toCommandPage(
        await listDeviceCommands(db, id, organisation, beforeOf(cursor), limit + 1, minors),
        limit,
        deps.now(),
      );
    },
  );

  registerSpotCheckRoutes(app, deps);
}

function commandOf({ type, intervalS, text, from, until }: Static<typeof Asked>): DeviceCommand {
  if (type === 'set-interval') {
    if (intervalS === undefined) throw new Problem('bad-request', told('interval-needed'));
    return { type, intervalS };
  }
  if (type === 'text') {
    if (text === undefined) throw new Problem('bad-request', told('text-needed'));
    return { type, text };
  }
  if (type === 'resend') {
    if (from === undefined || until === undefined)
      throw new Problem('bad-request', told('resend-needs-span'));
    if (readTime('from', from) > readTime('until', until))
      throw new Problem('bad-request', told('until-before-from'));
    return { type, from, until };
  }
  return { type };
}
