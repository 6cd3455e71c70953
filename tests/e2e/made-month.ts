/** Forty days of an invented city for the manager's rooms: nine offices, one of which falls behind because a device fails in it. */
import { addUpOffices } from '../../compliance/office-sums.ts';
import { addDays, localDay } from '../../compliance/periods.ts';
import type { AlertKindName } from '../../src/kernel/alert-event.ts';
import { savePresence } from '../../src/store/presence.ts';
import type { TestDashboard } from '../harness/dashboard.ts';

const COUNTIES = [
  ['445202', '榕城区'],
  ['445222', '揭西县'],
  ['445281', '普宁市'],
] as const;
const OFFICES = [1, 2, 3] as const;
const PEOPLE = 8;
const DAYS = 40;
/** The office that pulls the rate down, in its last days. */
export const FALLING = '445222/office-02';
const FALLING_DAYS = 6;
const ZERO = Object.fromEntries(
  ['bounds', 'curfew'].flatMap((name) =>
    ['due', 'kept', 'broken', 'person', 'device', 'network', 'platform'].map((part) => [
      `${name}_${part}`,
      0,
    ]),
  ),
);

export async function makeMonth(dash: TestDashboard, nowMs: number): Promise<void> {
  const run = (text: string, values: unknown[] = []) => dash.database.query({ text, values });
  const today = localDay(nowMs, 'Asia/Shanghai');
  await run(`INSERT INTO organisations (path, kind, name) VALUES ('', 'city', '揭阳市（演示）')`);
  const rows: object[] = [];
  for (const [county, name] of COUNTIES) {
    await run(`INSERT INTO organisations (path, kind, name) VALUES ($1, 'county', $2)`, [county, name]);
    for (const number of OFFICES) {
      const office = `${county}/office-0${number}`;
      await run(`INSERT INTO organisations (path, kind, name) VALUES ($1, 'justice-office', $2)`, [
        office,
        `${name}第${'一二三'[number - 1]}司法所（演示）`,
      ]);
      for (let person = 0; person < PEOPLE; person++) {
        const subject = `M-${county}-${number}-${person}`;
        await dash.subject(subject, office, `演示人员${county.slice(-2)}${number}${person}`);
        for (let back = DAYS; back >= 1; back--)
          rows.push(dayOf(subject, office, addDays(today, -back), back, person));
      }
    }
  }
  await savePresence(dash.database, JSON.stringify(rows));
  await addUpOffices(dash.database);
  await run(`UPDATE subjects SET profile = profile || $1::jsonb WHERE id LIKE '%-0' OR id LIKE '%-1'`, [
    JSON.stringify({
      checkins: [{ id: 'c', days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '23:59' }],
      permits: [
        {
          id: 'p',
          from: iso(nowMs - 86_400_000),
          until: iso(nowMs + 7_200_000),
          destination: null,
          returnedAt: null,
        },
      ],
      record: {
        legalType: 'suspended-sentence',
        from: addDays(today, -300),
        until: addDays(today, 20),
        categories: ['生活无来源'],
        officer: '演示干部',
      },
    }),
  ]);
  await makeAlerts(dash, nowMs);
  // All but the office that falls behind have signed; it has signed all but four days.
  await run(
    `INSERT INTO daily_logs (seq, kind, office, day, document, sha256, remarks, signed_by, signed_at)
     SELECT row_number() OVER (ORDER BY day, office), 'verification', office, day, '{}', 'made', '', 'made', day + 1
     FROM office_days WHERE office <> $1 OR day < $2::date`,
    [FALLING, addDays(today, -4)],
  );
}

