/** The clock's memory: the last tick that was meant for the log, stored before it is written there. */
import { statement } from './statement.ts';

export const findLastTick = statement<[]>()(
  'clock.last',
  { last_tick: 'timestamptz' },
  'SELECT last_tick FROM clock',
);

/** Forward only. */
export const saveLastTick = statement<[tick: Date]>()(
  'clock.save',
  { last_tick: 'timestamptz' },
  `INSERT INTO clock (last_tick) VALUES ($1)
   ON CONFLICT (id) DO UPDATE SET last_tick = excluded.last_tick WHERE clock.last_tick < excluded.last_tick
   RETURNING last_tick`,
);

export const tryClockLock = statement<[key: number]>()(
  'clock.lock',
  { leads: 'bool' },
  'SELECT pg_try_advisory_lock($1) AS leads',
);
