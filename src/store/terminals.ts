/** Fingerprint terminals: whose they are, who their PINs are, their clocks and stamps. */
import { statement } from './statement.ts';

const IN_SCOPE = "($1::text = '' OR t.office = $1 OR starts_with(t.office, $1 || '/'))";

/** $1: array of {id, name, office, address, timeZone}. Answers those that were new or differ from before. */
export const upsertTerminals = statement<[terminals: string]>()(
  'terminals.upsert',
  { id: 'text' },
  `INSERT INTO terminals (id, name, office, address, time_zone)
   SELECT id, name, office, coalesce(address, id), "timeZone"
     FROM jsonb_to_recordset($1::jsonb) AS t (id text, name text, office text, address text, "timeZone" text)
   ON CONFLICT (id) DO UPDATE
     SET name = excluded.name, office = excluded.office, address = excluded.address, time_zone = excluded.time_zone, updated_at = now()
     WHERE (terminals.name, terminals.office, terminals.address, terminals.time_zone)
       IS DISTINCT FROM (excluded.name, excluded.office, excluded.address, excluded.time_zone)
   RETURNING id`,
);

/** Serial numbers of the given ($1 as for `upsertTerminals`) that another terminal has. */
export const findTakenAddresses = statement<[terminals: string]>()(
  'terminals.taken',
  { id: 'text', other: 'text' },
  `SELECT g.id, t.id AS other
     FROM jsonb_to_recordset($1::jsonb) AS g (id text, address text)
     JOIN terminals t ON t.address = coalesce(g.address, g.id) AND t.id <> g.id
    WHERE NOT EXISTS (SELECT FROM jsonb_to_recordset($1::jsonb) AS n (id text) WHERE n.id = t.id)`,
);

export const listTerminals = statement<[]>()(
  'terminals.all',
  { id: 'text', name: 'text', office: 'text', address: 'text', time_zone: 'text?' },
  'SELECT id, name, office, address, time_zone FROM terminals ORDER BY id',
);

export const listPins = statement<[]>()(
  'terminals.pins',
  { terminal: 'text', pin: 'text', subject: 'text', valid_from: 'timestamptz', valid_until: 'timestamptz?' },
  'SELECT terminal, pin, subject, valid_from, valid_until FROM terminal_pins ORDER BY terminal, pin, valid_from',
);

export const clearPins = statement<[subjects: string[]]>()(
  'terminals.clear-pins',
  {},
  'DELETE FROM terminal_pins WHERE subject = ANY ($1)',
);

/** Of terminals that are there; the others answer from `findStrayPins`. */
export const insertPins = statement<[subjects: string[]]>()(
  'terminals.insert-pins',
  {},
  `INSERT INTO terminal_pins (terminal, pin, subject, valid_from, valid_until)
   SELECT DISTINCT p.terminal, p.pin, s.id, p."from", p."until"
     FROM subjects s, jsonb_to_recordset(coalesce(s.profile -> 'pins', '[]')) AS p (
            terminal text, pin text, "from" timestamptz, "until" timestamptz)
     JOIN terminals t ON t.id = p.terminal
    WHERE s.id = ANY ($1)
   ON CONFLICT DO NOTHING`,
);

export const endPins = statement<[subject: string, at: Date]>()(
  'terminals.end-pins',
  {},
  `UPDATE terminal_pins SET valid_until = greatest(valid_from, $2) WHERE subject = $1 AND (valid_until IS NULL OR valid_until > $2)`,
);

export const findStrayPins = statement<[subjects: string[]]>()(
  'terminals.stray-pins',
  { subject: 'text', terminal: 'text' },
  `SELECT DISTINCT s.id AS subject, p.terminal
     FROM subjects s, jsonb_to_recordset(coalesce(s.profile -> 'pins', '[]')) AS p (terminal text)
    WHERE s.id = ANY ($1) AND NOT EXISTS (SELECT FROM terminals t WHERE t.id = p.terminal)
    ORDER BY 1, 2 LIMIT 100`,
);

/** One PIN of one terminal, two people at one time, at least one of them named. */
export const findPinOverlaps = statement<[subjects: string[]]>()(
  'terminals.pin-overlaps',
  { terminal: 'text', pin: 'text', subject: 'text', other: 'text' },
  `SELECT a.terminal, a.pin, a.subject, b.subject AS other
     FROM terminal_pins a JOIN terminal_pins b ON a.terminal = b.terminal AND a.pin = b.pin AND a.subject <> b.subject
    WHERE a.subject = ANY ($1) AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until)
    ORDER BY 1, 2, 3 LIMIT 100`,
);

