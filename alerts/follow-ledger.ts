/**
 * What follows from new ledger events, in their transaction: a shelving in force covers them, alerts with one cause become one
 * incident, a confirmed violation whose evidence was taken back goes back to an officer, and somebody is told.
 */
import { randomBytes } from 'node:crypto';
import type { AlertEvent, AlertKindName } from '../src/kernel/alert-event.ts';
import type { Cause } from '../src/kernel/casework.ts';
import type { Instant } from '../src/kernel/instant.ts';
import type { Db } from '../src/ports/database.ts';
import { listGroupable, lockAlertsWork, makeIncident } from '../src/store/alert-work.ts';
import { listInForce, noteHidden } from '../src/store/shelvings.ts';
import { saveDeeds, toWork, type WorkRow, workOnLocked } from './alert-work.ts';
import {
  type AlertCommand,
  type AlertDeed,
  type AlertWork,
  decideAlert,
  evolveAlert,
} from './casework/alert-stages.ts';
import { DUE, type GroupedAlert, joinOf } from './casework/grouping.ts';
import { noticed } from './noticed.ts';

/** The account of what the program does by itself. No login can be called so: a login has no colon. */
export const MACHINE = 'wardline:casework';
/** As far back as `causeOf` looks at what is over. */
const REACH_MS = 12 * 3_600_000;

export function newIncidentId(): string {
  return `I-${randomBytes(9).toString('base64url')}`;
}

export async function followLedger(db: Db, events: readonly AlertEvent[], nowMs: Instant): Promise<void> {
  const opened = events.filter(({ state }) => state === 'opened');
  const retracted = events.flatMap(({ state, alert }) => (state === 'retracted' ? [alert] : []));
  if (retracted.length > 0) await reopenRetracted(db, retracted, nowMs);
  if (opened.length === 0) return;
  const joins = await findJoins(db, opened, nowMs);
  const subjects = [...new Set(opened.map(({ subject }) => subject))];
  const shelvings = await listInForce(db, subjects, new Date(nowMs));
  const touched = new Set(opened.map(({ alert }) => alert));
  for (const { alert } of joins) touched.add(alert);
  const rows = new Map((await lockAlertsWork(db, [...touched])).map((row) => [row.alert, row]));
  const done: { deed: AlertDeed; work: AlertWork }[] = [];
  const works = new Map([...rows].map(([alert, row]) => [alert, toWork(row)]));
  const act = (alert: string, command: AlertCommand) => {
    const work = works.get(alert);
    if (work === undefined) return false;
    const deed = decideAlert(work, command, { account: MACHINE, atMs: nowMs, note: '' });
    if (!deed.ok) return false;
    const next = evolveAlert(work, deed.value);
    works.set(alert, next);
    done.push({ deed: deed.value, work: next });
    return true;
  };
  const shelved = new Set<string>();
  for (const { alert, subject, kind } of opened) {
    const shelving = shelvings.find((each) => each.subject === subject && each.kind === kind);
    if (shelving === undefined) continue;
    const { id, until_at } = shelving;
    if (!act(alert, { do: 'shelve', untilMs: until_at.getTime(), shelving: id })) continue;
    shelved.add(alert);
    await noteHidden(db, id, [alert], new Date(nowMs));
  }
  for (const { alert, incident, cause } of joins) act(alert, { do: 'merge', incident, cause, byHand: false });
  await saveDeeds(db, done);
  await tell(
    db,
    opened.flatMap(({ alert }) => (shelved.has(alert) ? [] : [rows.get(alert)])),
    nowMs,
  );
}

async function tell(db: Db, rows: readonly (WorkRow | undefined)[], atMs: Instant): Promise<void> {
  await noticed(
    db,
    rows.flatMap((row) =>
      row === undefined
        ? []
        : [
            {
              what: 'alert-opened' as const,
              about: 'alert' as const,
              ref: row.alert,
              subject: row.subject,
              office: row.office,
              account: null,
              severity: row.severity,
              atMs,
            },
          ],
    ),
  );
}

