/**
 * After each change of what was decided about subjects, in the same transaction: their profiles in the tables and on the way to the log,
 * and their legal clocks.
 */
import { formatInstant, type Instant } from '../kernel/instant.ts';
import { encodeLogEvent } from '../kernel/log-line.ts';
import type { Permit, Schedule, SubjectProfile } from '../kernel/roster.ts';
import { decodeSubjectProfile, encodeSubjectProfile } from '../kernel/roster-file.ts';
import { createWallClock, type WallClock } from '../kernel/wall-clock.ts';
import type { Db } from '../ports/database.ts';
import { listDates, markSettled, replaceClocks } from '../store/legal-clocks.ts';
import { addToOutbox } from '../store/outbox.ts';
import { listApprovedPermits } from '../store/permits.ts';
import { listTerms } from '../store/positioning-orders.ts';
import {
  clearDevices,
  findDocument,
  insertDevices,
  lockRoster,
  notifyRoster,
  ROSTER_LOCK,
  upsertSubjects,
} from '../store/roster.ts';
import { findSubject } from '../store/roster-views.ts';
import { clocksOf, NO_DATES, type SupervisionDates } from './clocks.ts';
import type { Term } from './positioning-order.ts';
import { asJudged, type Decided, permitIdOf, withDecided } from './profile.ts';
import { type RecurrentLeave, withRecurrent } from './recurrent-leave.ts';

const DEFAULT_ZONE = 'Asia/Shanghai';
const NOTHING: Decided = { permits: [], terms: new Map() };

/** The roster's days and times of day. */
export async function rosterWall(db: Db): Promise<WallClock> {
  const calendar = (await findDocument(db, 'calendar'))[0]?.document as { timeZone?: string } | undefined;
  return createWallClock(calendar?.timeZone ?? DEFAULT_ZONE);
}

interface Found {
  readonly permits: Permit[];
  readonly terms: Map<string, (Term & { readonly ground: string })[]>;
}

/** What was decided about each of the named subjects. */
export async function decidedAbout(
  db: Db,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, Decided>> {
  const found = new Map<string, Found>();
  const of = (subject: string) => {
    const known: Found = found.get(subject) ?? { permits: [], terms: new Map() };
    found.set(subject, known);
    return known;
  };
  for (const row of await listApprovedPermits(db, subjects)) {
    if (row.kind !== 'leave') continue;
    of(row.subject).permits.push({
      id: permitIdOf(row.id),
      fromMs: row.from_at.getTime(),
      untilMs: row.until_at.getTime(),
      destination: row.zone,
      returnedAtMs: row.returned_at?.getTime() ?? null,
    });
  }
  for (const { subject, device, ground, from_at, until_at } of await listTerms(db, subjects)) {
    const { terms } = of(subject);
    const term = { ground, fromMs: from_at.getTime(), untilMs: until_at.getTime() };
    terms.set(device, [...(terms.get(device) ?? []), term]);
  }
  return found;
}

export function withAll(
  profiles: readonly SubjectProfile[],
  decided: ReadonlyMap<string, Decided>,
  nowMs: Instant,
): SubjectProfile[] {
  return profiles.map((profile) => withDecided(profile, decided.get(profile.id) ?? NOTHING, nowMs));
}

/** Of the named subjects: what the log is told of a stored profile. */
export async function judgedAs(
  db: Db,
  subjects: readonly string[],
): Promise<(profile: SubjectProfile, nowMs: Instant) => SubjectProfile> {
  const ends = new Map(
    (await listDates(db, subjects)).map((row) => [row.subject, row.collects_until?.getTime() ?? null]),
  );
  const leaves = new Map<string, RecurrentLeave[]>();
  for (const { subject, kind, zone, schedule, from_at, until_at } of await listApprovedPermits(
    db,
    subjects,
  )) {
    if (kind !== 'recurrent' || zone === null) continue;
    const leave = {
      zone,
      // Written by the permit desk.
      schedule: schedule as Schedule | null,
      fromMs: from_at.getTime(),
      untilMs: until_at.getTime(),
    };
    leaves.set(subject, [...(leaves.get(subject) ?? []), leave]);
  }
  return (profile, nowMs) =>
    asJudged(
      withRecurrent(profile, leaves.get(profile.id) ?? [], nowMs),
      ends.get(profile.id) ?? null,
      nowMs,
    );
}

/** Works the clocks of these subjects out anew. */
export async function setClocks(db: Db, profiles: readonly SubjectProfile[]): Promise<void> {
  const ids = profiles.map(({ id }) => id);
  const wall = await rosterWall(db);
  const dates = new Map((await listDates(db, ids)).map((row) => [row.subject, datesOf(row)]));
  const rows = profiles.flatMap((profile) =>
    clocksOf(profile, dates.get(profile.id) ?? NO_DATES, wall).map((clock) => ({
      subject: profile.id,
      kind: clock.kind,
      stage: clock.stage,
      about: clock.about,
      opens_at: formatInstant(clock.opensMs),
      due_at: clock.dueMs === null ? null : formatInstant(clock.dueMs),
      closes_at: clock.closesMs === null ? null : formatInstant(clock.closesMs),
      article: clock.article.zh,
      article_en: clock.article.en,
      measures: clock.measures,
    })),
  );
  await replaceClocks(db, ids, JSON.stringify(rows));
}

export function datesOf(row: Awaited<ReturnType<typeof listDates>>[number]): SupervisionDates {
  return {
    effectiveOn: row.effective_on,
    reportedOn: row.reported_on,
    lostSinceMs: row.lost_since?.getTime() ?? null,
    endsOn: row.ends_on,
    endedMs: row.ended_at?.getTime() ?? null,
  };
}

/** The record shows the day by which the clocks go. */
function withLastDay(profile: SubjectProfile, endsOn: string | null | undefined): SubjectProfile {
  const { record } = profile;
  if (record === undefined || endsOn === null || endsOn === undefined) return profile;
  return { ...profile, record: { ...record, until: endsOn } };
}

/** Of one subject: the caller has changed a permit, an order or a date in this transaction. */
export async function settleSubject(db: Db, subject: string, nowMs: Instant): Promise<void> {
  // Their lines must stand in the outbox in the order in which they are committed.
  await lockRoster(db, ROSTER_LOCK);
  const [row] = await findSubject(db, subject);
  if (row === undefined) throw new Error(`there is no subject ${subject}`);
  const decoded = decodeSubjectProfile(row.profile);
  if (!decoded.ok) throw new Error(`the profile of ${subject} can't be read: ${decoded.error[0]?.message}`);
  const profile = withDecided(
    decoded.value,
    (await decidedAbout(db, [subject])).get(subject) ?? NOTHING,
    nowMs,
  );
  const [dates] = await listDates(db, [subject]);
  const { id, name, office, grade } = profile;
  const entry = {
    id,
    name,
    office,
    grade,
    profile: encodeSubjectProfile(withLastDay(profile, dates?.ends_on)),
  };
  const isChanged = (await upsertSubjects(db, JSON.stringify([entry]))).length > 0;
  if (isChanged && JSON.stringify(profile.devices) !== JSON.stringify(decoded.value.devices)) {
    await clearDevices(db, [id]);
    await insertDevices(db, [id]);
  }
  const judged = (await judgedAs(db, [id]))(profile, nowMs);
  await addToOutbox(db, [id], [encodeLogEvent({ type: 'profile', atMs: nowMs, profile: judged })]);
  await markSettled(db, id, new Date(nowMs));
  await setClocks(db, [profile]);
  // The intake goes by the dates too, which no profile carries.
  await notifyRoster(db, '');
}
