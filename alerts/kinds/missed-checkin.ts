/**
 * 未按时报到: a check-in window closed without a check-in, or a roll-call (集中点验) without its subject at the place. Watches each
 * window that has closed and each roll-call; over when the subject checks in after all.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import { formatInstant } from '../../src/kernel/instant.ts';
import type { CheckinWindow, Muster } from '../../src/kernel/roster.ts';
import { probabilityOutside } from '../evidence/position-estimate.ts';
import {
  type AlertKind,
  NOTHING,
  type OpenAlertView,
  type SubjectView,
  type Verdict,
  type Window,
} from './kind.ts';
import { permitAt, permitEndMs } from './permits.ts';
import { whereabouts } from './whereabouts.ts';
import { condition } from './wording.ts';
import { FAR_SIGMAS, lastFix } from './zone-evidence.ts';

const DEADLINE_S = 3600;
/** How long a roll-call that was missed stands, if nothing else ends it. */
const MUSTER_OPEN_MS = 7 * 86_400_000;
const MUSTER = 'muster:';

export const missedCheckin: AlertKind = {
  name: 'missed-checkin',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  remember: (view, memory) => {
    for (const muster of view.mustersOf(view.profile.id)) {
      const key = MUSTER + muster.id;
      if (memory[key] === undefined) {
        if (isThere(view, muster)) memory[key] = view.atMs;
      } else if (view.nowMs - muster.untilMs > MUSTER_OPEN_MS) delete memory[key];
    }
  },
  judge: (view) => {
    const { profile, book } = view;
    const musters = view.mustersOf(profile.id);
    if (profile.checkins.length === 0 && musters.length === 0) return NOTHING;
    const verdicts: Verdict[] = [];
    const add = (about: string) => {
      if (verdicts.some((verdict) => verdict.about === about)) return;
      const severity = profile.grade === 'strict' ? 'high' : 'medium';
      verdicts.push({ about, says: 'holds', severity, confidence: 1, device: null });
    };
    for (const checkin of profile.checkins) {
      const window = lastClosed(view, checkin);
      if (window !== null && isMissed(view, window)) add(aboutOf(checkin, window));
      // An older one stands too, until there is a check-in after it.
      for (const alert of book.open) if (isOlder(view, checkin, alert)) add(alert.about);
    }
    for (const muster of musters) if (isMusterMissed(view, muster)) add(MUSTER + muster.id);
    return verdicts;
  },
  nextDueMs: (view) => {
    let next = Number.POSITIVE_INFINITY;
    const { profile, policy, nowMs } = view;
    if (policy.checkinGraceS === 0) return next;
    for (const checkin of profile.checkins) {
      const window = view.lastOfficeWindow(checkin, nowMs);
      const dueMs = (window?.untilMs ?? 0) + policy.checkinGraceS * 1000;
      if (dueMs > nowMs && dueMs < next) next = dueMs;
    }
    return next;
  },
  explain: (view, { about }) => {
    const { id } = view.profile;
    const state = view.located?.state;
    const rest = state === undefined ? undefined : condition(view, state);
    const account = { evidence: state === undefined ? [] : lastFix(state) };
    const muster = musterOf(view, about);
    if (muster !== undefined) {
      const zone = view.zone(muster.zone);
      const place = zone?.name ?? muster.zone;
      const span = `${view.clock(muster.fromMs)} – ${view.clock(muster.untilMs)}`;
      return {
        ...account,
        atMs: muster.untilMs,
        zone: muster.zone,
        zh: `${id} 未参加集中点验 ${muster.id}（${span}，${place}）：其间无报到，也无定位显示其到场。${rest?.zh ?? ''}`,
        en: `${id} missed roll-call ${muster.id} (${span}, ${place}): no check-in, and no position showed them there.${rest === undefined ? '' : ` ${rest.en}`}`,
      };
    }
    const found = windowOf(view, about);
    if (found === undefined) throw new Error(`there is no window ${about}`);
    const { checkin, window } = found;
    const span = `${view.clock(window.fromMs)} – ${view.clock(window.untilMs)}`;
    const last = view.checkins.at(-1);
    return {
      ...account,
      atMs: window.untilMs,
      zone: null,
      zh: `${id} 未在报到时段 ${checkin.id}（${span}）内报到；${last === undefined ? '此前无报到记录' : `上次报到 ${view.clock(last)}`}。${rest?.zh ?? ''}`,
      en: `${id} did not check in within window ${checkin.id} (${span}); ${last === undefined ? 'no earlier check-in is known' : `last check-in ${view.clock(last)}`}.${rest === undefined ? '' : ` ${rest.en}`}`,
    };
  },
  explainEnd: (view, { about, startedAtMs }) => {
    const { id } = view.profile;
    const last = view.checkins.at(-1);
    const isMadeUp = last !== undefined && last <= view.nowMs;
    const atMs = isMadeUp ? Math.max(startedAtMs, last) : view.nowMs;
    const at = view.clock(atMs);
    const [what] = about.startsWith(MUSTER) ? [about.slice(MUSTER.length)] : about.split('@');
    return {
      atMs,
      zone: null,
      evidence: [],
      zh: isMadeUp ? `${id} 已于 ${at} 报到（${what}）。` : `${id} 的报到要求 ${what} 自 ${at} 起不再要求。`,
      en: isMadeUp
        ? `${id} checked in at ${at} (${what}).`
        : `Check-in ${what} is no longer asked of ${id} since ${at}.`,
    };
  },
};

