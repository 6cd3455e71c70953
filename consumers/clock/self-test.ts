/** After a tick: what the self-test's subjects do now, written as everything else about people is. The lines are made purely. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Position, ProfileChange, ZoneChange } from '../../src/kernel/log-event.ts';
import { encodeLogEvent } from '../../src/kernel/log-line.ts';
import type { SubjectProfile } from '../../src/kernel/roster.ts';
import {
  SELF_TEST_STEPS,
  SELF_TEST_ZONE,
  selfTestPeriodMs,
  selfTestSubject,
} from '../../src/kernel/self-test.ts';
import type { Db } from '../../src/ports/database.ts';
import { addToOutbox } from '../../src/store/outbox.ts';

export interface SelfTestLine {
  readonly key: string | null;
  readonly line: string;
}

/** In the Atlantic on the equator, where nobody is watched. */
const PLACE = { lat: 0, lon: -30 };
const RADIUS_M = 50;
/** 300 m to the north: as far as somebody on foot or in a car may be at the next fix, so no rule doubts the fix itself. */
const OUTSIDE_LAT = 0.0027;
const ACCURACY_M = 5;
/** The steps that are outside: two, so that a jump that the filter sets aside at first is believed at the second. */
const FIRST_OUTSIDE = 3;

/** None between two steps. With the first step of a test come its zone and profiles, which change nothing where they are known. */
export function selfTestLines(
  partitions: number,
  selfTestS: number,
  tickMs: Instant,
  everyMs: number,
): SelfTestLine[] {
  const stepMs = selfTestPeriodMs(selfTestS, everyMs) / SELF_TEST_STEPS;
  const step = Math.floor(tickMs / stepMs);
  if (step === Math.floor((tickMs - everyMs) / stepMs)) return [];
  const place = step % SELF_TEST_STEPS;
  const subjects = Array.from({ length: partitions }, (_, partition) =>
    selfTestSubject(partition, partitions),
  );
  const fixes = subjects.map((subject) => ({
    key: subject,
    line: encodeLogEvent(fixOf(subject, tickMs, place >= FIRST_OUTSIDE)),
  }));
  if (place > 0) return fixes;
  const rules = subjects.map((subject) => ({
    key: subject,
    line: encodeLogEvent(profileOf(subject, tickMs, stepMs)),
  }));
  return [{ key: null, line: encodeLogEvent(zoneAt(tickMs)) }, ...rules, ...fixes];
}

/** To the log by the outbox, in order with what the roster says. */
export async function writeSelfTests(
  database: Db,
  partitions: number,
  selfTestS: number,
  tickMs: Instant,
  everyMs: number,
): Promise<void> {
  const lines = selfTestLines(partitions, selfTestS, tickMs, everyMs);
  if (lines.length === 0) return;
  await addToOutbox(
    database,
    lines.map(({ key }) => key),
    lines.map(({ line }) => line),
  );
}

function fixOf(subject: string, atMs: Instant, isOutside: boolean): Position {
  return {
    type: 'position',
    subject,
    device: deviceOf(subject),
    atMs,
    receivedMs: atMs,
    lat: PLACE.lat + (isOutside ? OUTSIDE_LAT : 0),
    lon: PLACE.lon,
    accuracyM: ACCURACY_M,
    method: 'gnss',
  };
}

function zoneAt(atMs: Instant): ZoneChange {
  const { lat, lon } = PLACE;
  return {
    type: 'zone',
    atMs,
    zone: {
      id: SELF_TEST_ZONE,
      name: null,
      radiusM: RADIUS_M,
      widthM: null,
      geometry: { type: 'Point', coordinates: [lon, lat] },
    },
  };
}

function profileOf(subject: string, atMs: Instant, stepMs: number): ProfileChange {
  const profile: SubjectProfile = {
    id: subject,
    name: subject,
    office: '',
    grade: 'standard',
    devices: [
      {
        id: deviceOf(subject),
        kind: 'phone',
        // Of no feed: it counts for none.
        feed: null,
        intervalS: Math.ceil(stepMs / 1000),
        fromMs: 0,
        untilMs: null,
        protocol: null,
        address: null,
        order: null,
      },
    ],
    zones: [{ zone: SELF_TEST_ZONE, rule: 'stay-in', bufferM: 0, schedule: null }],
    curfews: [],
    checkins: [],
    permits: [],
    noContact: [],
  };
  return { type: 'profile', atMs, profile };
}

const deviceOf = (subject: string) => `${subject}:device`;
