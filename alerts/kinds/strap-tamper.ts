/** 腕带拆卸: the strap reports that it was opened or cut, and nothing later that it is closed. Watches each device. */
import { type AlertKind, NOTHING, type Verdict } from './kind.ts';
import { endOf, notWatched, watched } from './phone-off.ts';
import { condition } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const DEADLINE_S = 120;

export const strapTamper: AlertKind = {
  name: 'strap-tamper',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    let verdicts: Verdict[] | undefined;
    for (const { device, state } of view.devices) {
      if (state.strapCutMs === undefined) continue;
      verdicts ??= [];
      verdicts.push({
        about: device.id,
        says: 'holds',
        severity: 'critical',
        confidence: 1,
        device: device.id,
      });
    }
    return verdicts ?? NOTHING;
  },
  explain: (view, { about }) => {
    const state = watched(view, about)?.state;
    const cutMs = state?.strapCutMs;
    if (state === undefined || cutMs === undefined) throw new Error(`the strap of ${about} is closed`);
    const rest = condition(view, state);
    const { id } = view.profile;
    const at = view.clock(cutMs);
    return {
      atMs: Math.min(cutMs, view.nowMs),
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的腕带（${about}）于 ${at} 报告表带被打开或剪断，此后未见闭合。${rest.zh}`,
      en: `The wristband (${about}) of ${id} reported at ${at} that its strap was opened or cut, and has not been closed since. ${rest.en}`,
    };
  },
  explainEnd: (view, alert) => {
    const state = watched(view, alert.about)?.state;
    if (state === undefined) return notWatched(view, alert);
    const atMs = endOf(view, alert, state.strapClosedMs ?? null);
    const at = view.clock(atMs);
    const { id } = view.profile;
    return {
      atMs,
      zone: null,
      evidence: lastFix(state),
      zh: `${id} 的腕带（${alert.about}）于 ${at} 报告表带已闭合；拆卸原因仍须查明。`,
      en: `The strap of the wristband (${alert.about}) of ${id} is closed again since ${at}; why it was open is still to be found out.`,
    };
  },
};
