/** The language in use, and how numbers and times are written in it. Times are those of the office: Asia/Shanghai. */
import { computed, ref, watchEffect } from 'vue';
import { remember, remembered } from '../remembered.ts';
import { en } from './en.ts';
import { type Messages, zh } from './zh.ts';

const language = ref<'zh' | 'en'>(remembered('language') === 'en' ? 'en' : 'zh');

watchEffect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
});

export const text = computed<Messages>(() => (language.value === 'zh' ? zh : en));

/** The texts of one room, which come with its script: `zh` is the source, `en` has the same keys. */
export const textOf = <T>(words: { readonly zh: T; readonly en: T }) =>
  computed<T>(() => words[language.value]);

export function switchLanguage(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh';
  remember('language', language.value);
}

const timeZone = 'Asia/Shanghai';
const clockFormat = new Intl.DateTimeFormat('zh-CN', {
  timeZone,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const monthDayFormat = new Intl.DateTimeFormat('en-GB', { timeZone, month: '2-digit', day: '2-digit' });
const isoDayFormat = new Intl.DateTimeFormat('sv-SE', { timeZone });
const weekdayFormats = {
  zh: new Intl.DateTimeFormat('zh-CN', { timeZone, weekday: 'long' }),
  en: new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long' }),
};

/** The ledger speaks both languages and gives every time its date; the page shows its own, without the date of today. */
export const inLanguage = (sentence: { readonly zh: string; readonly en: string }, nowMs: number): string =>
  sentence[language.value].split(`${isoDayFormat.format(nowMs)} `).join('');

/** `2026-03-02`, of the office's day. */
export const isoDay = (ms: number): string => isoDayFormat.format(ms);

/** The instant at which an office's day begins: China has had no daylight saving since 1991. */
export const dayStartMs = (iso: string): number => Date.parse(`${iso}T00:00:00+08:00`);

/** What a field of date and time says, which is the office's time: `2026-03-02T17:02` → an instant. */
export const inputInstant = (local: string): string => new Date(`${local}:00+08:00`).toISOString();

/** The same the other way: an instant → `2026-03-02T17:02`. */
export const inputOf = (ms: number): string => `${isoDay(ms)}T${clock(ms).slice(0, 5)}`;

/** `2026-03-02 17:02`, for what may be years away. */
export const minute = (ms: number): string => inputOf(ms).replace('T', ' ');

/** `17:02:14` */
export const clock = (ms: number): string => clockFormat.format(ms);

/** `2026-03-02 星期一` */
export const day = (ms: number): string =>
  `${isoDayFormat.format(ms)} ${weekdayFormats[language.value].format(ms)}`;

/** The time alone on the day of `nowMs`, else with month and day before it: `03-01 17:02:14`. */
export function moment(ms: number, nowMs: number): string {
  if (isoDayFormat.format(ms) === isoDayFormat.format(nowMs)) return clock(ms);
  const [dayOfMonth, month] = monthDayFormat.format(ms).split('/');
  return `${month}-${dayOfMonth} ${clock(ms)}`;
}

/** `00:01:42`, or days before it. */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86_400);
  const hms = `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return days > 0 ? `${text.value.units.days(days)}${hms}` : hms;
}

/** `42 秒`, `1 分 12 秒`, `2 小时 3 分`: for words, where `age` is for columns. */
export function span(ms: number): string {
  const { units } = text.value;
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} ${units.s}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${units.min} ${s % 60} ${units.s}`;
  return `${Math.floor(s / 3600)} ${units.h} ${Math.floor(s / 60) % 60} ${units.min}`;
}

/** `2 分`, rounded down; `42 秒`, `2 小时 3 分`: where seconds beside minutes are nobody's concern. */
export const minutes = (ms: number): string =>
  ms >= 60_000 && ms < 3_600_000 ? `${Math.floor(ms / 60_000)} ${text.value.units.min}` : span(ms);

export const count = (n: number): string => n.toLocaleString(text.value.locale);

export function metres(m: number): string {
  const { units } = text.value;
  if (Math.abs(m) < 1000) return `${Math.round(m)} ${units.m}`;
  return `${(m / 1000).toFixed(Math.abs(m) < 10_000 ? 2 : 1)} ${units.km}`;
}

/** Rounded down, and never to certainty: 0.9998 is `99.9 %`. */
export const percent = (probability: number): string =>
  `${Math.min(99.9, Math.floor(probability * 1000) / 10).toFixed(1)} %`;
