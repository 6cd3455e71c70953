/**
 * `roster.json` and its parts as JSON: decoding with every fault listed by path, and encoding. Absent fields mean none.
 * Contract: design.md, "wardline replay".
 */
import { CONTACTS } from './casework.ts';
import {
  collectFaults,
  type Faults,
  isObject,
  type Json,
  join,
  readArray,
  readChoice,
  readInstant,
  readNumber,
  readObject,
  readOptionalInstant,
  readOptionalText,
  readText,
  show,
} from './field.ts';
import { formatInstant, type Instant } from './instant.ts';
import { fail, ok, type Refusal, type Result } from './result.ts';
import type {
  Calendar,
  CheckinWindow,
  Curfew,
  Device,
  Muster,
  Permit,
  PositioningOrder,
  Roster,
  Schedule,
  SubjectContact,
  SubjectProfile,
  ZoneAssignment,
} from './roster.ts';
import { EVERY_DAY } from './roster.ts';
import {
  encodePin,
  findDuplicateTerminals,
  readPin,
  readTerminal,
  readTimeZone,
} from './roster-terminals.ts';
import { encodeRecord, readRecord } from './subject-record.ts';

const DEFAULT_TIME_ZONE = 'Asia/Shanghai';
const DEFAULT_INTERVAL_S = 300;
const ANY_BUFFER_M = { min: 0, max: 100_000 };
const ANY_INTERVAL_S = { min: 1, max: 7 * 86_400 };

export function decodeRoster(json: unknown): Result<Roster, Refusal[]> {
  const faults = collectFaults();
  const file = readObject(json, '', faults);
  if (file === undefined) return fail(faults.list);
  const subjects = readArray(file, 'subjects', '', faults).map((entry, i) =>
    readSubject(entry, `subjects[${i}]`, faults),
  );
  const musters = readArray(file, 'musters', '', faults).map((entry, i) =>
    readMuster(entry, `musters[${i}]`, faults),
  );
  const terminals = readArray(file, 'terminals', '', faults).map((entry, i) =>
    readTerminal(entry, `terminals[${i}]`, faults),
  );
  const calendar = readCalendar({ days: file.calendar, timeZone: file.timeZone }, 'calendar', faults);
  findDuplicates(subjects, faults);
  findDuplicateTerminals(terminals, faults);
  const roster =
    terminals.length === 0 ? { subjects, musters, calendar } : { subjects, musters, calendar, terminals };
  return faults.list.length > 0 ? fail(faults.list) : ok(roster);
}

export function decodeSubjectProfile(json: unknown, where = ''): Result<SubjectProfile, Refusal[]> {
  const faults = collectFaults();
  const profile = readSubject(json, where, faults);
  return faults.list.length > 0 ? fail(faults.list) : ok(profile);
}

/** `{days, timeZone}`; in `roster.json` the two stand apart as `calendar` and `timeZone`. */
export function decodeCalendar(json: unknown): Result<Calendar, Refusal[]> {
  const faults = collectFaults();
  const calendar = readCalendar(readObject(json, '', faults) ?? {}, '', faults);
  return faults.list.length > 0 ? fail(faults.list) : ok(calendar);
}

