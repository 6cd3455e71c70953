/** `subjects`, their last known whereabouts and their recorded track. */
import { type Static, Type } from 'typebox';
import { told } from '../../../src/kernel/fault.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import type { LastKnown } from '../../../src/ports/live-state.ts';
import { listMasks } from '../../../src/store/identities.ts';
import { listClocks } from '../../../src/store/legal-clocks.ts';
import { findSubject, listSubjects } from '../../../src/store/roster-views.ts';
import { listTrack } from '../../../src/store/tracks.ts';
import { audit, Reason, reasonOf } from '../audit.ts';
import { type Action, type Actor, can } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import type { LiveBoard } from '../live-board.ts';
import { Problem } from '../problem.ts';
import { Clock, toClock } from './legal-clocks.ts';
import {
  answers,
  Cursor,
  decodeCursor,
  encodeCursor,
  Grade,
  Id,
  instantOrNull,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readTime,
  Time,
  toPage,
} from './schemas.ts';
import { LegalTypeName, Subject, toSubject } from './subject-items.ts';

const Whereabouts = Type.Object({
  device: Nullable(Type.String()),
  at: Nullable(Time),
  lat: Nullable(Type.Number()),
  lon: Nullable(Type.Number()),
  accuracyM: Nullable(Type.Number()),
  speedMps: Nullable(Type.Number()),
  method: Nullable(Type.String()),
  batteryPct: Nullable(Type.Number()),
  heardAt: Nullable(Time),
  off: Type.Boolean(),
});
const SubjectInFull = Type.Object({
  ...Subject.properties,
  profile: Type.Record(Type.String(), Type.Unknown(), { description: 'The entry of roster.json' }),
  lastKnown: Nullable(Whereabouts),
  clocks: Type.Array(Clock, { description: 'What is due, by which article; the earliest first' }),
});
const Fix = Type.Object({
  at: Time,
  receivedAt: Time,
  device: Type.String(),
  lat: Type.Number(),
  lon: Type.Number(),
  accuracyM: Nullable(Type.Number()),
  speedMps: Nullable(Type.Number()),
  batteryPct: Nullable(Type.Number()),
  method: Nullable(Type.String()),
  mock: Nullable(Type.Boolean()),
});

/** A longer look would be a report: it goes page by page, and no further than this at once. */
const MAX_TRACK_DAYS = 31;
const MAX_CLOCKS = 100;