/** The window that closed last, its grace over, as long as the windows have been known. */
function lastClosed(view: SubjectView, checkin: CheckinWindow): Window | null {
  const graceMs = view.policy.checkinGraceS * 1000;
  const window = view.lastOfficeWindow(checkin, view.nowMs - graceMs);
  return window === null || window.untilMs + graceMs <= view.checkinsFromMs ? null : window;
}

/** Leave over the whole window, or at its close, excuses. */
function isMissed(view: SubjectView, { fromMs, untilMs }: Window): boolean {
  // A check-in after the window's close makes up for it.
  if (view.checkins.some((atMs) => atMs >= fromMs && atMs <= view.nowMs)) return false;
  const permit = permitAt(view, fromMs);
  return permitAt(view, untilMs) === undefined && (permit === undefined || permitEndMs(permit) < untilMs);
}

function aboutOf({ id }: CheckinWindow, { untilMs }: Window): string {
  return `${id}@${formatInstant(untilMs)}`;
}

/** An open alert of that window id, nothing checked in since. */
function isOlder(view: SubjectView, { id }: CheckinWindow, alert: OpenAlertView): boolean {
  if (alert.kind !== 'missed-checkin' || !alert.about.startsWith(`${id}@`)) return false;
  const found = windowOf(view, alert.about);
  return found !== undefined && isMissed(view, found.window);
}

function windowOf(
  view: SubjectView,
  about: string,
): { readonly checkin: CheckinWindow; readonly window: Window } | undefined {
  const untilMs = Date.parse(about.slice(about.lastIndexOf('@') + 1));
  for (const checkin of view.profile.checkins) {
    if (!about.startsWith(`${checkin.id}@`)) continue;
    const window = view.lastOfficeWindow(checkin, untilMs);
    if (window !== null && window.untilMs === untilMs) return { checkin, window };
  }
  return undefined;
}

function musterOf(view: SubjectView, about: string): Muster | undefined {
  if (!about.startsWith(MUSTER)) return undefined;
  return view.mustersOf(view.profile.id).find(({ id }) => MUSTER + id === about);
}

function isMusterMissed(view: SubjectView, muster: Muster): boolean {
  const { nowMs, profile } = view;
  if (nowMs < muster.untilMs + view.policy.checkinGraceS * 1000 || nowMs - muster.untilMs > MUSTER_OPEN_MS)
    return false;
  if (muster.untilMs <= view.checkinsFromMs || muster.excused.includes(profile.id)) return false;
  if (view.memory[MUSTER + muster.id] !== undefined) return false;
  return !view.checkins.some((atMs: Instant) => atMs >= muster.fromMs && atMs <= nowMs);
}

/** Within the window, and inside the place as surely as the policy asks. */
function isThere(view: SubjectView, { zone: id, fromMs, untilMs }: Muster): boolean {
  const { atMs, located } = view;
  if (located === null || atMs < fromMs || atMs > untilMs || located.estimate.atMs < fromMs) return false;
  const zone = view.zone(id);
  const where = whereabouts(view);
  if (zone === undefined || where === null || where.isStale) return false;
  const { lon, lat, sigmaM } = where;
  const outside = probabilityOutside(view.distanceM(zone, lon, lat, FAR_SIGMAS * sigmaM), sigmaM);
  return 1 - outside >= view.policy.insideProbability;
}