function readSubject(json: unknown, where: string, faults: Faults): SubjectProfile {
  const entry = readObject(json, where, faults) ?? {};
  const list = <T>(key: string, read: (item: Json, at: string) => T): T[] =>
    readArray(entry, key, where, faults).map((item, i) => {
      const at = `${join(where, key)}[${i}]`;
      return read(readObject(item, at, faults) ?? {}, at);
    });
  const id = readText(entry, 'id', where, faults);
  const pins = list('pins', (item, at) => readPin(item, at, faults));
  const contacts = list(
    'contacts',
    (item, at): SubjectContact => ({
      whom: readChoice(item, 'whom', CONTACTS, at, faults),
      name: readOptionalText(item, 'name', at, faults) ?? '',
      phone: readText(item, 'phone', at, faults),
    }),
  );
  return {
    id,
    ...(pins.length === 0 ? {} : { pins }),
    name: readOptionalText(entry, 'name', where, faults) ?? id,
    office: readOptionalText(entry, 'office', where, faults) ?? '',
    grade: readChoice(entry, 'grade', ['strict', 'standard', 'relaxed'], where, faults, 'standard'),
    devices: list('devices', (item, at) => readDevice(item, at, faults)),
    zones: list('zones', (item, at) => readAssignment(item, at, faults)),
    curfews: list(
      'curfews',
      (item, at): Curfew => ({ zone: readText(item, 'zone', at, faults), ...readSchedule(item, at, faults) }),
    ),
    checkins: list(
      'checkins',
      (item, at): CheckinWindow => ({
        id: readText(item, 'id', at, faults),
        ...readSchedule(item, at, faults),
      }),
    ),
    permits: list('permits', (item, at) => readPermit(item, at, faults)),
    noContact: readArray(entry, 'noContact', where, faults).map((item, i) =>
      readText({ id: item }, 'id', `${join(where, 'noContact')}[${i}]`, faults),
    ),
    ...(readMinor(entry, where, faults) ? { minor: true as const } : {}),
    ...(entry.record === undefined || entry.record === null
      ? {}
      : { record: readRecord(entry.record, join(where, 'record'), faults) }),
    ...(contacts.length === 0 ? {} : { contacts }),
  };
}

function readMinor(entry: Json, where: string, faults: Faults): boolean {
  const { minor = false } = entry;
  if (typeof minor !== 'boolean') faults.add('unknown-value', join(where, 'minor'), 'must be true or false');
  return minor === true;
}

function readDevice(item: Json, at: string, faults: Faults): Device {
  const order = item.order;
  const fromMs = readInstant(item, 'from', at, faults, 0);
  const untilMs = readOptionalInstant(item, 'until', at, faults);
  checkOrder(fromMs, untilMs, at, faults);
  return {
    id: readText(item, 'id', at, faults),
    kind: readChoice(item, 'kind', ['phone', 'wristband'], at, faults),
    feed: readOptionalText(item, 'feed', at, faults),
    intervalS: readNumber(item, 'intervalS', ANY_INTERVAL_S, at, faults, DEFAULT_INTERVAL_S),
    fromMs,
    untilMs,
    protocol:
      item.protocol === undefined || item.protocol === null
        ? null
        : readChoice(
            item,
            'protocol',
            ['jt808', 'watch', 'osmand', 'owntracks', 'zkteco', 'mlp'],
            at,
            faults,
          ),
    address: readOptionalText(item, 'address', at, faults),
    ...readTimeZone(item, at, faults),
    order:
      order === undefined || order === null
        ? null
        : readPositioningOrder(readObject(order, join(at, 'order'), faults) ?? {}, join(at, 'order'), faults),
  };
}

function readPositioningOrder(item: Json, at: string, faults: Faults): PositioningOrder {
  const fromMs = readInstant(item, 'from', at, faults);
  const untilMs = readInstant(item, 'until', at, faults);
  checkOrder(fromMs, untilMs, at, faults);
  return { ground: readText(item, 'ground', at, faults), fromMs, untilMs };
}

function readAssignment(item: Json, at: string, faults: Faults): ZoneAssignment {
  const schedule = item.schedule;
  return {
    zone: readText(item, 'zone', at, faults),
    rule: readChoice(item, 'rule', ['stay-in', 'keep-out'], at, faults),
    bufferM: readNumber(item, 'bufferM', ANY_BUFFER_M, at, faults, 0),
    schedule:
      schedule === undefined || schedule === null
        ? null
        : readSchedule(
            readObject(schedule, join(at, 'schedule'), faults) ?? {},
            join(at, 'schedule'),
            faults,
          ),
  };
}

const HH_MM = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;

