/** `subjects/:id/locate` and `spot-checks`: where is he now, asked of the device, and what came of it. */
import { Type } from 'typebox';
import { LOCATING_PROTOCOLS } from '../../../src/kernel/device-command.ts';
import { findAskable, findCommand, listSpotChecks } from '../../../src/store/device-commands.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { audit, auditShown, lookerOf } from '../audit.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Command, isKept, queueFor, toCommand, toCommandPage } from './device-command-view.ts';
import type { DeviceCommandDeps } from './device-commands.ts';
import { answers, beforeOf, Cursor, Id, Limit, Nullable, Page } from './schemas.ts';

const WAIT_S = 30;
const LOOK_EVERY_MS = 300;

export function registerSpotCheckRoutes(app: App, deps: DeviceCommandDeps): void {
  const db = deps.database;

  app.post(
    '/api/v1/subjects/:id/locate',
    {
      config: { action: 'devices.command' },
      schema: {
        tags: ['subjects'],
        summary:
          'Spot check: ask the subject’s device where it is, and wait. Answer and silence are both kept',
        params: Type.Object({ id: Id }),
        // Without a body all is as by default.
        body: Nullable(
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
      if (subject === undefined || !can(actor, 'devices.command', subject.office, subject.minor))
        throw new Problem('not-found');
      const queuedMs = deps.now();
      const askable = await findAskable(db, subject.id, LOCATING_PROTOCOLS, new Date(queuedMs));
      const device = chosen === undefined ? askable[0] : askable.find((each) => each.id === chosen);
      if (device === undefined) throw new Problem('not-askable');
      const asked = await db.transaction(async (tx) => {
        await audit(tx, request, {
          action: 'subject.locate',
          subject: subject.id,
          office: subject.office,
          target: device.id,
        });
        const by = { isSpotCheck: true, by: actor.name, queuedMs, validS };
        return queueFor(tx, device.id, subject.id, { type: 'locate' }, by);
      });
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
      const { organisation, minors } = callerOf(request).actor;
      const rows = await listSpotChecks(
        db,
        subject ?? null,
        organisation,
        beforeOf(cursor),
        limit + 1,
        minors,
      );
      // An answer says where the device was.
      const shown = rows.slice(0, limit).filter(({ answer }) => answer !== null);
      await auditShown(
        db,
        lookerOf(request),
        'spot-checks.read',
        shown.map((row) => row.subject),
      );
      return toCommandPage(rows, limit, deps.now());
    },
  );
}
