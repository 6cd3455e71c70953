/** When the month is. */
import { dayStartMs } from '../../src/demo/day-plan.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
/** 2026-03-02 04:00 in China, a Monday: the demo's days begin so. */
export const FIRST_DAY = Math.floor((Date.parse('2026-03-02T04:00:00+08:00') - dayStartMs(0)) / DAY_MS);