function readSchedule(item: Json, at: string, faults: Faults): Schedule {
  const given = item.days;
  const days = given === undefined || given === null ? EVERY_DAY : readArray(item, 'days', at, faults);
  for (const day of days) {
    if (typeof day !== 'number' || !Number.isInteger(day) || day < 1 || day > 7) {
      faults.add(
        'out-of-range',
        join(at, 'days'),
        `days are whole numbers from 1 (Monday) to 7 (Sunday), not ${show(day)}`,
      );
    }
  }
  return {
    days: days as readonly number[],
    from: readClock(item, 'from', at, faults),
    to: readClock(item, 'to', at, faults),
  };
}

function readClock(item: Json, key: string, at: string, faults: Faults): string {
  const value = readText(item, key, at, faults);
  if (value !== '' && !HH_MM.test(value))
    faults.add('bad-time', join(at, key), `must be a time of day such as 22:00, not ${show(value)}`);
  return value;
}

function readPermit(item: Json, at: string, faults: Faults): Permit {
  const fromMs = readInstant(item, 'from', at, faults);
  const untilMs = readInstant(item, 'until', at, faults);
  checkOrder(fromMs, untilMs, at, faults);
  return {
    id: readText(item, 'id', at, faults),
    fromMs,
    untilMs,
    destination: readOptionalText(item, 'destination', at, faults),
    returnedAtMs: readOptionalInstant(item, 'returnedAt', at, faults),
  };
}

/** As on the log. */
export function decodeMuster(json: unknown): Result<Muster, Refusal[]> {
  const faults = collectFaults();
  const muster = readMuster(json, 'muster', faults);
  return faults.list.length > 0 ? fail(faults.list) : ok(muster);
}

export function encodeMuster({ id, zone, fromMs, untilMs, subjects, excused }: Muster): Json {
  return { id, zone, from: formatInstant(fromMs), until: formatInstant(untilMs), subjects, excused };
}

function readMuster(json: unknown, at: string, faults: Faults): Muster {
  const item = readObject(json, at, faults) ?? {};
  const ids = (key: string) =>
    readArray(item, key, at, faults).map((id, i) => readText({ id }, 'id', `${join(at, key)}[${i}]`, faults));
  const fromMs = readInstant(item, 'from', at, faults);
  const untilMs = readInstant(item, 'until', at, faults);
  checkOrder(fromMs, untilMs, at, faults);
  return {
    id: readText(item, 'id', at, faults),
    zone: readText(item, 'zone', at, faults),
    fromMs,
    untilMs,
    subjects: ids('subjects'),
    excused: ids('excused'),
  };
}

function readCalendar(json: Json, where: string, faults: Faults): Calendar {
  const timeZone = readOptionalText(json, 'timeZone', where, faults) ?? DEFAULT_TIME_ZONE;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    faults.add(
      'unknown-value',
      'timeZone',
      `must be an IANA time zone such as ${DEFAULT_TIME_ZONE}, not ${show(timeZone)}`,
    );
  }
  const days: Record<string, 'holiday' | 'workday'> = {};
  const given = json.days ?? {};
  if (!isObject(given))
    faults.add('not-an-object', where, `must map days to holiday or workday, not ${show(given)}`);
  else {
    for (const day of Object.keys(given)) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day))
        faults.add('bad-time', join(where, day), 'the key must be a day such as 2026-10-01');
      days[day] = readChoice(given, day, ['holiday', 'workday'], where, faults);
    }
  }
  return { days, timeZone };
}

function checkOrder(fromMs: Instant, untilMs: Instant | null, at: string, faults: Faults): void {
  if (untilMs !== null && untilMs < fromMs) faults.add('out-of-range', join(at, 'until'), 'lies before from');
}

