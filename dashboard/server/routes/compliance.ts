/** `compliance` and `rankings`: rates with their working, the names behind them, and the order of the offices. */
import { type Static, Type } from 'typebox';
import { type Figures, figuresOf, GROUPINGS, timeZoneOf } from '../../../compliance/figures.ts';
import { localDay, PERIOD_UNITS, type Period, periodOf } from '../../../compliance/periods.ts';
import { rankingOf } from '../../../compliance/ranking.ts';
import { formulaWords, RATE_IDS, RATE_TEXTS, type Rate, ratesOf } from '../../../compliance/rates.ts';
import type { Instant } from '../../../src/kernel/instant.ts';
import type { Database } from '../../../src/ports/database.ts';
import { listViolators } from '../../../src/store/compliance.ts';
import { listPresence, type Measures } from '../../../src/store/presence.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { obligation } from './presence.ts';
import {
  answers,
  Cursor,
  Day,
  decodeCursor,
  encodeCursor,
  Limit,
  Nullable,
  OrganisationPath,
  Page,
  readDay,
  Time,
  timeOrNull,
  toPage,
} from './schemas.ts';

export const RateShown = Type.Object({
  id: Type.Enum(RATE_IDS),
  zh: Type.String(),
  en: Type.String(),
  formulaZh: Type.String(),
  formulaEn: Type.String(),
  formulaVersion: Type.Integer(),
  numerator: Type.Number(),
  denominator: Type.Number(),
  value: Nullable(Type.Number({ description: 'Null: nothing was asked for' })),
  excludedPersonDays: Type.Integer(),
  better: Type.Enum(['more', 'less']),
  target: Nullable(Type.Number()),
});
const Unknown = Type.Object({
  person: Type.Number(),
  device: Type.Number(),
  network: Type.Number(),
  platform: Type.Number(),
});
const Minutes = Type.Object({
  due: Type.Number(),
  kept: Type.Number(),
  broken: Type.Number(),
  unknown: Unknown,
});
const Group = Type.Object({
  organisation: Type.String(),
  offices: Type.Integer(),
  personDays: Type.Number(),
  rates: Type.Array(RateShown),
  minutes: Type.Object({ contact: Minutes, bounds: Minutes, curfew: Minutes }),
  responseMedianS: Nullable(Type.Number()),
});
export const PeriodShown = Type.Object({ unit: Type.Enum(PERIOD_UNITS), from: Day, until: Day });
const Asked = {
  period: Type.Optional(Type.Enum(PERIOD_UNITS)),
  day: Type.Optional(Day),
  organisation: OrganisationPath,
};
const Name = Type.Object({
  subject: Type.String(),
  name: Nullable(Type.String()),
  office: Nullable(Type.String()),
  days: Type.Integer(),
  isExempt: Type.Boolean(),
  numerator: Type.Number(),
  denominator: Type.Number(),
  contact: Nullable(Minutes),
});

export interface PeriodQuery {
  readonly period?: (typeof PERIOD_UNITS)[number];
  readonly day?: string;
}

/** Of what sums people up. */
export interface FigureDeps {
  readonly database: Database;
  /** Sees the whole tree: a figure is the same whoever asks, of minors too. It names nobody; what names somebody is taken out when it is shown. */
  readonly whole: Database;
  now(): Instant;
}

