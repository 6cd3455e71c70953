/** What the board asks for by REST now and then: who is on duty, today's positioning rate, the alarm load of this seat. */
import { onBeforeUnmount, onMounted, shallowRef } from 'vue';
import { compliance } from '../api/compliance.ts';
import { listShifts, type Shift } from '../api/duty.ts';
import { type AlarmLoad, alarmLoad } from '../api/reports.ts';
import { isoDay } from '../i18n/language.ts';
import { may } from '../session.ts';

/** Of a county, or of all (''): people who were to be located today, and who were. */
export interface Positioning {
  readonly due: number;
  readonly located: number;
}

const LOOK_EVERY_MS = 30_000;
export const LOAD_HOURS = 12;

const instant = (ms: number) => new Date(ms).toISOString();

export function useDeskFacts(nowMs: () => number) {
  /** Undefined: not known yet, or not for this account; null: nobody. */
  const shift = shallowRef<Shift | null | undefined>(undefined);
  const positioning = shallowRef<ReadonlyMap<string, Positioning>>(new Map());
  const load = shallowRef<AlarmLoad | null>(null);

  async function lookShift() {
    if (!may('shifts.read')) return;
    const answer = await listShifts(null);
    if (answer.ok) shift.value = answer.value.items.find(({ state }) => state !== 'over') ?? null;
  }
  async function lookRates() {
    if (!may('compliance.read')) return;
    const answer = await compliance('day', isoDay(nowMs()), 'county');
    if (!answer.ok) return;
    const found = new Map<string, Positioning>();
    let all: Positioning = { due: 0, located: 0 };
    for (const { organisation, rates } of answer.value.items) {
      const rate = rates.find(({ id }) => id === 'positioning');
      // Nobody due yet is not known yet.
      if (rate === undefined || rate.denominator === 0) continue;
      found.set(organisation, { due: rate.denominator, located: rate.numerator });
      all = { due: all.due + rate.denominator, located: all.located + rate.numerator };
    }
    if (all.due > 0) found.set('', all);
    positioning.value = found;
  }
  async function lookLoad() {
    if (!may('compliance.read')) return;
    const answer = await alarmLoad(instant(nowMs() - LOAD_HOURS * 3_600_000), instant(nowMs()), 1);
    if (answer.ok) load.value = answer.value;
  }
  const look = () => {
    void lookShift();
    void lookRates();
    void lookLoad();
  };
  let timer = 0;
  onMounted(() => {
    look();
    timer = window.setInterval(look, LOOK_EVERY_MS);
  });
  onBeforeUnmount(() => window.clearInterval(timer));
  return { shift, positioning, load };
}