export function registerSubjectRoutes(
  app: App,
  deps: { readonly database: Database; readonly liveBoard: Pick<LiveBoard, 'lastKnown'>; now(): Instant },
): void {
  const db = deps.database;
  const tags = ['subjects'];

  app.get(
    '/api/v1/subjects',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'Subjects by id',
        querystring: Type.Object({
          organisation: OrganisationPath,
          text: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the id or the name' })),
          state: Type.Optional(
            Type.Enum(['current', 'ended', 'all'], { default: 'current', description: '在册, 已解矫, all' }),
          ),
          grade: Type.Optional(Grade),
          legalType: Type.Optional(LegalTypeName),
          category: Type.Optional(Id),
          officer: Type.Optional(Type.String({ maxLength: 256, description: '责任人' })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: answers(Page(Subject)),
      },
    },
    async (request) => {
      const { organisation, text, state = 'current', grade, legalType, category, officer } = request.query;
      const { cursor, limit = 100 } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const { actor } = callerOf(request);
      const rows = await listSubjects(
        db,
        actor.organisation,
        organisation ?? '',
        text || null,
        after,
        limit + 1,
        actor.minors,
        state === 'all' ? null : state === 'ended',
        grade ?? null,
        legalType ?? null,
        category ?? null,
        officer ?? null,
      );
      const masks = await masksOf(rows);
      return toPage(
        rows,
        limit,
        (row) => toSubject(row, masks),
        (last) => encodeCursor(last.id),
      );
    },
  );

  app.get(
    '/api/v1/subjects/:id',
    {
      config: { action: 'subjects.read' },
      schema: {
        tags,
        summary: 'One subject with the profile and what was last known',
        params: Type.Object({ id: Id }),
        response: answers(SubjectInFull),
      },
    },
    async (request) => {
      const row = await findSeen(callerOf(request).actor, 'subjects.read', request.params.id);
      const { contacts = [] } = row.profile as { contacts?: readonly unknown[] };
      // The profile says whom to call, by which number, and beside it stands where the subject is (PIPL 28, 51).
      await audit(db, request, {
        action: 'subject.read',
        subject: row.id,
        office: row.office,
        detail: { numbers: contacts.length },
      });
      const known = deps.liveBoard.lastKnown(row.id);
      return {
        ...toSubject(row, await masksOf([row])),
        profile: row.profile as Record<string, unknown>,
        lastKnown: known === undefined ? null : toWhereabouts(known),
        clocks: await clocksOf(row.id),
      };
    },
  );

  app.get(
    '/api/v1/subjects/:id/track',
    {
      config: { action: 'tracks.read' },
      schema: {
        tags,
        summary: 'Recorded fixes by the time the device took them',
        params: Type.Object({ id: Id }),
        querystring: Type.Object({
          from: Type.String({ description: 'Inclusive, with its zone' }),
          to: Type.String({ description: `Exclusive; at most ${MAX_TRACK_DAYS} days after from` }),
          reason: Reason,
          cursor: Cursor,
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 2000 })),
        }),
        response: answers(Page(Fix)),
      },
    },
    async (request) => {
      const { cursor, limit = 2000 } = request.query;
      const fromMs = readTime('from', request.query.from);
      const toMs = readTime('to', request.query.to);
      if (toMs < fromMs) throw new Problem('bad-request', told('to-before-from'));
      if (toMs - fromMs > MAX_TRACK_DAYS * 86_400_000)
        throw new Problem('bad-request', told('track-days', { days: MAX_TRACK_DAYS }));
      const { actor } = callerOf(request);
      const subject = await findSeen(actor, 'tracks.read', request.params.id);
      const reason = reasonOf(request, request.query.reason);
      const [afterAt, afterDevice = '', afterSequence = '0'] =
        cursor === undefined ? [undefined] : decodeCursor(cursor, 3);
      await audit(db, request, {
        action: 'track.read',
        subject: subject.id,
        office: subject.office,
        reason,
        detail: { from: new Date(fromMs), to: new Date(toMs) },
      });
      const rows = await listTrack(
        db,
        subject.id,
        new Date(fromMs),
        new Date(toMs),
        afterAt === undefined ? null : new Date(readTime('cursor', afterAt)),
        afterDevice,
        afterSequence,
        limit + 1,
      );
      return toPage(rows, limit, toFix, (last) =>
        encodeCursor(last.at.toISOString(), last.device, last.sequence),
      );
    },
  );

  async function clocksOf(subject: string): Promise<Static<typeof Clock>[]> {
    const nowMs = deps.now();
    const rows = await listClocks(
      db,
      '',
      '',
      new Date(nowMs),
      subject,
      null,
      null,
      null,
      '',
      '',
      '',
      MAX_CLOCKS,
    );
    return rows.map((clock) => toClock(clock, nowMs));
  }

  async function masksOf(rows: readonly { readonly id: string }[]): Promise<ReadonlyMap<string, string>> {
    const found = await listMasks(
      db,
      rows.map(({ id }) => id),
    );
    return new Map(found.map(({ subject, mask }) => [subject, mask]));
  }

  async function findSeen(actor: Actor, action: Action, id: string) {
    const [row] = await findSubject(db, id);
    if (row === undefined || !can(actor, action, row.office, row.minor)) throw new Problem('not-found');
    return row;
  }
}

type TrackRow = Awaited<ReturnType<typeof listTrack>>[number];

function toWhereabouts({ subject: _, atMs, heardMs, ...rest }: LastKnown): Static<typeof Whereabouts> {
  return { ...rest, at: instantOrNull(atMs), heardAt: instantOrNull(heardMs) };
}

function toFix(row: TrackRow): Static<typeof Fix> {
  return {
    at: row.at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    device: row.device,
    lat: row.lat,
    lon: row.lon,
    accuracyM: row.accuracy_m,
    speedMps: row.speed_mps,
    batteryPct: row.battery_pct,
    method: row.method,
    mock: row.mock,
  };
}