export const listTerminalClocks = statement<[]>()(
  'terminals.clocks',
  {
    address: 'text',
    heard_at: 'timestamptz',
    drift_ms: 'int8',
    found_by: 'text',
    measured_at: 'timestamptz?',
  },
  'SELECT address, heard_at, drift_ms, found_by, measured_at FROM terminal_clocks',
);

export const saveTerminalClock = statement<
  [address: string, heardAt: Date, driftMs: number, foundBy: string, measuredAt: Date | null]
>()(
  'terminals.save-clock',
  {},
  `INSERT INTO terminal_clocks (address, heard_at, drift_ms, found_by, measured_at) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (address) DO UPDATE SET heard_at = excluded.heard_at, drift_ms = excluded.drift_ms,
     found_by = excluded.found_by, measured_at = excluded.measured_at`,
);

export const listStamps = statement<[address: string]>()(
  'terminals.stamps',
  { sent_table: 'text', stamp: 'text' },
  'SELECT sent_table, stamp FROM terminal_stamps WHERE address = $1',
);

export const saveStamp = statement<[address: string, table: string, stamp: string, at: Date]>()(
  'terminals.save-stamp',
  {},
  `INSERT INTO terminal_stamps (address, sent_table, stamp, at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (address, sent_table) DO UPDATE SET stamp = excluded.stamp, at = excluded.at`,
);

export const forgetStamps = statement<[address: string]>()(
  'terminals.forget-stamps',
  { sent_table: 'text' },
  'DELETE FROM terminal_stamps WHERE address = $1 RETURNING sent_table',
);

/** Which of the given PINs ($2: array of {terminal, pin, from, until}) are somebody else's at one time with them. */
export const findTakenPins = statement<[subject: string, pins: string]>()(
  'terminals.taken-pins',
  { terminal: 'text', pin: 'text' },
  `SELECT DISTINCT p.terminal, p.pin
     FROM jsonb_to_recordset($2::jsonb) AS p (terminal text, pin text, "from" timestamptz, "until" timestamptz)
     JOIN terminal_pins t ON t.terminal = p.terminal AND t.pin = p.pin AND t.subject <> $1
    WHERE tstzrange(p."from", p."until") && tstzrange(t.valid_from, t.valid_until)
    ORDER BY 1, 2 LIMIT 100`,
);

const VIEW = {
  id: 'text',
  name: 'text',
  office: 'text',
  address: 'text',
  time_zone: 'text?',
  pins: 'int4',
  heard_at: 'timestamptz?',
  drift_ms: 'int8?',
  found_by: 'text?',
  measured_at: 'timestamptz?',
} as const;
const VIEW_SQL = `SELECT t.id, t.name, t.office, t.address, t.time_zone,
     (SELECT count(*) FROM terminal_pins p WHERE p.terminal = t.id)::int AS pins,
     c.heard_at, c.drift_ms, c.found_by, c.measured_at
   FROM terminals t LEFT JOIN terminal_clocks c ON c.address = t.address`;

export const viewTerminals = statement<[scope: string, after: string, limit: number]>()(
  'terminals.view',
  VIEW,
  `${VIEW_SQL} WHERE ${IN_SCOPE} AND t.id > $2 ORDER BY t.id LIMIT $3`,
);

export const viewTerminal = statement<[scope: string, id: string]>()(
  'terminals.view-one',
  VIEW,
  `${VIEW_SQL} WHERE ${IN_SCOPE} AND t.id = $2`,
);

/** Of subjects within the scope too: a terminal may know somebody of another office. */
export const viewPins = statement<
  [scope: string, terminal: string, afterPin: string, afterFrom: Date, limit: number]
>()(
  'terminals.view-pins',
  { pin: 'text', subject: 'text', valid_from: 'timestamptz', valid_until: 'timestamptz?' },
  `SELECT p.pin, p.subject, p.valid_from, p.valid_until
     FROM terminal_pins p JOIN subjects t ON t.id = p.subject
    WHERE ${IN_SCOPE} AND p.terminal = $2 AND (p.pin, p.valid_from) > ($3, $4::timestamptz)
    ORDER BY p.pin, p.valid_from LIMIT $5`,
);
