/** `alerts/:id/<deed>`: what officers do about an alert after they have acknowledged it, and the reference data for it. */
import { Type } from 'typebox';
import { type WorkFault, workOn } from '../../../alerts/alert-work.ts';
import type { AlertCommand } from '../../../alerts/casework/alert-stages.ts';
import { proposeDisposition } from '../../../alerts/casework/dispositions.ts';
import type { AlertKindName, AlertState } from '../../../src/kernel/alert-event.ts';
import { CONTACTS, DISPOSITIONS, MEASURES } from '../../../src/kernel/casework.ts';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { findAccountView } from '../../../src/store/account-administration.ts';
import { listIncidentAlerts } from '../../../src/store/alert-queue.ts';
import { listMeasures } from '../../../src/store/alert-work.ts';
import { findSubject } from '../../../src/store/roster-views.ts';
import { type Action, type Actor, actionsOf, covers, isCleared, isRole } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import { Alert, findSeenAlert, toAlertItem } from './alert-items.ts';
import { answers, Id, Nullable } from './schemas.ts';

export const Note = Type.String({ maxLength: 2000 });
const From = Type.Optional(
  Nullable(Type.String({ maxLength: 256, description: 'Whose it is, as you know it: needed to take over' })),
);
export const DEED_BODIES = {
  take: Type.Object({ note: Type.Optional(Note), from: From }),
  assign: Type.Object({ note: Type.Optional(Note), to: Id, from: From }),
  contact: Type.Object({ note: Type.Optional(Note), whom: Type.Enum(CONTACTS), reached: Type.Boolean() }),
  note: Type.Object({ note: Note }),
  resolve: Type.Object({
    note: Type.Optional(Note),
    disposition: Type.Enum(DISPOSITIONS),
    measure: Type.Optional(Nullable(Type.Enum(MEASURES))),
  }),
  review: Type.Object({ note: Type.Optional(Note) }),
  close: Type.Object({ note: Type.Optional(Note) }),
  return: Type.Object({ note: Note }),
  reopen: Type.Object({ note: Note }),
} as const;
export type DeedName = keyof typeof DEED_BODIES;
/** Who may do which: the rest is `alerts.work`. */
export const DEED_ACTIONS: Readonly<Partial<Record<DeedName, Action>>> = {
  review: 'alerts.review',
  close: 'alerts.review',
  return: 'alerts.review',
  reopen: 'alerts.review',
};
const SUMMARIES: Readonly<Record<DeedName, string>> = {
  take: 'Take it and work on it; 409 names who has it',
  assign: 'Give it to somebody',
  contact: 'Somebody was called or visited about it',
  note: 'Write something down about it',
  resolve: 'Say what it was, with the measure taken, if any',
  review: 'Somebody looks at the disposition; what weighs, somebody else',
  close: 'Close it: a confirmed violation counts from now on',
  return: 'Send it back with a reason',
  reopen: 'Open a closed one again: its disposition counts no more',
};

export function registerAlertWorkRoutes(
  app: App,
  deps: { readonly database: Database; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['alerts'];

  for (const name of Object.keys(DEED_BODIES) as DeedName[]) {
    const action = DEED_ACTIONS[name] ?? 'alerts.work';
    app.post(
      `/api/v1/alerts/:id/${name}`,
      {
        config: { action },
        bodyLimit: 16_384,
        schema: {
          tags,
          summary: SUMMARIES[name],
          params: Type.Object({ id: Id }),
          // One schema for each deed; the union tells the handler no more than that it is one of them.
          body: DEED_BODIES[name] as (typeof DEED_BODIES)['note'],
          response: answers(Alert),
        },
      },
      async (request) => {
        const { actor } = callerOf(request);
        const { alert, office, minor, kind } = await findSeenAlert(db, actor, action, request.params.id);
        const { note, command } = commandOf(name, request.body);
        if (command.do === 'assign')
          await assertAssignable(command.to, office, kind !== 'feed-outage' && (minor ?? true));
        const done = await workOn(db, alert, command, { account: actor.name, atMs: deps.now(), note });
        if (!done.ok) throw workProblem(done.error);
        request.log.info({ event: `alert.${name}`, alert, account: actor.name }, 'work on an alert');
        return readAgain(actor, alert);
      },
    );
  }

  app.get(
    '/api/v1/alerts/:id/proposal',
    {
      config: { action: 'alerts.read' },
      schema: {
        tags,
        summary: 'What the facts speak for; an officer decides. Never a violation',
        params: Type.Object({ id: Id }),
        response: answers(
          Type.Object({
            disposition: Nullable(Type.Enum(DISPOSITIONS)),
            because: Nullable(Type.Object({ zh: Type.String(), en: Type.String() })),
          }),
        ),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      const row = await findSeenAlert(db, actor, 'alerts.read', request.params.id);
      const parts = row.incident === null ? [] : await listIncidentAlerts(db, [row.incident], '', true);
      const proposal = proposeDisposition({
        kind: row.kind as AlertKindName,
        state: row.state as AlertState,
        together: parts.flatMap((part) => (part.alert === row.alert ? [] : [part.kind as AlertKindName])),
        onLeave: await wasOnLeave(row.subject, row.started_at),
      });
      return proposal ?? { disposition: null, because: null };
    },
  );

  app.get(
    '/api/v1/legal-measures',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'Measures of the Community Corrections Law, article 28, lightest first',
        response: answers(
          Type.Object({
            items: Type.Array(
              Type.Object({
                code: Type.String(),
                zh: Type.String(),
                en: Type.String(),
                article: Type.String(),
              }),
            ),
          }),
        ),
      },
    },
    async () => ({ items: [...(await listMeasures(db))] }),
  );

  async function readAgain(actor: Actor, alert: string) {
    return toAlertItem(await findSeenAlert(db, actor, 'alerts.read', alert));
  }

  /** Who can't open it, or may not work on it, would have it where nobody looks. */
  async function assertAssignable(login: string, office: string | null, isMinor: boolean): Promise<void> {
    const [account] = await findAccountView(db, login);
    const isInReach =
      account !== undefined &&
      account.disabled_at === null &&
      isRole(account.role) &&
      actionsOf(account.role).includes('alerts.work') &&
      (!isMinor || isCleared(account.role, account.minors)) &&
      (office === null ? account.organisation === '' : covers(account.organisation, office));
    if (!isInReach) throw new Problem('bad-request', told('nobody-reaches', { login }));
  }

  async function wasOnLeave(subject: string, at: Date): Promise<boolean> {
    const [row] = await findSubject(db, subject);
    const permits =
      (row?.profile as { permits?: { from: string; until: string }[] } | undefined)?.permits ?? [];
    return permits.some(
      ({ from, until }) => Date.parse(from) <= at.getTime() && at.getTime() < Date.parse(until),
    );
  }
}

/** The body as a command of the core: the schema of the deed has checked it. */
export function commandOf(
  name: DeedName,
  body: object,
): { readonly note: string; readonly command: AlertCommand } {
  const { note = '', ...rest } = body as { note?: string };
  const defaults = name === 'resolve' ? { measure: null } : {};
  return { note, command: { ...defaults, ...rest, do: name } as unknown as AlertCommand };
}

export function workProblem(fault: WorkFault): Problem {
  if (fault.code === 'not-found') return new Problem('not-found');
  const isCallersFault = fault.code === 'note-needed' || fault.code === 'measure-without-violation';
  return new Problem(isCallersFault ? 'bad-request' : 'conflict', fault);
}
