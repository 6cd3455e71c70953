/** 失联: nothing received for longer than the policy allows for the device's interval, by no known cause. Watches each device. */
import { type AlertKind, type DeviceState, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { endOf, notWatched, watched } from './phone-off.ts';
import { deadGroundOf, isSilent, silenceCauseOf, silenceDeadlineMs, silenceLimitS } from './silence.ts';
import { condition, deviceName, duration, type Words } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 1800;

export const silent: AlertKind = {
  name: 'silent',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const { device, state } of view.devices) {
      if (view.nowMs <= silenceDeadlineMs(view.policy, device, state)) continue;
      verdicts ??= [];
      verdicts.push({
        about: device.id,
        says: isSilent(view, device, state) ? 'holds' : 'undecided',
        severity: view.profile.grade === 'strict' ? 'high' : 'medium',
        confidence: 1,
        device: device.id,
      });
    }
    return verdicts ?? NOTHING;
  },
  nextDueMs: (view) => {
    let next = Number.POSITIVE_INFINITY;
    for (const { device, state } of view.devices) {
      // Off or with its feed down, it is told by what ends that.
      const dueMs = silenceDeadlineMs(view.policy, device, state) + 1;
      if (dueMs > view.nowMs && dueMs < next) next = dueMs;
    }
    return next;
  },
  explain: (view, { about }) => {
    const found = watched(view, about);
    if (found === undefined) throw new Error(`${about} is not watched`);
    const { device, state } = found;
    const limit = duration(silenceLimitS(view.policy, device));
    const name = deviceName(device.kind);
    const rest = causeAndCondition(view, state);
    const { id } = view.profile;
    if (state.heardMs === null) {
      const fromMs = Math.min(view.nowMs, Math.max(state.silentFromMs, device.fromMs));
      return {
        atMs: fromMs,
        zone: null,
        evidence: [],
        zh: `自 ${view.clock(fromMs)} 分配以来从未收到 ${id} 的${name.zh}（${device.id}）的数据，超过允许的 ${limit.zh}。${rest.zh}`,
        en: `Nothing was received from the ${name.en} (${device.id}) of ${id} since it was assigned at ${view.clock(fromMs)}, longer than the ${limit.en} allowed. ${rest.en}`,
      };
    }
    return {
      atMs: Math.min(view.nowMs, state.heardMs),
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的${name.zh}（${device.id}）自 ${view.clock(state.heardMs)} 起失联，超过允许的 ${limit.zh}。${rest.zh}`,
      en: `Nothing received from the ${name.en} (${device.id}) of ${id} since ${view.clock(state.heardMs)}, longer than the ${limit.en} allowed. ${rest.en}`,
    };
  },
  explainEnd: (view, alert) => {
    const found = watched(view, alert.about);
    if (found === undefined) return notWatched(view, alert);
    const { device, state } = found;
    const { id } = view.profile;
    const atMs = endOf(view, alert, state.heardMs);
    return {
      atMs,
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的${deviceName(device.kind).zh}（${device.id}）已于 ${view.clock(atMs)} 恢复联系。`,
      en: `The ${deviceName(device.kind).en} (${device.id}) of ${id} was heard again at ${view.clock(atMs)}.`,
    };
  },
};

/** Sentences on why, as far as it is known, and how it was when it was last heard. */
function causeAndCondition(view: SubjectView, state: DeviceState): Words {
  const cause = silenceCauseOf(view, state);
  if (cause === 'no-signal') {
    const rest = condition(view, state);
    const ground = deadGroundOf(view, state);
    return {
      zh: `最后位置在已知无信号区域 ${ground} 内，可能因此失联。${rest.zh}`,
      en: `It was last in ${ground}, where there is known to be no signal, which may be why. ${rest.en}`,
    };
  }
  if (cause === 'unknown' || state.heardMs === null) {
    const rest = condition(view, state);
    return { zh: `原因不明。${rest.zh}`, en: `The cause is not known. ${rest.en}` };
  }
  const { pct } = state.battery;
  const at = view.clock(state.heardMs);
  return pct === null || pct > view.policy.lowBatteryPct
    ? {
        zh: `此前报告电量低，可能已耗尽，最后联系 ${at}。`,
        en: `It reported a low battery before, which may have run out; last contact ${at}.`,
      }
    : {
        zh: `此前电量 ${Math.round(pct)} %，可能已耗尽，最后联系 ${at}。`,
        en: `Its battery was at ${Math.round(pct)} % before and may have run out; last contact ${at}.`,
      };
}
