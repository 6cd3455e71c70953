/** `devices/:id/secret`: what a device proves itself with. Set and removed, never shown. */
import { Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Database } from '../../../src/ports/database.ts';
import {
  findDeviceProtocol,
  findDeviceSecret,
  removeDeviceSecret,
  setDeviceSecret,
} from '../../../src/store/device-secrets.ts';
import { notifyRoster } from '../../../src/store/roster.ts';
import { audit } from '../audit.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, Id, Nullable, Time, timeOrNull } from './schemas.ts';

/** The other protocols carry no secret: what is set would prove nothing. */
const PROVING: readonly string[] = ['jt808', 'owntracks'];
const Params = Type.Object({ id: Id });
/** 32 bytes are the longest key that OwnTracks has. */
const Secret = Type.String({
  minLength: 6,
  maxLength: 32,
  pattern: '^[\\x20-\\x7e]+$',
  description: 'Printable ASCII',
});

export function registerDeviceSecretRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const config = { action: 'devices.secret' } as const;
  const tags = ['devices'];

  app.get(
    '/api/v1/devices/:id/secret',
    {
      config,
      schema: {
        tags,
        summary: 'Since when the device has one, if it has; it is never shown itself',
        params: Params,
        response: answers(Type.Object({ device: Type.String(), setAt: Nullable(Time) })),
      },
    },
    async (request) => {
      requireWholeTree(callerOf(request).actor.organisation);
      const { id } = request.params;
      const [found] = isKept(id) ? await findDeviceSecret(db, id) : [];
      if (found === undefined) throw new Problem('not-found', told('no-device'));
      return { device: id, setAt: timeOrNull(found.set_at) };
    },
  );

  app.put(
    '/api/v1/devices/:id/secret',
    {
      config,
      schema: {
        tags,
        summary: 'From now on the device is believed only with this: password or encryption key of the app',
        params: Params,
        body: Type.Object({ secret: Secret }),
        response: answers(Type.Object({ device: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      requireWholeTree(actor.organisation);
      const [of] = isKept(request.params.id) ? await findDeviceProtocol(db, request.params.id) : [];
      if (of !== undefined && !PROVING.includes(of.protocol ?? ''))
        throw new Problem('conflict', told('no-secret-in-protocol'));
      const set = await db.transaction(async (tx) => {
        const [row] = isKept(request.params.id)
          ? await setDeviceSecret(tx, request.params.id, request.body.secret)
          : [];
        if (row !== undefined) await audit(tx, request, { action: 'device.secret-set', target: row.device });
        return row;
      });
      if (set === undefined) throw new Problem('not-found', told('no-device'));
      await notifyRoster(db, '');
      request.log.info(
        { event: 'device.secret-set', account: actor.name, device: set.device },
        'a secret was set',
      );
      return set;
    },
  );

  app.delete(
    '/api/v1/devices/:id/secret',
    {
      config,
      schema: {
        tags,
        summary: 'The device is believed without a secret again',
        params: Params,
        response: answers(Type.Object({ device: Type.String() })),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      requireWholeTree(actor.organisation);
      const removed = await db.transaction(async (tx) => {
        const [row] = isKept(request.params.id) ? await removeDeviceSecret(tx, request.params.id) : [];
        if (row !== undefined)
          await audit(tx, request, { action: 'device.secret-removed', target: row.device });
        return row;
      });
      if (removed === undefined) throw new Problem('not-found', told('no-secret'));
      await notifyRoster(db, '');
      request.log.info(
        { event: 'device.secret-removed', account: actor.name, device: removed.device },
        'a secret was removed',
      );
      return removed;
    },
  );
}

/** The store's texts hold neither: nothing there can be called so. */
function isKept(id: string): boolean {
  return !id.includes('\0') && id.isWellFormed();
}

function requireWholeTree(organisation: string): void {
  if (organisation !== '') throw new Problem('forbidden', told('secrets-whole-tree'));
}
