/**
 * Writing positions. COPY straight into the table is twice as quick as through a staging table but refuses a batch that
 * repeats a fix; through the staging table each fix is taken once. The recorder chooses.
 */
import { POSITION_COLUMNS } from './position-rows.ts';
import { statement } from './statement.ts';

export const COPY_INTO_POSITIONS = `COPY positions (${POSITION_COLUMNS}) FROM STDIN (FORMAT binary)`;
export const COPY_INTO_STAGING = `COPY staged_positions (${POSITION_COLUMNS}) FROM STDIN (FORMAT binary)`;

/** Of the session: gone with it. Its types are those of `positions`, as binary COPY asks. */
export const makeStaging = {
  text: `CREATE TEMPORARY TABLE IF NOT EXISTS staged_positions (
           at timestamptz, device text, subject text, sequence bigint, received_at timestamptz, lat float8, lon float8,
           accuracy_m real, speed_mps real, heading_deg real, altitude_m real, battery_pct real, method text, mock boolean
         ) ON COMMIT DELETE ROWS`,
  values: [],
};

/** The staging table lives in a session, so this one is no registered statement. */
export const moveStaged = {
  name: 'positions.move-staged',
  text: `INSERT INTO positions (${POSITION_COLUMNS}) SELECT ${POSITION_COLUMNS} FROM staged_positions ON CONFLICT DO NOTHING`,
  values: [],
};

export const countPositions = statement<[]>()(
  'positions.count',
  { n: 'int8' },
  'SELECT count(*) AS n FROM positions',
);
