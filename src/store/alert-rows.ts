/** A row of the ledger as the value that the detector concluded. */
import type { AlertEvent, AlertKindName, AlertState, EvidenceFix, Severity } from '../kernel/alert-event.ts';
import { statement } from './statement.ts';

export const ALERT_COLUMNS = {
  alert: 'text',
  version: 'int4',
  subject: 'text',
  kind: 'text',
  state: 'text',
  severity: 'text',
  started_at: 'timestamptz',
  detected_at: 'timestamptz',
  cleared_at: 'timestamptz?',
  zone: 'text?',
  device: 'text?',
  confidence: 'float8',
  late: 'bool',
  reason: 'text',
  reason_en: 'text',
  evidence: 'jsonb',
} as const;

export interface AlertRow {
  readonly alert: string;
  readonly version: number;
  readonly subject: string;
  readonly kind: string;
  readonly state: string;
  readonly severity: string;
  readonly started_at: Date;
  readonly detected_at: Date;
  readonly cleared_at: Date | null;
  readonly zone: string | null;
  readonly device: string | null;
  readonly confidence: number;
  readonly late: boolean;
  readonly reason: string;
  readonly reason_en: string;
  readonly evidence: unknown;
}

/** The tables' own checks allow no other names. */
export function toAlertEvent(row: AlertRow): AlertEvent {
  const evidence = row.evidence as readonly (Omit<EvidenceFix, 'atMs'> & { readonly at: string })[];
  return {
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
    evidence: evidence.map(({ at, lat, lon, accuracyM, distanceM }) => ({
      atMs: Date.parse(at),
      lat,
      lon,
      accuracyM,
      distanceM,
    })),
  };
}

/** All that was concluded of one alert, in the order of its versions. `by_night`: by the night's reconciliation. */
export const listVersions = statement<[alert: string]>()(
  'alert-rows.versions',
  { ...ALERT_COLUMNS, by_night: 'bool' },
  `SELECT e.alert, e.version, e.subject, e.kind, e.state, e.severity, e.started_at, e.detected_at, e.cleared_at, e.zone, e.device,
          e.confidence, e.late, e.reason, e.reason_en, e.evidence,
          EXISTS (SELECT 1 FROM nights n WHERE n.until_at = e.detected_at AND (e.late OR e.state = 'retracted')) AS by_night
     FROM alert_events e WHERE e.alert = $1 ORDER BY e.version`,
);
