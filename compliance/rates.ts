/**
 * The rates on which offices are judged, each with numerator, denominator, exclusions and formula. No document defines them (SPEC.md,
 * K1), so the formula has a version and goes with each figure. Confirmed violations and raw alerts are never added to each other. Pure.
 */

/** Raised with each change of a formula below: figures of different versions are not to be compared. */
export const FORMULA_VERSION = 2;

export const RATE_IDS = [
  'positioning',
  'coverage',
  'verification',
  'fingerprint',
  'checkin',
  'muster',
  'leave',
  'bounds',
  'curfew',
  'violation',
  'abscond',
  'response',
] as const;
export type RateId = (typeof RATE_IDS)[number];

/** Sums of a group over a period; as the store's columns are called. */
export interface RateMeasures {
  readonly subjects: number;
  readonly exempt: number;
  readonly expected: number;
  readonly checked: number;
  readonly positioned_due: number;
  readonly positioned: number;
  readonly slots_due: number;
  readonly slots_located: number;
  readonly bounds_due: number;
  readonly bounds_kept: number;
  readonly curfew_due: number;
  readonly curfew_kept: number;
  readonly checkins_due: number;
  readonly checkins_met: number;
  readonly checkins_fingerprint: number;
  readonly musters_due: number;
  readonly musters_met: number;
  readonly leaves_due: number;
  readonly leaves_kept: number;
}

export interface RateCounts {
  /** People with at least one confirmed violation that began in the period; of those the ones out of supervision. */
  readonly violators: number;
  readonly absconders: number;
  /** Alerts that began in the period; those of which somebody took note or whose time is over; those noted in time. */
  readonly alertsRaised: number;
  readonly alertsDue: number;
  readonly alertsInTime: number;
}

export interface Rate {
  readonly id: RateId;
  readonly numerator: number;
  readonly denominator: number;
  /** Null: nothing was asked for. */
  readonly value: number | null;
  /** Person-days left out of both, by a recorded exemption. */
  readonly excluded: number;
  readonly formula: number;
}

export interface RateText {
  readonly zh: string;
  readonly en: string;
  readonly formulaZh: string;
  readonly formulaEn: string;
  /** More is better, or less. */
  readonly better: 'more' | 'less';
  /** From the source documents; null: none names one. */
  readonly target: number | null;
}

export const RATE_TEXTS: Readonly<Record<RateId, RateText>> = {
  positioning: {
    zh: '手机定位率',
    en: 'Positioning rate',
    formulaZh: '每个应定位时段均有有效定位的人日 ÷ 应定位人日（不含已登记免定位）',
    formulaEn:
      'person-days with a valid fix in each required slot ÷ person-days with one required (recorded exemptions left out)',
    better: 'more',
    target: 0.95,
  },
  coverage: {
    zh: '定位监管率',
    en: 'Coverage of required slots',
    formulaZh: '有有效定位的时段 ÷ 应定位时段',
    formulaEn: 'required slots with a valid fix ÷ required slots',
    better: 'more',
    target: 0.95,
  },
  verification: {
    zh: '核查覆盖率',
    en: 'Verification coverage',
    formulaZh: '当日至少核查一次的人日 ÷ 应核查人日',
    formulaEn: 'person-days verified at least once ÷ person-days to be verified',
    better: 'more',
    target: 1,
  },
  fingerprint: {
    zh: '指纹报到系统应用率',
    en: 'Fingerprint check-in use',
    formulaZh: '以指纹完成的应报到次数 ÷ 应报到次数（不含请假）',
    formulaEn: 'check-ins due that were made by fingerprint ÷ check-ins due (leave left out)',
    better: 'more',
    target: 1,
  },
  checkin: {
    zh: '报到率',
    en: 'Check-in rate',
    formulaZh: '已报到次数 ÷ 应报到次数（不含请假）',
    formulaEn: 'check-ins made ÷ check-ins due (leave left out)',
    better: 'more',
    target: null,
  },
  muster: {
    zh: '集中点验签到率',
    en: 'Muster rate',
    formulaZh: '签到 ÷（应到 − 书面请假）',
    formulaEn: 'present ÷ (expected − written leave)',
    better: 'more',
    target: 0.9,
  },
  leave: {
    zh: '按期销假率',
    en: 'Leave compliance',
    formulaZh: '按期销假 ÷ 到期请假',
    formulaEn: 'returns recorded in time ÷ permits that ended',
    better: 'more',
    target: null,
  },
  bounds: {
    zh: '活动区域遵守率',
    en: 'Stay-in minutes kept',
    formulaZh: '确认在区域内的分钟 ÷ 应在区域内的分钟（不含请假）',
    formulaEn: 'minutes shown kept ÷ minutes due (leave left out)',
    better: 'more',
    target: null,
  },
  curfew: {
    zh: '宵禁遵守率',
    en: 'Curfew minutes kept',
    formulaZh: '确认遵守的分钟 ÷ 宵禁分钟（不含请假）',
    formulaEn: 'minutes shown kept ÷ minutes due (leave left out)',
    better: 'more',
    target: null,
  },
  violation: {
    zh: '违规率',
    en: 'Violation rate',
    formulaZh: '有经确认违规的人数 ÷ 平均在册人数（在册人日 ÷ 有在册的天数；报警不计）',
    formulaEn:
      'people with a confirmed violation ÷ mean register (person-days ÷ days with anybody on the register; raw alerts never count)',
    better: 'less',
    target: null,
  },
  abscond: {
    zh: '脱管率',
    en: 'Out-of-supervision rate',
    formulaZh: '经确认脱管的人数 ÷ 平均在册人数（在册人日 ÷ 有在册的天数）',
    formulaEn:
      'people confirmed out of supervision ÷ mean register (person-days ÷ days with anybody on the register)',
    better: 'less',
    target: 0.01,
  },
  response: {
    zh: '及时响应率',
    en: 'Alerts taken note of in time',
    formulaZh: '时限内已确认接收的报警 ÷ 已确认接收或时限已过的报警',
    formulaEn: 'alerts acknowledged in time ÷ alerts acknowledged or past their time',
    better: 'more',
    target: null,
  },
};

