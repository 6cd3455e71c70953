/** Gathers what a pack about an alert or a period holds, from the tables and the log. */

import { readPast } from '../insight/past.ts';
import type { Instant } from '../kernel/instant.ts';
import { type LogEvent, receiptOf } from '../kernel/log-event.ts';
import { partitionOf } from '../kernel/partition.ts';
import { encodePolicyDocument } from '../kernel/policy-file.ts';
import { encodeSubjectProfile } from '../kernel/roster-file.ts';
import { decodeZone, encodeZone } from '../kernel/zone-file.ts';
import type { Database } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { canonicalJson, sha256Hex } from '../seal/canonical.ts';
import { sealUp } from '../seal/sealer.ts';
import { toAlertEvent } from '../store/alert-rows.ts';
import {
  listActionSeqs,
  listAlertsWithin,
  listAuditSeqs,
  listDispositionSeqs,
  listEventsOf,
  listTaskActionSeqs,
} from '../store/evidence.ts';
import { listZoneFeatures } from '../store/roster.ts';
import { findSubject } from '../store/roster-views.ts';
import { listTrack } from '../store/tracks.ts';
import type { PackContents, PackedEvent, PackedFix, PackedRule, PackedZone } from './contents.ts';
import { proveRows } from './proofs.ts';
import { onlyOf, rejudge } from './rejudge.ts';

export interface PackRequest {
  readonly by: string;
  readonly reason: string;
  /** Of an alert, or of a subject within a span. */
  readonly about:
    | { readonly alert: string }
    | { readonly subject: string; readonly fromMs: Instant; readonly toMs: Instant };
}

/** What was recorded around an alert goes along. */
const BEFORE_MS = 60 * 60_000;
const AFTER_MS = 30 * 60_000;
const PAGE = 10_000;

/** Undefined: no such alert, or no such subject. Whoever calls has recorded the deed in the audit before. */
export async function gather(
  deps: { readonly database: Database; readonly log: ObservationLog; now(): Instant },
  { by, reason, about }: PackRequest,
): Promise<PackContents | undefined> {
  const { database, log } = deps;
  const alerts =
    'alert' in about
      ? [about.alert]
      : (await listAlertsWithin(database, about.subject, new Date(about.fromMs), new Date(about.toMs))).map(
          ({ alert }) => alert,
        );
  const rows = await listEventsOf(database, alerts);
  const events = rows.map(
    (row): PackedEvent => ({
      event: toAlertEvent(row),
      recordedMs: row.recorded_at.getTime(),
      byNight: row.by_night,
    }),
  );
  const id = 'alert' in about ? events[0]?.event.subject : about.subject;
  const [subject] = id === undefined ? [] : await findSubject(database, id);
  if (subject === undefined) return undefined;
  const { fromMs, toMs } = 'alert' in about ? spanOf(events) : about;
  const fixes = await readFixes(database, subject.id, fromMs, toMs);
  const untilMs = Math.max(toMs, ...events.map(({ event }) => event.detectedAtMs));
  const lines = await readLines(log, subject.id, events, untilMs);
  await sealUp(database, deps.now);
  const proved = await proveRows(database, [
    { table: 'alert_events', seqs: rows.map(({ seq }) => seq) },
    { table: 'alert_actions', seqs: (await listActionSeqs(database, alerts)).map(({ seq }) => seq) },
    { table: 'task_actions', seqs: (await listTaskActionSeqs(database, alerts)).map(({ seq }) => seq) },
    { table: 'dispositions', seqs: (await listDispositionSeqs(database, alerts)).map(({ seq }) => seq) },
    {
      table: 'audit',
      seqs: (await listAuditSeqs(database, subject.id, alerts, new Date(fromMs))).map(({ seq }) => seq),
    },
  ]);
  const atMs = Math.min(toMs, ...events.map(({ event }) => event.detectedAtMs));
  const { name, office, grade } = subject;
  return {
    madeMs: deps.now(),
    madeBy: by,
    reason,
    alert: 'alert' in about ? about.alert : null,
    fromMs,
    toMs,
    subject: { id: subject.id, name, office, grade },
    events,
    fixes,
    zones: zonesOf(lines, atMs) ?? (await presentZones(database, subject.profile)),
    rules: rulesOf(lines),
    ...proved,
    lines,
    judged: rejudge(lines, events),
  };
}

function spanOf(events: readonly PackedEvent[]): { fromMs: Instant; toMs: Instant } {
  const starts = events.flatMap(({ event }) => [
    event.startedAtMs,
    ...event.evidence.map(({ atMs }) => atMs),
  ]);
  const ends = events.map(({ event }) => event.clearedAtMs ?? event.detectedAtMs);
  return { fromMs: Math.min(...starts) - BEFORE_MS, toMs: Math.max(...ends) + AFTER_MS };
}

