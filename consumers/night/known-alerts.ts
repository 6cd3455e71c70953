/** What the ledger says of some subjects since a time. */
import type {
  AlertEvent,
  AlertKindName,
  AlertState,
  EvidenceFix,
  Severity,
} from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import type { Db } from '../../src/ports/database.ts';
import { findNewestVersions } from '../../src/store/night.ts';

/** By id, the newest version of each alert that stood at `fromMs` or began later. */
export async function findKnown(
  database: Db,
  subjects: readonly string[],
  fromMs: Instant,
): Promise<Map<string, AlertEvent>> {
  const rows = await findNewestVersions(database, [...subjects], new Date(fromMs));
  return new Map(
    rows.map((row): [string, AlertEvent] => [
      row.alert,
      {
        alert: row.alert,
        version: row.version,
        subject: row.subject,
        kind: row.kind as AlertKindName,
        state: row.state as AlertState,
        severity: row.severity as Severity,
        startedAtMs: row.started_at.getTime(),
        detectedAtMs: row.detected_at.getTime(),
        clearedAtMs: row.cleared_at?.getTime() ?? null,
        zone: row.zone,
        device: row.device,
        confidence: row.confidence,
        late: row.late,
        reason: row.reason,
        reasonEn: row.reason_en,
        evidence: (
          row.evidence as readonly {
            at: string;
            lat: number;
            lon: number;
            accuracyM: number;
            distanceM: number;
          }[]
        ).map(({ at, ...fix }): EvidenceFix => ({ atMs: Date.parse(at), ...fix })),
      },
    ]),
  );
}
