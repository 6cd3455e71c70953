/** 关机: the device or the operator reported it off, and nothing later shows it on. */
import type { AlertKind } from './kind.ts';
import { battery, clock, deviceName, statusName } from './wording.ts';

export const phoneOff: AlertKind = {
  name: 'phone-off',
  deadlineS: () => 600,
  judge: (view) =>
    view.devices.map(({ device, state }) => ({
      about: device.id,
      says: state.off === null ? 'over' : 'holds',
      sinceMs: state.off?.atMs ?? state.heardMs ?? view.nowMs,
      severity: view.profile.grade === 'strict' ? 'critical' : 'high',
      confidence: 1,
      zone: null,
      device: device.id,
      evidence: [],
      facts: {
        device: device.kind,
        batteryPct: state.batteryPct,
        lastHeardMs: state.heardMs,
        ...(state.off === null ? {} : { status: state.off.status }),
      },
    })),
  explain: (subject, { facts, sinceMs }, isOver) => {
    const device = deviceName(facts.device);
    if (isOver) {
      return {
        zh: `${subject} 的${device.zh}已于 ${clock(sinceMs)} 恢复。`,
        en: `The ${device.en} of ${subject} is back since ${clock(sinceMs)}.`,
      };
    }
    const status = statusName(facts.status);
    const power = battery(facts.batteryPct);
    return {
      zh: `${subject} 的${device.zh}于 ${clock(sinceMs)} ${status.zh},此前${power.zh}`,
      en: `The ${device.en} of ${subject} ${status.en} at ${clock(sinceMs)}. Before that: ${power.en.toLowerCase()}`,
    };
  },
};
