/** 失联: nothing received for longer than the policy allows for the device's interval, by no known cause. */
import type { Policy } from '../../src/kernel/policy.ts';
import type { Device } from '../../src/kernel/roster.ts';
import type { AlertKind } from './kind.ts';
import { battery, clock, deviceName, duration } from './wording.ts';

/** Seconds without anything received after which a device is silent. */
export function silenceLimitS(policy: Policy, device: Device): number {
  return Math.max(policy.silenceMinS, policy.silenceIntervals * device.intervalS);
}

export const silent: AlertKind = {
  name: 'silent',
  deadlineS: () => 1800,
  judge: (view) =>
    view.devices.map(({ device, state }) => {
      const limitS = silenceLimitS(view.policy, device);
      const silentS = (view.nowMs - state.silentFromMs) / 1000;
      // Off is known and has its own alert; a feed that is down says nothing about its devices.
      const isExplained = state.off !== null || view.isFeedDown(device.feed);
      const says = silentS <= limitS ? 'over' : isExplained ? 'undecided' : 'holds';
      return {
        about: device.id,
        says,
        sinceMs: says === 'over' ? (state.heardMs ?? view.nowMs) : (state.heardMs ?? state.silentFromMs),
        severity: view.profile.grade === 'strict' ? 'high' : 'medium',
        confidence: 1,
        zone: null,
        device: device.id,
        evidence: state.fixes
          .slice(-1)
          .map(([atMs, lon, lat, accuracyM]) => ({ atMs, lat, lon, accuracyM, distanceM: 0 })),
        facts: {
          device: device.kind,
          batteryPct: state.batteryPct,
          lastHeardMs: state.heardMs,
          silentS,
          limitS,
        },
      };
    }),
  explain: (subject, { facts, sinceMs }, isOver) => {
    const device = deviceName(facts.device);
    if (isOver) {
      return {
        zh: `${subject} 的${device.zh}已于 ${clock(sinceMs)} 恢复联系。`,
        en: `The ${device.en} of ${subject} was heard again at ${clock(sinceMs)}.`,
      };
    }
    const limit = duration(facts.limitS ?? 0);
    const power = battery(facts.batteryPct);
    return facts.lastHeardMs === null || facts.lastHeardMs === undefined
      ? {
          zh: `${subject} 的${device.zh}从未上报,超过允许的 ${limit.zh}。${power.zh}`,
          en: `Nothing was ever received from the ${device.en} of ${subject}, for longer than the ${limit.en} allowed. ${power.en}`,
        }
      : {
          zh: `${subject} 的${device.zh}自 ${clock(facts.lastHeardMs)} 起失联,超过允许的 ${limit.zh}。最后${power.zh}`,
          en: `Nothing received from the ${device.en} of ${subject} since ${clock(facts.lastHeardMs)}, longer than the ${limit.en} allowed. Last: ${power.en.toLowerCase()}`,
        };
  },
};
