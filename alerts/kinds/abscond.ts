/**
 * 疑似脱管: out of bounds, strap cut or dark, and not resolved within the policy's time, or two of them together. Once told, it
 * stands as long as any of them does.
 */
import type { Instant } from '../../src/kernel/instant.ts';
import { type AlertKind, NOTHING, type SubjectView } from './kind.ts';
import { darkSinceMs } from './silence.ts';
import { condition, duration, type Words } from './wording.ts';
import { lastFix } from './zone-evidence.ts';

const ABOUT = 'abscond';
const DEADLINE_S = 120;
/** Two of them at once for so long. */
const TOGETHER_MS = 600_000;

interface Sign {
  readonly name: 'out' | 'cut' | 'dark';
  readonly sinceMs: Instant;
  /** Up to when it is known: who was out by the last fix, which is old, may be anywhere. */
  readonly untilMs: Instant;
  readonly confidence: number;
}

export const abscond: AlertKind = {
  name: 'abscond',
  judges: 'now',
  deadlineS: () => DEADLINE_S,
  judge: (view) => {
    const signs = signsOf(view);
    if (signs.length === 0) return NOTHING;
    return [
      {
        about: ABOUT,
        says: isBroken(view, signs) ? 'holds' : 'undecided',
        severity: 'critical',
        confidence: Math.max(...signs.map(({ confidence }) => confidence)),
        device: view.located?.device.id ?? view.devices[0]?.device.id ?? null,
      },
    ];
  },
  nextDueMs: (view) => {
    const signs = signsOf(view);
    return signs.length === 0 ? Number.POSITIVE_INFINITY : dueMsOf(view, signs);
  },
  explain: (view, _verdict) => {
    const signs = signsOf(view);
    const { id } = view.profile;
    const words = signs.map((sign) => describe(view, sign));
    const state = view.located?.state ?? view.devices[0]?.state;
    const rest = state === undefined ? undefined : condition(view, state);
    return {
      atMs: Math.min(view.nowMs, ...signs.map(({ sinceMs }) => sinceMs)),
      zone: null,
      evidence: state === undefined ? [] : lastFix(state),
      zh: `${id} 疑似脱管：${words.map(({ zh }) => zh).join('，')}。${rest?.zh ?? ''}`,
      en: `${id} has probably absconded: ${words.map(({ en }) => en).join(', ')}.${rest === undefined ? '' : ` ${rest.en}`}`,
    };
  },
  explainEnd: (view) => {
    const { id } = view.profile;
    const at = view.clock(view.nowMs);
    const state = view.located?.state;
    return {
      atMs: view.nowMs,
      zone: null,
      evidence: state === undefined ? [] : lastFix(state),
      zh: `${id} 的疑似脱管自 ${at} 起解除：不再越界、失联，腕带闭合。`,
      en: `${id} is no longer missing since ${at}: in bounds, in contact, strap closed.`,
    };
  },
};

function signsOf(view: SubjectView): readonly Sign[] {
  const out = view.book.open.find(({ kind }) => kind === 'out-of-bounds');
  const darkMs = darkSinceMs(view);
  let cutMs: Instant | null = null;
  for (const { state } of view.devices) {
    const at = state.strapCutMs;
    if (at !== undefined && (cutMs === null || at < cutMs)) cutMs = at;
  }
  if (out === undefined && darkMs === null && cutMs === null) return NO_SIGNS;
  const signs: Sign[] = [];
  if (out !== undefined)
    signs.push({
      name: 'out',
      sinceMs: out.startedAtMs,
      untilMs: view.located?.estimate.atMs ?? out.startedAtMs,
      confidence: out.confidence,
    });
  if (cutMs !== null) signs.push({ name: 'cut', sinceMs: cutMs, untilMs: view.nowMs, confidence: 1 });
  if (darkMs !== null) signs.push({ name: 'dark', sinceMs: darkMs, untilMs: view.nowMs, confidence: 1 });
  return signs;
}

const NO_SIGNS: readonly Sign[] = [];

function isBroken({ policy }: SubjectView, signs: readonly Sign[]): boolean {
  const lasted = signs.map(({ sinceMs, untilMs }) => untilMs - sinceMs).sort((a, b) => b - a);
  return (lasted[0] ?? 0) >= policy.abscondAfterS * 1000 || (lasted[1] ?? 0) >= TOGETHER_MS;
}

/** When it is one by time: the oldest sign for the policy's time, or two together for ten minutes. */
function dueMsOf({ policy }: SubjectView, signs: readonly Sign[]): Instant {
  const since = signs.map(({ sinceMs }) => sinceMs).sort((a, b) => a - b);
  const alone = (since[0] ?? 0) + policy.abscondAfterS * 1000;
  return since[1] === undefined ? alone : Math.min(alone, since[1] + TOGETHER_MS);
}

function describe(view: SubjectView, { name, sinceMs, untilMs }: Sign): Words {
  const at = view.clock(sinceMs);
  const long = duration((untilMs - sinceMs) / 1000);
  switch (name) {
    case 'out':
      return { zh: `自 ${at} 起越界（${long.zh}）`, en: `out of bounds since ${at} (${long.en})` };
    case 'cut':
      return { zh: `腕带自 ${at} 起被拆（${long.zh}）`, en: `strap cut since ${at} (${long.en})` };
    case 'dark':
      return {
        zh: `全部设备自 ${at} 起关机或失联（${long.zh}）`,
        en: `every device off or silent since ${at} (${long.en})`,
      };
  }
}