type FormulaWords = Pick<RateText, 'formulaZh' | 'formulaEn'>;
/** What a formula was up to a version, where it is another now: a frozen month is shown with the words that it was made by. */
const EARLIER_WORDS: Readonly<Partial<Record<RateId, { readonly upTo: number } & FormulaWords>>> = {
  violation: {
    upTo: 1,
    formulaZh: '有经确认违规的人数 ÷（在册人日 ÷ 当月日历天数）（报警不计）',
    formulaEn: 'people with a confirmed violation ÷ (person-days ÷ calendar days; raw alerts never count)',
  },
  abscond: {
    upTo: 1,
    formulaZh: '经确认脱管的人数 ÷（在册人日 ÷ 当月日历天数）',
    formulaEn: 'people confirmed out of supervision ÷ (person-days ÷ calendar days)',
  },
  response: {
    upTo: 1,
    formulaZh: '时限内已确认接收的报警 ÷ 报警',
    formulaEn: 'alerts acknowledged in time ÷ alerts raised',
  },
};

export function formulaWords({ id, formula }: Pick<Rate, 'id' | 'formula'>): FormulaWords {
  const earlier = EARLIER_WORDS[id];
  return earlier !== undefined && formula <= earlier.upTo ? earlier : RATE_TEXTS[id];
}

/** `days`: those of the period on which the group had anybody on the register, for the mean register. */
export function ratesOf(
  measures: RateMeasures,
  counts: RateCounts,
  days: number,
  formula: number = FORMULA_VERSION,
): Rate[] {
  const m = measures;
  const register = days === 0 ? 0 : m.subjects / days;
  const parts: Readonly<Record<RateId, readonly [number, number]>> = {
    positioning: [m.positioned, m.positioned_due],
    coverage: [m.slots_located, m.slots_due],
    verification: [m.checked, m.expected],
    fingerprint: [m.checkins_fingerprint, m.checkins_due],
    checkin: [m.checkins_met, m.checkins_due],
    muster: [m.musters_met, m.musters_due],
    leave: [m.leaves_kept, m.leaves_due],
    bounds: [m.bounds_kept, m.bounds_due],
    curfew: [m.curfew_kept, m.curfew_due],
    violation: [counts.violators, register],
    abscond: [counts.absconders, register],
    response: [counts.alertsInTime, counts.alertsDue],
  };
  return RATE_IDS.map((id) => {
    const [numerator, denominator] = parts[id];
    const value = denominator === 0 ? null : numerator / denominator;
    return { id, numerator, denominator, value, excluded: m.exempt, formula };
  });
}

export function rateValue(rates: readonly Rate[], id: RateId): number | null {
  return rates.find((rate) => rate.id === id)?.value ?? null;
}
