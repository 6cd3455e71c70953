/**
 * 定位装置到期: the approval of a wristband is about to end, or has ended and the device is still assigned (Community
 * Corrections Law, art. 29: three months at most, renewable; past its end nothing is collected and it has to come off).
 */
import type { Instant } from '../../src/kernel/instant.ts';
import type { Device } from '../../src/kernel/roster.ts';
import { type AlertKind, NOTHING, type SubjectView, type Verdict } from './kind.ts';

const DEADLINE_S = 86_400;
const DAY_MS = 86_400_000;

export const deviceExpiry: AlertKind = {
  name: 'device-expiry',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const device of view.profile.devices) {
      const noticeMs = noticeMsOf(device, view);
      if (noticeMs === undefined || view.nowMs < noticeMs || !isAssigned(device, view)) continue;
      verdicts ??= [];
      verdicts.push({
        about: device.id,
        says: 'holds',
        severity: hasEnded(device, view) ? 'high' : 'medium',
        confidence: 1,
        device: device.id,
      });
    }
    return verdicts ?? NOTHING;
  },
  nextDueMs: (view) => {
    let next = Number.POSITIVE_INFINITY;
    for (const device of view.profile.devices) {
      const noticeMs = noticeMsOf(device, view);
      if (noticeMs !== undefined && noticeMs > view.nowMs && noticeMs < next) next = noticeMs;
    }
    return next;
  },
  explain: (view, { about }) => {
    const device = view.profile.devices.find(({ id, order }) => id === about && order !== null);
    const order = device?.order ?? null;
    if (device === undefined || order === null) throw new Error(`${about} has no order`);
    const { id } = view.profile;
    const at = view.clock(order.untilMs);
    const ended = hasEnded(device, view);
    return {
      atMs: Math.max(noticeMsOf(device, view) ?? order.untilMs, device.fromMs),
      zone: null,
      evidence: [],
      zh: ended
        ? `${id} 的腕带（${about}）电子定位审批已于 ${at} 到期，不再采集位置，应予解除佩戴。`
        : `${id} 的腕带（${about}）电子定位审批将于 ${at} 到期，须办理延长或解除。`,
      en: ended
        ? `The positioning order for the wristband (${about}) of ${id} ended at ${at}: nothing is collected any more, and it has to come off.`
        : `The positioning order for the wristband (${about}) of ${id} ends at ${at}: it has to be renewed or the device removed.`,
    };
  },
  explainEnd: (view, { about }) => {
    const { id } = view.profile;
    const at = view.clock(view.nowMs);
    const device = view.profile.devices.find((candidate) => candidate.id === about);
    const isRenewed = device !== undefined && isAssigned(device, view);
    return {
      atMs: view.nowMs,
      zone: null,
      evidence: [],
      zh: isRenewed
        ? `${id} 的腕带（${about}）审批已于 ${at} 延长。`
        : `${id} 的腕带（${about}）已于 ${at} 解除。`,
      en: isRenewed
        ? `The order for the wristband (${about}) of ${id} was renewed at ${at}.`
        : `The wristband (${about}) of ${id} was taken off the roster at ${at}.`,
    };
  },
};

function noticeMsOf({ order }: Device, { policy }: SubjectView): Instant | undefined {
  return order === null ? undefined : order.untilMs - policy.deviceExpiryDays * DAY_MS;
}

function hasEnded({ order }: Device, { nowMs }: SubjectView): boolean {
  return order !== null && nowMs >= order.untilMs;
}

function isAssigned({ fromMs, untilMs }: Device, { nowMs }: SubjectView): boolean {
  return nowMs >= fromMs && (untilMs === null || nowMs < untilMs);
}