/** Which alerts go into which incident; incidents that are new are made. */
async function findJoins(db: Db, opened: readonly AlertEvent[], nowMs: Instant) {
  const kinds = new Set<AlertKindName>();
  for (const { kind } of opened) {
    if (kind === 'feed-outage') kinds.add('silent').add('phone-off');
    if (kind === 'silent' || kind === 'phone-off') kinds.add('feed-outage');
    if (DUE.has(kind)) kinds.add(kind);
  }
  const startMs = Math.min(...opened.map(({ startedAtMs }) => startedAtMs));
  const subjects = [...new Set(opened.map(({ subject }) => subject))];
  const rows = await listGroupable(db, subjects, new Date(startMs - REACH_MS), [...kinds]);
  const pool = new Map(
    rows.map((row) => [
      row.alert,
      {
        alert: row.alert,
        subject: row.subject,
        kind: row.kind as AlertKindName,
        device: row.device,
        feed: row.feed,
        startedAtMs: row.started_at.getTime(),
        clearedAtMs: row.cleared_at?.getTime() ?? null,
        incident: row.incident,
        incidentCause: row.cause as Cause | null,
        incidentFixed: row.incident_fixed,
      } satisfies GroupedAlert,
    ]),
  );
  const joins: { alert: string; incident: string; cause: string }[] = [];
  const inOrder = [...opened].sort((a, b) => a.startedAtMs - b.startedAtMs || (a.alert < b.alert ? -1 : 1));
  // A flood must not compare all with all: beside the own subject's, a dark one can only belong to an outage of its feed (whose
  // subject the feed is), an outage to the dark ones of that feed, and a missed moment to those who missed the same.
  const ofSubject = Map.groupBy(pool.keys(), (id) => pool.get(id)?.subject ?? '');
  const ofFeed = Map.groupBy(pool.keys(), (id) => pool.get(id)?.feed ?? '');
  const momentOf = ({ kind, startedAtMs }: GroupedAlert) => (DUE.has(kind) ? `${kind} ${startedAtMs}` : '');
  const ofMoment = Map.groupBy(pool.values(), momentOf);
  for (const { alert } of inOrder) {
    const fresh = pool.get(alert);
    if (fresh === undefined) continue;
    const { subject, feed, kind } = fresh;
    const beside =
      kind === 'feed-outage' ? ofFeed.get(subject) : feed === null ? undefined : ofSubject.get(feed);
    const moment = DUE.has(kind) ? (ofMoment.get(momentOf(fresh)) ?? []).map((one) => one.alert) : [];
    const near = new Set([...(ofSubject.get(subject) ?? []), ...(beside ?? []), ...moment]);
    const others = [...near].flatMap((id) => pool.get(id) ?? []);
    const join = joinOf(fresh, others);
    if (join === null) continue;
    const incident = join.incident ?? newIncidentId();
    if (join.incident === null) {
      const isOne = join.alerts.every((id) => pool.get(id)?.subject === fresh.subject);
      await makeIncident(db, incident, isOne ? fresh.subject : null, join.cause, MACHINE, new Date(nowMs));
    }
    for (const id of join.alerts) {
      const joined = pool.get(id);
      if (joined !== undefined) pool.set(id, { ...joined, incident, incidentCause: join.cause });
      joins.push({ alert: id, incident, cause: join.cause });
    }
  }
  return joins;
}

/** Whoever was said to have done what the evidence no longer shows must not go on counting: an officer decides anew. */
async function reopenRetracted(db: Db, alerts: readonly string[], nowMs: Instant): Promise<void> {
  for (const row of await lockAlertsWork(db, [...alerts])) {
    if (row.stage !== 'closed' || row.disposition !== 'confirmed-violation') continue;
    const by = {
      account: MACHINE,
      atMs: nowMs,
      note: '后到的数据已撤回该告警，须重新认定。The evidence was taken back.',
    };
    const done = await workOnLocked(db, row, { do: 'reopen' }, by);
    if (!done.ok)
      throw new Error(`alert ${row.alert} is closed and can not be reopened: ${done.error.message}`);
  }
}
