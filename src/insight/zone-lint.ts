/** Zone lint on the running store: who has the zone, how good fixes are there, where they went, and what it would have raised. */
import type { Obligation } from '../../consumers/detector/lint/dead-ground.ts';
import type { Draft } from '../../consumers/detector/lint/draft.ts';
import { withUse } from '../../consumers/detector/lint/draft.ts';
import { type Lint, lint } from '../../consumers/detector/lint/lint.ts';
import { boxAround } from '../../geofences/deepest.ts';
import { type PreparedZone, prepareZone } from '../../geofences/prepare-zone.ts';
import type { Instant } from '../kernel/instant.ts';
import { decodePolicyDocument } from '../kernel/policy-file.ts';
import type { Refusal, Result } from '../kernel/result.ts';
import type { SubjectProfile, ZoneFeature } from '../kernel/roster.ts';
import { decodeCalendar, decodeSubjectProfile } from '../kernel/roster-file.ts';
import { decodeZone } from '../kernel/zone-file.ts';
import type { Database, Reach } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { findDocument } from '../store/roster.ts';
import {
  findZoneFeatures,
  findZoneSeen,
  listObligations,
  listSeen,
  listSome,
  listWay,
  listZoneUsers,
  measureAccuracy,
} from '../store/zone-lint.ts';
import { replayWeek, type WeekWithZone } from './week-with-zone.ts';

export interface ZoneLint extends Lint {
  /** Those that were looked at, of those that have the zone. */
  readonly looked: readonly string[];
  readonly subjects: number;
  /** Null: the shape can't be judged, or nobody has it. */
  readonly week: WeekWithZone | null;
}

export interface ZoneLinter {
  /** Of a zone as it stands; undefined: there is none within reach. */
  lintZone(reach: Reach, zone: string, nowMs: Instant): Promise<ZoneLint | undefined>;
  /** Of a zone as it is meant: for the named subjects, or those who have one of that name already. Those out of reach are left out. */
  lintDraft(reach: Reach, draft: Draft, subjects: readonly string[], nowMs: Instant): Promise<ZoneLint>;
}

const WEEK_MS = 7 * 86_400_000;
/** A county may hold thousands: some of them tell enough. */
const MAX_SUBJECTS = 50;
/** Fixes just outside tell how good fixes are inside. */
const AROUND_M = 200;

export function createZoneLinter({
  database,
  log,
}: {
  readonly database: Database;
  readonly log: ObservationLog;
}): ZoneLinter {
  async function look(
    reach: Reach,
    zone: ZoneFeature,
    all: readonly SubjectProfile[],
    nowMs: Instant,
  ): Promise<ZoneLint> {
    // It binds nobody, whoever is named.
    const isDead = zone.purpose === 'no-signal';
    const profiles = isDead ? [] : all.slice(0, MAX_SUBJECTS);
    const looked = profiles.map(({ id }) => id);
    const shape = prepareZone(zone);
    const [from, to] = [new Date(nowMs - WEEK_MS), new Date(nowMs)];
    const shapes = await shapesOf(profiles, zone.id);
    const accuracy = shape.ok ? await accuracyAt(reach, shape.value, looked, from, to) : null;
    const tracks = new Map<string, { atMs: Instant; lon: number; lat: number }[]>();
    for (const id of looked) {
      const way = await listWay(database, id, from, to);
      tracks.set(
        id,
        way.map(({ at, lon, lat }) => ({ atMs: at.getTime(), lon, lat })),
      );
    }
    const document = async (name: string) => (await findDocument(database, name))[0]?.document ?? {};
    const found = lint({
      zone,
      profiles,
      zoneOf: (id) => shapes.get(id),
      policy: must(decodePolicyDocument(await document('policy'))),
      calendar: must(decodeCalendar(await document('calendar'))),
      nowMs,
      accuracy,
      trackOf: (id) => tracks.get(id) ?? [],
      obligations: isDead ? await obligationsIn(reach) : [],
    });
    const span = { fromMs: nowMs - WEEK_MS, untilMs: nowMs };
    const week = shape.ok && profiles.length > 0 ? await replayWeek(log, zone, profiles, span) : null;
    return { ...found, looked, subjects: isDead ? 0 : all.length, week };
  }

  async function accuracyAt(
    { organisation, minors }: Reach,
    shape: PreparedZone,
    looked: readonly string[],
    from: Date,
    to: Date,
  ) {
    const asked =
      looked.length > 0
        ? looked
        : (await listSome(database, organisation, minors, MAX_SUBJECTS)).map(({ id }) => id);
    const [row] = await measureAccuracy(database, [...asked], from, to, ...boxAround(shape, AROUND_M));
    return row === undefined || row.median_m === null || row.p90_m === null
      ? null
      : { fixes: row.fixes, medianM: row.median_m, p90M: row.p90_m };
  }

  async function obligationsIn({ organisation, minors }: Reach) {
    const rows = await listObligations(database, organisation, minors);
    return rows.flatMap(({ feature, rule, people }) => {
      const shape = prepareZone(must(decodeZone(feature)));
      return shape.ok ? [{ zone: shape.value, rule: rule as Obligation['rule'], people }] : [];
    });
  }

  async function shapesOf(profiles: readonly SubjectProfile[], but: string) {
    const ids = profiles.flatMap(({ zones, curfews }) => [...zones, ...curfews].map(({ zone }) => zone));
    const shapes = new Map<string, PreparedZone>();
    for (const { feature } of await findZoneFeatures(
      database,
      [...new Set(ids)].filter((id) => id !== but),
    )) {
      const shape = prepareZone(must(decodeZone(feature)));
      if (shape.ok) shapes.set(shape.value.id, shape.value);
    }
    return shapes;
  }

  const profilesOf = (rows: readonly { readonly profile: unknown }[]) =>
    rows.map(({ profile }) => must(decodeSubjectProfile(profile)));

  return {
    lintZone: async (reach, id, nowMs) => {
      const { organisation, minors } = reach;
      const [row] = await findZoneSeen(database, organisation, minors, id);
      if (row === undefined) return undefined;
      const users = profilesOf(await listZoneUsers(database, organisation, minors, id));
      return look(reach, must(decodeZone(row.feature)), users, nowMs);
    },
    lintDraft: async (reach, { zone, use }, subjects, nowMs) => {
      const { organisation, minors } = reach;
      const rows =
        subjects.length > 0
          ? await listSeen(database, organisation, minors, [...subjects])
          : await listZoneUsers(database, organisation, minors, zone.id);
      const profiles = profilesOf(rows).map((profile) => withUse(profile, zone.id, use));
      return look(reach, zone, profiles, nowMs);
    },
  };
}

/** What stands in the tables was checked on its way in. */
function must<T>(result: Result<T, Refusal[]>): T {
  if (!result.ok)
    throw new Error(`the store holds what the program can't read: ${JSON.stringify(result.error[0])}`);
  return result.value;
}
