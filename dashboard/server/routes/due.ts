/** `due`: subjects of an office with what is due today: check-ins, returns from leave, orders and corrections that run out. */
import { Type } from 'typebox';
import { DUE_KINDS, type DueProfile, dueOf } from '../../../compliance/due.ts';
import { timeZoneOf } from '../../../compliance/figures.ts';
import { told } from '../../../src/kernel/fault.ts';
import { formatInstant, type Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listProfiles } from '../../../src/store/roster-views.ts';
import { can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { answers, OrganisationPath, Time } from './schemas.ts';

/** An office's desk, or a county's: more than these are asked for by office. */
const MOST_SUBJECTS = 5000;
/** A window over midnight began yesterday. */
const SINCE_MS = 2 * 86_400_000;

export function registerDueRoutes(app: App, deps: { readonly database: Database; now(): Instant }): void {
  app.get(
    '/api/v1/due',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags: ['subjects'],
        summary: 'Subjects of an organisation with what is due, the most pressing first',
        querystring: Type.Object({ organisation: OrganisationPath }),
        response: answers(
          Type.Object({
            items: Type.Array(
              Type.Object({
                subject: Type.String(),
                name: Type.String(),
                office: Type.String(),
                kind: Type.Enum(DUE_KINDS),
                dueAt: Time,
                isOverdue: Type.Boolean(),
              }),
            ),
            nextCursor: Type.Null(),
          }),
        ),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const { organisation = actor.organisation } = request.query;
      if (!can(actor, 'subjects.read', organisation)) throw new Problem('not-found');
      const nowMs = deps.now();
      const rows = await listProfiles(
        deps.database,
        organisation,
        new Date(nowMs - SINCE_MS),
        MOST_SUBJECTS + 1,
      );
      if (rows.length > MOST_SUBJECTS) throw new Problem('bad-request', told('too-many-subjects'));
      const timeZone = await timeZoneOf(deps.database);
      const items = rows.flatMap(({ id, name, office, profile, checkin_at }) =>
        dueOf(profile as DueProfile, checkin_at?.getTime() ?? null, nowMs, timeZone).map((due) => ({
          subject: id,
          name,
          office,
          kind: due.kind,
          dueAt: formatInstant(due.dueAtMs),
          isOverdue: due.isOverdue,
        })),
      );
      return { items: items.sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)), nextCursor: null };
    },
  );
}