export function registerComplianceRoutes(app: App, deps: FigureDeps): void {
  const db = deps.database;
  const tags = ['compliance'];

  app.get(
    '/api/v1/compliance',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'Rates of a period, each with numerator, denominator, exclusions and formula',
        querystring: Type.Object({
          ...Asked,
          by: Type.Optional(Type.Enum(GROUPINGS)),
          asOf: Type.Optional(Type.Enum(['frozen', 'now'])),
        }),
        response: answers(
          Type.Object({
            period: PeriodShown,
            formulaVersion: Type.Integer(),
            frozenAt: Nullable(Time),
            items: Type.Array(Group),
            nextCursor: Type.Null(),
          }),
        ),
      },
    },
    async (request) => {
      const { organisation = '', by = 'office', asOf = 'frozen' } = request.query;
      const scope = callerOf(request).actor.organisation;
      const period = await readPeriod(deps, request.query);
      const { items, frozenAt, formula } = await figuresOf(deps.whole, {
        scope,
        organisation,
        period,
        by,
        asOf,
      });
      return {
        period,
        formulaVersion: formula,
        frozenAt: timeOrNull(frozenAt),
        items: items.map(toGroup),
        nextCursor: null,
      };
    },
  );

  app.get(
    '/api/v1/compliance/names',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags,
        summary: 'The people behind a rate: what each adds to numerator and denominator',
        querystring: Type.Object({ ...Asked, rate: Type.Enum(RATE_IDS), cursor: Cursor, limit: Limit }),
        response: answers(Page(Name)),
      },
    },
    async (request) => {
      const { organisation = '', rate, cursor, limit = 100 } = request.query;
      const scope = callerOf(request).actor.organisation;
      const period = await readPeriod(deps, request.query);
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      if (rate === 'violation' || rate === 'abscond') {
        const kind = rate === 'abscond' ? 'abscond' : null;
        const zone = await timeZoneOf(db);
        const { from, until } = period;
        const rows = await listViolators(db, scope, organisation, from, until, after, zone, kind, limit + 1);
        const toName = ({ subject, name, office }: (typeof rows)[number]) => ({
          subject,
          name,
          office,
          days: 1,
          isExempt: false,
          numerator: 1,
          denominator: 1,
          contact: null,
        });
        return toPage(rows, limit, toName, ({ alert }) => encodeCursor(alert));
      }
      const rows = await listPresence(db, scope, organisation, period.from, period.until, after, limit + 1);
      return toPage(
        rows,
        limit,
        ({ subject, name, office, is_exempt, numbers }) => {
          const { days } = numbers as { days: number };
          const own = ratesOf(measuresOf(numbers as Measures, days), NOBODY, days).find(
            ({ id }) => id === rate,
          );
          const { numerator = 0, denominator = 0 } = own ?? {};
          const contact = obligation('contact', numbers as Measures);
          return { subject, name, office, days, isExempt: is_exempt, numerator, denominator, contact };
        },
        ({ subject }) => encodeCursor(subject),
      );
    },
  );

  app.get(
    '/api/v1/rankings',
    {
      config: { action: 'compliance.read' },
      schema: {
        tags: ['scoring'],
        summary: 'Offices or counties in the order of their score, with the working point by point',
        querystring: Type.Object({ ...Asked, by: Type.Optional(Type.Enum(['office', 'county'])) }),
        response: answers(
          Type.Object({
            period: PeriodShown,
            sheet: Type.Unknown({ description: 'The rule sheet in force' }),
            frozenAt: Nullable(Time),
            items: Type.Array(
              Type.Object({
                organisation: Type.String(),
                rank: Type.Integer(),
                score: Type.Number(),
                isVetoed: Type.Boolean(),
                facts: Type.Record(Type.String(), Type.Number()),
                working: Type.Array(
                  Type.Object({
                    point: Type.String(),
                    item: Type.String(),
                    observed: Nullable(Type.Number()),
                    taken: Type.Number(),
                    back: Type.Number(),
                  }),
                ),
                rates: Type.Array(RateShown),
              }),
            ),
            nextCursor: Type.Null(),
          }),
        ),
      },
    },
    async (request) => {
      const { organisation = '', by = 'office' } = request.query;
      const scope = callerOf(request).actor.organisation;
      const period = await readPeriod(deps, request.query);
      const ranking = await rankingOf(deps.whole, {
        scope,
        organisation,
        period,
        by,
        nowMs: deps.now(),
      });
      return {
        period,
        sheet: ranking.sheet,
        frozenAt: timeOrNull(ranking.frozenAt),
        items: ranking.items.map(({ rates, ...item }) => ({
          ...item,
          facts: { ...item.facts },
          working: [...item.working],
          rates: rates.map(toRate),
        })),
        nextCursor: null,
      };
    },
  );
}

const NOBODY = { violators: 0, absconders: 0, alertsRaised: 0, alertsDue: 0, alertsInTime: 0 };

/** One person's days as a group of one. Of several days "in every slot" is shown by the slots. */
function measuresOf(numbers: Measures, days: number): Measures {
  return {
    ...numbers,
    subjects: days,
    exempt: 0,
    expected: days,
    positioned_due: numbers.slots_due,
    positioned: numbers.slots_located,
  };
}

/** Month and today unless asked for others. */
export async function readPeriod(
  deps: { readonly database: Database; now(): Instant },
  { period = 'month', day }: PeriodQuery,
): Promise<Period> {
  return periodOf(
    period,
    day === undefined ? localDay(deps.now(), await timeZoneOf(deps.database)) : readDay('day', day),
  );
}

export function toRate(rate: Rate): Static<typeof RateShown> {
  const { zh, en, better, target } = RATE_TEXTS[rate.id];
  const { formulaZh, formulaEn } = formulaWords(rate);
  const { id, numerator, denominator, value, excluded, formula } = rate;
  return {
    id,
    zh,
    en,
    formulaZh,
    formulaEn,
    formulaVersion: formula,
    numerator,
    denominator,
    value,
    excludedPersonDays: excluded,
    better,
    target,
  };
}

function toGroup({ organisation, offices, measures, rates, responseMedianS }: Figures): Static<typeof Group> {
  return {
    organisation,
    offices,
    personDays: measures.subjects,
    rates: rates.map(toRate),
    minutes: {
      contact: obligation('contact', measures),
      bounds: obligation('bounds', measures),
      curfew: obligation('curfew', measures),
    },
    responseMedianS,
  };
}