async function readFixes(
  database: Database,
  subject: string,
  fromMs: Instant,
  toMs: Instant,
): Promise<PackedFix[]> {
  const fixes: PackedFix[] = [];
  let after: { at: Date; device: string; sequence: string } | null = null;
  for (;;) {
    const [from, to] = [new Date(fromMs), new Date(toMs)];
    const page: Awaited<ReturnType<typeof listTrack>> = await listTrack(
      database,
      subject,
      from,
      to,
      after?.at ?? null,
      after?.device ?? '',
      after?.sequence ?? '0',
      PAGE,
    );
    for (const row of page)
      fixes.push({
        atMs: row.at.getTime(),
        receivedMs: row.received_at.getTime(),
        device: row.device,
        lat: row.lat,
        lon: row.lon,
        accuracyM: row.accuracy_m,
        speedMps: row.speed_mps,
        batteryPct: row.battery_pct,
        method: row.method,
        mock: row.mock,
      });
    after = page.at(-1) ?? null;
    if (page.length < PAGE) return fixes;
  }
}

/** A pair's alert comes out of the pair's own partition, which only both ids tell: each is tried. */
async function readLines(
  log: ObservationLog,
  subject: string,
  events: readonly PackedEvent[],
  untilMs: Instant,
): Promise<LogEvent[]> {
  const isPair = events.length > 0 && events.every(({ event }) => event.kind === 'gathering');
  if (!isPair)
    return onlyOf(subject, await collect(log, partitionOf(subject, log.partitions), subject, untilMs, false));
  for (let partition = 0; partition < log.partitions; partition++) {
    const lines = await collect(log, partition, subject, untilMs, true);
    if (rejudge(lines, events).some(({ result }) => result !== 'absent')) return onlyOf(subject, lines);
  }
  return [];
}

async function collect(
  log: ObservationLog,
  partition: number,
  subject: string,
  untilMs: Instant,
  isPair: boolean,
): Promise<LogEvent[]> {
  const lines: LogEvent[] = [];
  for await (const event of readPast(log, partition, subject, untilMs)) {
    const isTaken = isPair ? event.type === 'sighting' || !('subject' in event) : event.type !== 'sighting';
    if (isTaken) lines.push(event);
  }
  return lines;
}

/** As the log said at that time; undefined: the log has no profile of then. */
function zonesOf(lines: readonly LogEvent[], atMs: Instant): PackedZone[] | undefined {
  const rules = new Map<string, string>();
  const zones = new Map<string, PackedZone>();
  let isKnown = false;
  for (const line of lines) {
    if (receiptOf(line) > atMs) break;
    if (line.type === 'zone') {
      const { zone, atMs: sinceMs } = line;
      zones.set(zone.id, { zone, rule: '', sinceMs, sha256: hashOf(encodeZone(zone)) });
    }
    if (line.type !== 'profile') continue;
    isKnown = true;
    rules.clear();
    for (const { zone, rule } of line.profile.zones) rules.set(zone, rule);
    for (const { zone } of line.profile.curfews) if (!rules.has(zone)) rules.set(zone, 'curfew');
    for (const { destination } of line.profile.permits)
      if (destination !== null && !rules.has(destination)) rules.set(destination, 'permit');
  }
  if (!isKnown) return undefined;
  return [...rules].flatMap(([id, rule]) => {
    const found = zones.get(id);
    return found === undefined ? [] : [{ ...found, rule }];
  });
}

/** Where the log has forgotten that time: the roster's present, said to be so by a time of null. */
async function presentZones(database: Database, profile: unknown): Promise<PackedZone[]> {
  const { zones = [] } = profile as { zones?: readonly { zone: string; rule?: string }[] };
  const rules = new Map(zones.map(({ zone, rule }) => [zone, rule ?? 'stay-in']));
  return (await listZoneFeatures(database)).flatMap(({ id, feature }) => {
    const rule = rules.get(id);
    const zone = rule === undefined ? undefined : decodeZone(feature);
    if (rule === undefined || !zone?.ok) return [];
    return [{ zone: zone.value, rule, sinceMs: null, sha256: hashOf(encodeZone(zone.value)) }];
  });
}

/** Each version once, in order: what the roster's daily renewal only repeats is no new one. */
function rulesOf(lines: readonly LogEvent[]): PackedRule[] {
  const rules: PackedRule[] = [];
  const last = new Map<string, string>();
  const add = (what: PackedRule['what'], sinceMs: Instant, document: unknown) => {
    const sha256 = hashOf(document);
    if (last.get(what) === sha256) return;
    last.set(what, sha256);
    rules.push({ what, sinceMs, sha256, document });
  };
  for (const line of lines) {
    if (line.type === 'policy') add('policy', line.atMs, encodePolicyDocument(line.policy));
    if (line.type === 'calendar') add('calendar', line.atMs, line.calendar);
    if (line.type === 'profile') add('profile', line.atMs, encodeSubjectProfile(line.profile));
  }
  return rules;
}

function hashOf(document: unknown): string {
  return sha256Hex(canonicalJson(document));
}
