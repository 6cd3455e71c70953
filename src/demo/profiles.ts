/** What the city's people are to the contract: roster entries with devices, orders, permits and zones. Pure. */
import type { Device, SubjectProfile, ZoneAssignment, ZoneFeature } from '../kernel/roster.ts';
import { checkinsOf, pinsOf } from './checkins.ts';
import { COUNTIES } from './counties.ts';
import { exclusionName } from './names.ts';
import type { Office } from './places.ts';
import { toLonLat } from './plane.ts';
import { uniform } from './random.ts';
import { recordOf } from './records.ts';
import type { DemoSubject } from './world.ts';

/** The feed that the wristbands' platform posts to; its token goes with it. */
export const WRISTBAND_FEED = 'demo-wristbands';

const DAY_MS = 86_400_000;
/** Three months, whichever they are, are never less than 89 days (Community Corrections Law art. 29). */
const ORDER_MS = 88 * DAY_MS;
const DEVICES_FROM_MS = Date.UTC(2025, 0, 1);

const GROUNDS = [
  '违反人民法院禁止令',
  '无正当理由，未经批准离开所居住的市、县',
  '拒不按照规定报告自己的活动情况，被给予警告',
  '违反监督管理规定，被给予治安管理处罚',
];

/** Invented places to be on leave at, in the neighbouring cities. */
export const LEAVE_PLACES = [
  { id: 'leave-chaozhou', name: '演示外出地（潮州）', lon: 116.63, lat: 23.67 },
  { id: 'leave-shantou', name: '演示外出地（汕头）', lon: 116.69, lat: 23.37 },
  { id: 'leave-meizhou', name: '演示外出地（梅州）', lon: 116.12, lat: 24.29 },
  { id: 'leave-shanwei', name: '演示外出地（汕尾）', lon: 115.4, lat: 22.83 },
];
const LEAVE_RADIUS_M = 10_000;

/** `renewedMs`: when orders were last renewed; the same within a renewal period. */
export function profileOf(
  person: DemoSubject,
  renewedMs: number,
  seed: number,
  offices: readonly Office[],
): SubjectProfile {
  const { phone, wristband } = person;
  const orderMs = renewedMs - Math.floor((1 + 52 * uniform(seed, person.number, 13)) * DAY_MS);
  const devices: Device[] = [
    {
      id: phone.id,
      kind: 'phone',
      feed: null,
      intervalS: phone.intervalS,
      fromMs: DEVICES_FROM_MS,
      untilMs: null,
      protocol: phone.speaks === 'platform' ? null : phone.speaks,
      address: phone.address,
      order: null,
    },
  ];
  if (wristband !== null) {
    devices.push({
      id: wristband.id,
      kind: 'wristband',
      feed: WRISTBAND_FEED,
      intervalS: wristband.intervalS,
      fromMs: DEVICES_FROM_MS,
      untilMs: null,
      protocol: wristband.speaks === 'jt808' ? 'jt808' : null,
      address: wristband.speaks === 'jt808' ? wristband.address : null,
      order: {
        ground: GROUNDS[person.number % GROUNDS.length] ?? '',
        fromMs: orderMs,
        untilMs: orderMs + ORDER_MS,
      },
    });
  }
  const zones: ZoneAssignment[] = [
    { zone: `county-${person.county.code}`, rule: 'stay-in', bufferM: 0, schedule: null },
  ];
  if (person.exclusion !== null)
    zones.push({ zone: person.exclusion.zone, rule: 'keep-out', bufferM: 0, schedule: null });
  return {
    id: person.id,
    name: person.name,
    office: person.office,
    grade: person.grade,
    devices,
    zones,
    curfews: [],
    checkins: checkinsOf(person),
    permits:
      person.leave === null
        ? []
        : [
            {
              id: `leave-${person.id}-${person.leave.fromMs / DAY_MS}`,
              fromMs: person.leave.fromMs,
              untilMs: person.leave.untilMs,
              destination: person.leave.zone,
              returnedAtMs: null,
            },
          ],
    noContact: [],
    pins: pinsOf(person, offices),
    record: recordOf(person, renewedMs, seed),
    ...(isMinor(person) ? { minor: true as const } : {}),
    contacts: [
      { whom: 'subject', name: person.name, phone: inventedPhone('0000', person.number) },
      { whom: 'guarantor', name: `${person.name}之保证人`, phone: inventedPhone('0001', person.number) },
      { whom: 'office', name: '演示司法所', phone: inventedPhone('0002', 0) },
    ],
  };
}

/** No number of any network begins so. */
const inventedPhone = (part: string, number: number) => `000-${part}-${String(number).padStart(4, '0')}`;

/** A few, so that the demo shows who sees them and who does not. */
const isMinor = ({ role, number }: DemoSubject) => role === 'ordinary' && number % 60 === 7;

export function zonesOf(people: readonly DemoSubject[]): ZoneFeature[] {
  return [
    ...COUNTIES.map(
      ({ code, name, coordinates }): ZoneFeature => ({
        id: `county-${code}`,
        name,
        radiusM: null,
        widthM: null,
        geometry: { type: 'Polygon', coordinates },
      }),
    ),
    ...LEAVE_PLACES.map(
      ({ id, name, lon, lat }): ZoneFeature => ({
        id,
        name,
        radiusM: LEAVE_RADIUS_M,
        widthM: null,
        geometry: { type: 'Point', coordinates: [lon, lat] },
      }),
    ),
    ...people.flatMap(({ number, exclusion }): ZoneFeature[] =>
      exclusion === null
        ? []
        : [
            {
              id: exclusion.zone,
              name: exclusionName(number),
              radiusM: exclusion.radiusM,
              widthM: null,
              geometry: { type: 'Point', coordinates: toLonLat(exclusion.centre) },
            },
          ],
    ),
  ];
}