function dayOf(subject: string, office: string, day: string, back: number, person: number) {
  const isFailing = office === FALLING && back <= FALLING_DAYS && person < 5;
  const isWeak =
    (person * 7 + back * 13 + Number(office.slice(-1)) * 5 + Number(office.slice(3, 6))) % 23 === 0;
  const located = isFailing ? 140 : isWeak ? 270 : 288;
  const missing = 1440 - located * 5;
  return {
    ...ZERO,
    subject,
    day,
    office,
    grade: 'standard',
    located: Buffer.alloc(36, isFailing ? 15 : 255).toString('base64'),
    known_at: `${day}T16:00:00Z`,
    born_at: '2020-01-01T00:00:00Z',
    is_whole: true,
    slots_due: 288,
    slots_located: located,
    contact_due: 1440,
    contact_kept: located * 5,
    contact_broken: 0,
    contact_person: isFailing ? 60 : 0,
    contact_device: isFailing ? missing - 60 : 0,
    contact_network: isFailing ? 0 : missing,
    contact_platform: 0,
    checked: 1,
    on_leave: 0,
    checkins_due: 1,
    checkins_met: 1,
    checkins_fingerprint: isFailing || (isWeak && person > 5) ? 0 : 1,
    musters_due: 0,
    musters_met: 0,
    leaves_due: 0,
    leaves_kept: 0,
    off_minutes: 0,
  };
}

/** More of them at night in the office that falls behind. `recorded_at` is set back as if they had been raised then. */
async function makeAlerts(dash: TestDashboard, nowMs: number): Promise<void> {
  const run = (text: string, values: unknown[] = []) => dash.database.query({ text, values });
  const kinds: readonly AlertKindName[] = ['silent', 'phone-off', 'out-of-bounds', 'low-battery'];
  let number = 0;
  for (const [county] of COUNTIES)
    for (let i = 0; i < (county === '445222' ? 24 : 8); i++) {
      const hour = county === '445222' ? 1 + (i % 4) : 8 + ((i * 5) % 14);
      const startedAtMs = nowMs - (nowMs % 86_400_000) - (1 + (i % 6)) * 86_400_000 + (hour - 8) * 3_600_000;
      const office = county === '445222' ? 2 : 1 + (i % 3);
      await dash.alert(`made-${number++}`, 1, {
        subject: `M-${county}-${office}-${i % 5}`,
        kind: kinds[i % kinds.length] as AlertKindName,
        severity: (['high', 'medium', 'high', 'low'] as const)[i % 4] as 'high',
        startedAtMs,
      });
    }
  await dash.database.transaction(async (db) => {
    await db.query({ text: 'SET LOCAL session_replication_role = replica', values: [] });
    await db.query({
      text: "UPDATE alert_events e SET recorded_at = a.started_at + interval '20 seconds' FROM alerts a WHERE a.alert = e.alert",
      values: [],
    });
  });
  // Most were taken note of, are over and were looked into.
  await run(
    `UPDATE alerts SET state = 'cleared', cleared_at = started_at + interval '40 minutes', acknowledged_by = 'demo',
            acknowledged_at = started_at + interval '4 minutes' WHERE alert !~ '[05]$'`,
  );
  await run(
    `INSERT INTO alert_actions (alert, action, account, note, at)
     SELECT alert, 'contact', 'demo', '本人已接听，设备自动关机', started_at FROM alerts WHERE alert ~ '[1378]$'`,
  );
  await run(
    `INSERT INTO dispositions (alert, subject, kind, office, started_at, disposition, resolved_by, account, at)
     SELECT a.alert, a.subject, a.kind, s.office, a.started_at, 'device-fault', 'demo', 'demo', a.started_at
     FROM alerts a JOIN subjects s ON s.id = a.subject WHERE a.alert ~ '[1378]$'`,
  );
  await run(
    `INSERT INTO dispositions (alert, subject, kind, office, started_at, disposition, measure, resolved_by, account, at)
     SELECT a.alert, a.subject, a.kind, s.office, a.started_at, 'confirmed-violation', 'admonition', 'demo', 'demo', a.started_at
     FROM alerts a JOIN subjects s ON s.id = a.subject WHERE a.kind = 'out-of-bounds' AND a.alert LIKE '%2'`,
  );
}

const iso = (ms: number) => new Date(ms).toISOString();
