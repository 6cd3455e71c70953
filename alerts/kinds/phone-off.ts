/** 关机: the device or the operator reported it off, and nothing later shows it on. Watches each device. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Account, AlertKind, EndedAlert, SubjectView, Verdict, WatchedDevice } from './kind.ts';
import { NOTHING } from './kind.ts';
import { condition, deviceName, statusName } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 600;

export const phoneOff: AlertKind = {
  name: 'phone-off',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const { device, state } of view.devices) {
      if (state.off === null) continue;
      verdicts ??= [];
      verdicts.push({
        about: device.id,
        says: 'holds',
        severity: view.profile.grade === 'strict' ? 'critical' : 'high',
        confidence: 1,
        device: device.id,
      });
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, { about }) => {
    const found = watched(view, about);
    if (found === undefined || found.state.off === null) throw new Error(`${about} is not off`);
    const { device, state } = found;
    const { atMs, status } = found.state.off;
    const words = statusName(status);
    const rest = condition(view, state);
    const { id } = view.profile;
    return {
      atMs: Math.min(atMs, view.nowMs),
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的${deviceName(device.kind).zh}（${device.id}）于 ${view.clock(atMs)} ${words.zh}。${rest.zh}`,
      en: `The ${deviceName(device.kind).en} (${device.id}) of ${id} ${words.en} at ${view.clock(atMs)}. ${rest.en}`,
    };
  },
  explainEnd: (view, alert) => {
    const found = watched(view, alert.about);
    const { id } = view.profile;
    if (found === undefined) return notWatched(view, alert);
    const { device, state } = found;
    const atMs = endOf(view, alert, state.onMs);
    return {
      atMs,
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的${deviceName(device.kind).zh}（${device.id}）已于 ${view.clock(atMs)} 恢复开机。`,
      en: `The ${deviceName(device.kind).en} (${device.id}) of ${id} is on again since ${view.clock(atMs)}.`,
    };
  },
};

/** When it was seen to be over; now, where the rule has changed and not the device. */
export function endOf(view: SubjectView, { startedAtMs }: EndedAlert, seenMs: Instant | null): Instant {
  return seenMs !== null && seenMs > startedAtMs ? Math.min(seenMs, view.nowMs) : view.nowMs;
}

export function watched(view: SubjectView, id: string): WatchedDevice | undefined {
  return view.devices.find(({ device }) => device.id === id);
}

/** The end of an alert about a device that was handed in, or whose order ended. */
export function notWatched(view: SubjectView, { about }: EndedAlert): Account {
  const { id } = view.profile;
  const at = view.clock(view.nowMs);
  return {
    atMs: view.nowMs,
    zone: null,
    evidence: [],
    zh: `${id} 的设备 ${about} 自 ${at} 起不再监管。`,
    en: `The device ${about} of ${id} is no longer watched since ${at}.`,
  };
}
