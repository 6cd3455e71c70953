/**
 * What the law sets by number, as reference data with its articles. Each version holds from its day on; a change of the law is a new
 * version, and what was decided before keeps the one it was decided by. Pure.
 *
 * Sources: Community Corrections Law (社区矫正法, in force 2020-07-01), arts 21, 29; Measures for its implementation (社区矫正法实施办法,
 * 司法通〔2020〕59号, in force the same day), arts 26 to 29, 34, 35, 46, 47.
 */

/** Levels of approval, the lowest first. */
export const LEVELS = ['office', 'county', 'city', 'province'] as const;
export type Level = (typeof LEVELS)[number];

export interface Article {
  /** As it is quoted, in Chinese. */
  readonly zh: string;
  readonly en: string;
}

export interface Measures {
  readonly version: string;
  /** First day on which it holds. */
  readonly from: string;
  readonly permit: {
    /** The lowest level that may approve so many days; ascending. Null: any number. */
    readonly limits: readonly {
      readonly level: Level;
      readonly mostDays: number | null;
      readonly article: Article;
    }[];
    /** More than so many days away within so many months: the level above the county's. */
    readonly cumulated: {
      readonly months: number;
      readonly mostDays: number;
      readonly level: Level;
      readonly article: Article;
    };
    /** How long before the leave it is asked for. */
    readonly aheadDays: number;
    /** 经常性跨市、县活动. */
    readonly recurrent: { readonly mostMonths: number; readonly level: Level; readonly article: Article };
    readonly asking: Article;
    readonly returning: Article;
  };
  readonly order: { readonly mostMonths: number; readonly level: Level; readonly article: Article };
  readonly reportInDays: number;
  readonly reportIn: Article;
  /** What unexcused lateness or being out of supervision can lead to, the mildest first; `until` counts from its begin. */
  readonly lost: readonly {
    readonly stage: 'admonition' | 'warning' | 'revocation';
    readonly until: { readonly days: number } | { readonly months: number } | null;
    readonly article: Article;
  }[];
}

const measures = (article: string, english = article): Article => ({
  zh: `社区矫正法实施办法第${article}条`,
  en: `Measures for Community Corrections, art. ${english}`,
});
const law = (article: string, english: string): Article => ({
  zh: `社区矫正法第${article}条`,
  en: `Community Corrections Law, art. ${english}`,
});

/** The newest last. */
export const MEASURES: readonly Measures[] = [
  {
    version: '2020-07-01',
    from: '2020-07-01',
    permit: {
      limits: [
        { level: 'office', mostDays: 7, article: measures('二十七', '27') },
        { level: 'county', mostDays: 30, article: measures('二十七', '27') },
        { level: 'city', mostDays: null, article: measures('二十七', '27') },
      ],
      cumulated: { months: 2, mostDays: 30, level: 'city', article: measures('二十七', '27') },
      aheadDays: 3,
      recurrent: { mostMonths: 6, level: 'county', article: measures('二十九', '29') },
      asking: measures('二十七', '27'),
      returning: measures('二十八', '28'),
    },
    order: { mostMonths: 3, level: 'county', article: law('二十九', '29') },
    reportInDays: 10,
    reportIn: law('二十一', '21'),
    lost: [
      { stage: 'admonition', until: { days: 10 }, article: measures('三十四', '34') },
      { stage: 'warning', until: { months: 1 }, article: measures('三十五', '35') },
      { stage: 'revocation', until: null, article: measures('四十六、四十七', '46, 47') },
    ],
  },
];

/** The version that holds on a day; what lies before the first is judged by the first. */
export function measuresOn(day: string): Measures {
  const found = MEASURES.findLast(({ from }) => from <= day) ?? MEASURES[0];
  if (found === undefined) throw new Error('there are no measures');
  return found;
}

export function isAtLeast(level: Level, needed: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(needed);
}

/**
 * At which level somebody of an organisation decides: by its kind where the tree names it, else by how deep its path lies. A command
 * centre watches and approves nothing.
 */
export function levelOf(path: string, kind: string | undefined): Level | undefined {
  switch (kind) {
    case 'province':
    case 'city':
    case 'county':
      return kind;
    case 'functional-zone':
      return 'county';
    case 'justice-office':
      return 'office';
    case 'command-centre':
      return path === '' ? 'city' : undefined;
    default:
      return path === '' ? 'city' : path.includes('/') ? 'office' : 'county';
  }
}
