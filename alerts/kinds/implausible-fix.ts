/**
 * 定位异常: a device's fixes can't be true: it admits that they are made up, two confirmed places are too far apart for the time
 * between them, satellite coordinates stand still to the digit, or its clock is far ahead. Watches each cause of each device.
 */

import type { Severity } from '../../src/kernel/alert-event.ts';
import type { Instant } from '../../src/kernel/instant.ts';
import { type AlertKind, type DeviceState, NOTHING, type SubjectView, type Verdict } from './kind.ts';
import { notWatched, watched } from './phone-off.ts';
import { deviceName, duration, metres, type Words } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 1800;
/** How long a jump is told after the last one: what follows it at a walk is the new place. */
const JUMP_MS = 600_000;
/**
 * A receiver that rests can hold its coordinates for hours (six in the real traces of phones, a night in wristbands that
 * suppress drift); a day of that, or ten minutes of it while it says that it moves, is no rest.
 */
const STILL_MS = 86_400_000;
const STILL_FIXES = 24;
const STILL_MOVING_MS = 600_000;
const STILL_MOVING_FIXES = 3;

interface Cause {
  readonly name: 'mock' | 'jump' | 'still' | 'clock';
  readonly sinceMs: Instant;
  readonly severity: Severity;
}

export const implausibleFix: AlertKind = {
  name: 'implausible-fix',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const { device, state } of view.devices) {
      for (const { name, severity } of causesOf(state)) {
        verdicts ??= [];
        verdicts.push({
          about: `${device.id}:${name}`,
          says: 'holds',
          severity,
          confidence: 1,
          device: device.id,
        });
      }
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, { about, device: id }) => {
    const found = id === null ? undefined : watched(view, id);
    const cause =
      found === undefined ? undefined : causesOf(found.state).find(({ name }) => about.endsWith(`:${name}`));
    if (found === undefined || cause === undefined) throw new Error(`nothing to explain about ${about}`);
    const { device, state } = found;
    const name = deviceName(device.kind);
    const what = describe(view, state, cause);
    const subject = view.profile.id;
    return {
      atMs: Math.min(cause.sinceMs, view.nowMs),
      zone: null,
      evidence: lastFix(state),
      zh: `${subject} 的${name.zh}（${device.id}）定位异常：${what.zh}。`,
      en: `The positions of the ${name.en} (${device.id}) of ${subject} can't be right: ${what.en}.`,
    };
  },
  explainEnd: (view, alert) => {
    const id = alert.about.slice(0, alert.about.lastIndexOf(':'));
    const found = watched(view, id);
    if (found === undefined) return notWatched(view, { ...alert, about: id });
    const at = view.clock(view.nowMs);
    const name = deviceName(found.device.kind);
    const subject = view.profile.id;
    return {
      atMs: view.nowMs,
      zone: null,
      evidence: lastFix(found.state),
      zh: `${subject} 的${name.zh}（${id}）自 ${at} 起定位恢复正常。`,
      en: `The positions of the ${name.en} (${id}) of ${subject} are plausible again since ${at}.`,
    };
  },
};

function causesOf({ signs, estimate }: DeviceState): readonly Cause[] {
  const { mockMs, jump, still, ahead } = signs;
  if (mockMs === undefined && jump === undefined && still === undefined && ahead === undefined)
    return NO_CAUSES;
  const causes: Cause[] = [];
  if (mockMs !== undefined) causes.push({ name: 'mock', sinceMs: mockMs, severity: 'high' });
  if (jump !== undefined && (estimate?.atMs ?? 0) - jump.atMs < JUMP_MS)
    causes.push({ name: 'jump', sinceMs: jump.atMs, severity: 'medium' });
  if (still !== undefined) {
    const longMs = still.lastMs - still.fromMs;
    const isFrozen =
      (longMs >= STILL_MS && still.fixes >= STILL_FIXES) ||
      (longMs >= STILL_MOVING_MS && still.moving >= STILL_MOVING_FIXES);
    if (isFrozen) causes.push({ name: 'still', sinceMs: still.fromMs, severity: 'medium' });
  }
  if (ahead !== undefined) causes.push({ name: 'clock', sinceMs: ahead.atMs, severity: 'low' });
  return causes;
}

const NO_CAUSES: readonly Cause[] = [];

function describe(view: SubjectView, { signs }: DeviceState, { name, sinceMs }: Cause): Words {
  const at = view.clock(sinceMs);
  switch (name) {
    case 'mock':
      return {
        zh: `自 ${at} 起上报的是模拟位置，不作为依据`,
        en: `since ${at} it reports mock locations, which count for nothing`,
      };
    case 'jump': {
      const far = metres(signs.jump?.distanceM ?? 0);
      const speed = `${signs.jump?.speedMps ?? 0} m/s`;
      return {
        zh: `${at} 两个已确认的位置相距 ${far}，所需速度 ${speed}，超过 ${view.policy.maxSpeedMps} m/s`,
        en: `at ${at} two confirmed places were ${far} apart, which would have taken ${speed}, more than ${view.policy.maxSpeedMps} m/s`,
      };
    }
    case 'still': {
      const long = duration(((signs.still?.lastMs ?? 0) - (signs.still?.fromMs ?? 0)) / 1000);
      const fixes = signs.still?.fixes ?? 0;
      return {
        zh: `自 ${at} 起 ${fixes} 次卫星定位坐标完全相同，已 ${long.zh}`,
        en: `since ${at}, for ${long.en}, ${fixes} satellite fixes have had the same coordinates to the digit`,
      };
    }
    case 'clock': {
      const by = duration(signs.ahead?.byS ?? 0);
      return {
        zh: `自 ${at} 起设备时钟快 ${by.zh}，其位置不作为依据`,
        en: `since ${at} its clock is ${by.en} ahead, so its positions count for nothing`,
      };
    }
  }
}
