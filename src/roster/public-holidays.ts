/** The State Council's holidays and make-up workdays of a year, by the chinese-days library. */
// CommonJS, whose names Node does not find by itself.
import chineseDays from 'chinese-days';

export interface SpecialDay {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly name: string;
  readonly isOff: boolean;
}

const DAY_MS = 86_400_000;

/** None for a year whose arrangement the library does not have: it would call every weekday a workday. */
export function daysOfLibrary(year: number): SpecialDay[] {
  const days: SpecialDay[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += DAY_MS) {
    const date = new Date(at).toISOString().slice(0, 10);
    const { name, work } = chineseDays.getDayDetail(date);
    // A named day: `National Day,国庆节,3`; the others bear the name of their weekday.
    const [, zh] = name.split(',');
    if (zh !== undefined) days.push({ date, name: zh, isOff: !work });
  }
  return days;
}
