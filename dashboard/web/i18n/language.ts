/** The language in use, and how numbers and times are written in it. Times are those of the office: Asia/Shanghai. */
import { computed, ref, watchEffect } from 'vue';
import { en } from './en.ts';
import { type Messages, zh } from './zh.ts';

const STORED = 'wardline.language';
const language = ref<'zh' | 'en'>(localStorage.getItem(STORED) === 'en' ? 'en' : 'zh');

watchEffect(() => {
  localStorage.setItem(STORED, language.value);
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
});

export const text = computed<Messages>(() => (language.value === 'zh' ? zh : en));
export const isChinese = computed(() => language.value === 'zh');

export function switchLanguage(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh';
}

const timeZone = 'Asia/Shanghai';
const clockFormat = new Intl.DateTimeFormat('zh-CN', {
  timeZone,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayFormats = {
  zh: new Intl.DateTimeFormat('zh-CN', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'long',
  }),
  en: new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    weekday: 'long',
  }),
};

export function clock(ms: number): string {
  return clockFormat.format(ms);
}

export function day(ms: number): string {
  return dayFormats[language.value].format(ms);
}

/** `00:01:42`, or days before it. */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86_400);
  const hms = `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return days > 0 ? `${days}d ${hms}` : hms;
}

export function metres(m: number): string {
  const { units } = text.value;
  return Math.abs(m) >= 10_000 ? `${(m / 1000).toFixed(1)} ${units.km}` : `${Math.round(m)} ${units.m}`;
}

export function percent(probability: number): string {
  return `${Math.min(99.9, Math.floor(probability * 1000) / 10)} %`;
}