/** One subject stands once; one device belongs to one subject at a time, else a fix could not be told whose it is. */
function findDuplicates(subjects: readonly SubjectProfile[], faults: Faults): void {
  const seen = new Map<string, number>();
  const assigned = new Map<string, { where: string; fromMs: Instant; untilMs: Instant }[]>();
  subjects.forEach((subject, i) => {
    const first = seen.get(subject.id);
    if (first !== undefined)
      faults.add(
        'duplicate-id',
        `subjects[${i}].id`,
        `${show(subject.id)} stands already at subjects[${first}]`,
      );
    seen.set(subject.id, i);
    subject.devices.forEach((device, j) => {
      const where = `subjects[${i}].devices[${j}].id`;
      const others = assigned.get(device.id) ?? [];
      const untilMs = device.untilMs ?? Number.POSITIVE_INFINITY;
      const clash = others.find((other) => device.fromMs < other.untilMs && other.fromMs < untilMs);
      if (clash !== undefined)
        faults.add(
          'duplicate-id',
          where,
          `${show(device.id)} is assigned at the same time by ${clash.where}`,
        );
      others.push({ where, fromMs: device.fromMs, untilMs });
      assigned.set(device.id, others);
    });
  });
}

/** Every zone that the roster names must be there. */
export function findUnknownZones(roster: Roster, zones: ReadonlySet<string>): Refusal[] {
  const faults = collectFaults();
  const check = (zone: string | null, where: string) => {
    if (zone !== null && !zones.has(zone))
      faults.add(
        'unknown-reference',
        where,
        `there is no zone ${show(zone)} that can bind anybody: add it to the zones file`,
      );
  };
  roster.subjects.forEach((subject, i) => {
    subject.zones.forEach((item, j) => check(item.zone, `subjects[${i}].zones[${j}].zone`));
    subject.curfews.forEach((item, j) => check(item.zone, `subjects[${i}].curfews[${j}].zone`));
    subject.permits.forEach((item, j) => check(item.destination, `subjects[${i}].permits[${j}].destination`));
  });
  roster.musters.forEach((muster, i) => check(muster.zone, `musters[${i}].zone`));
  return faults.list;
}

const instantOrNull = (at: Instant | null) => (at === null ? null : formatInstant(at));

export function encodeRoster(roster: Roster): Json {
  return {
    subjects: roster.subjects.map(encodeSubjectProfile),
    musters: roster.musters.map(encodeMuster),
    calendar: roster.calendar.days,
    timeZone: roster.calendar.timeZone,
    ...(roster.terminals === undefined || roster.terminals.length === 0
      ? {}
      : { terminals: roster.terminals }),
  };
}

export function encodeSubjectProfile(subject: SubjectProfile): Json {
  return {
    id: subject.id,
    name: subject.name,
    office: subject.office,
    grade: subject.grade,
    devices: subject.devices.map((device) => ({
      id: device.id,
      kind: device.kind,
      feed: device.feed,
      intervalS: device.intervalS,
      from: formatInstant(device.fromMs),
      until: instantOrNull(device.untilMs),
      ...(device.protocol === null ? {} : { protocol: device.protocol }),
      ...(device.address === null ? {} : { address: device.address }),
      ...(device.timeZone === undefined ? {} : { timeZone: device.timeZone }),
      ...(device.order === null
        ? {}
        : {
            order: {
              ground: device.order.ground,
              from: formatInstant(device.order.fromMs),
              until: formatInstant(device.order.untilMs),
            },
          }),
    })),
    zones: subject.zones,
    curfews: subject.curfews,
    checkins: subject.checkins,
    permits: subject.permits.map((permit) => ({
      id: permit.id,
      from: formatInstant(permit.fromMs),
      until: formatInstant(permit.untilMs),
      destination: permit.destination,
      returnedAt: instantOrNull(permit.returnedAtMs),
    })),
    noContact: subject.noContact,
    ...(subject.pins === undefined || subject.pins.length === 0 ? {} : { pins: subject.pins.map(encodePin) }),
    ...(subject.minor === true ? { minor: true } : {}),
    ...(subject.record === undefined ? {} : { record: encodeRecord(subject.record) }),
    ...(subject.contacts === undefined || subject.contacts.length === 0
      ? {}
      : { contacts: subject.contacts }),
  };
}
