/** How a rate is written, and what it lacks. */
import type { RateShown } from '../api/compliance.ts';
import { text } from '../i18n/language.ts';

export const share = (value: number | null) => (value === null ? '—' : `${(value * 100).toFixed(1)} %`);

export const rateName = ({ zh, en }: RateShown): string => (text.value.locale === 'zh-CN' ? zh : en);

export const isMissed = ({ value, target, better }: RateShown): boolean =>
  value !== null && target !== null && (better === 'more' ? value < target : value > target);

/** What is missing to all of the denominator; of a rate of which less is better, what there is. */
export const shortfall = (rate: RateShown | undefined): number =>
  rate === undefined
    ? 0
    : rate.better === 'more'
      ? Math.max(0, rate.denominator - rate.numerator)
      : rate.numerator;
