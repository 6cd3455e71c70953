/** 低电量: below the policy's level, once a discharge, over when it is charged. Watches each device. */
import { type AlertKind, type Battery, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { notWatched, watched } from './phone-off.ts';
import { condition, deviceName } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 3600;

export const lowBattery: AlertKind = {
  name: 'low-battery',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const { device, state } of view.devices) {
      if (!isLow(view, state.battery)) continue;
      const { extremePct } = state.battery;
      const isNearlyEmpty = extremePct !== null && extremePct < view.policy.lowBatteryPct / 2;
      verdicts ??= [];
      verdicts.push({
        about: device.id,
        says: 'holds',
        severity: isNearlyEmpty ? 'medium' : 'low',
        confidence: 1,
        device: device.id,
      });
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, { about }) => {
    const found = watched(view, about);
    if (found === undefined) throw new Error(`${about} is not watched`);
    const { device, state } = found;
    const { battery } = state;
    const atMs = Math.min(
      view.nowMs,
      isBelow(view, battery) ? battery.extremeMs : (battery.saidLowMs ?? battery.extremeMs),
    );
    const name = deviceName(device.kind);
    const limit = `${view.policy.lowBatteryPct} %`;
    const rest = condition(view, state);
    const { id } = view.profile;
    return {
      atMs,
      zone: null,
      evidence: lastFix(state),
      zh: isBelow(view, battery)
        ? `${id} 的${name.zh}（${about}）电量于 ${view.clock(atMs)} 低于 ${limit}，未在充电。${rest.zh}`
        : `${id} 的${name.zh}（${about}）于 ${view.clock(atMs)} 报告电量低。${rest.zh}`,
      en: isBelow(view, battery)
        ? `The battery of the ${name.en} (${about}) of ${id} is below ${limit} since ${view.clock(atMs)} and not being charged. ${rest.en}`
        : `The ${name.en} (${about}) of ${id} reported a low battery at ${view.clock(atMs)}. ${rest.en}`,
    };
  },
  explainEnd: (view, alert) => {
    const found = watched(view, alert.about);
    if (found === undefined) return notWatched(view, alert);
    const { device, state } = found;
    const atMs = Math.min(view.nowMs, Math.max(alert.startedAtMs, state.battery.extremeMs));
    const name = deviceName(device.kind);
    const rest = condition(view, state);
    const { id } = view.profile;
    return {
      atMs,
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的${name.zh}（${alert.about}）自 ${view.clock(atMs)} 起不再低电量。${rest.zh}`,
      en: `The battery of the ${name.en} (${alert.about}) of ${id} is no longer low since ${view.clock(atMs)}. ${rest.en}`,
    };
  },
};

function isBelow({ policy }: SubjectView, { extremePct, isCharging }: Battery): boolean {
  return !isCharging && extremePct !== null && extremePct < policy.lowBatteryPct;
}

function isLow(view: SubjectView, battery: Battery): boolean {
  return isBelow(view, battery) || battery.saidLowMs !== undefined;
}
