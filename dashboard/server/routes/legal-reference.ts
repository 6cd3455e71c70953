/** `legal-limits`, `device-classes`: the law's numbers and classes, as reference data. */
import { Type } from 'typebox';
import { CLOCK_STAGES } from '../../../src/legal/clocks.ts';
import { DEVICE_CLASSES, LEGAL_CLASSES } from '../../../src/legal/device-classes.ts';
import { MEASURES } from '../../../src/legal/measures.ts';
import type { App } from '../http-server.ts';
import { Article, LevelName } from './legal-deeds.ts';
import { answers, Day, Nullable } from './schemas.ts';

const Measure = Type.Object({
  version: Type.String(),
  from: Day,
  permitLimits: Type.Array(
    Type.Object({ level: LevelName, mostDays: Nullable(Type.Integer()), article: Article }),
  ),
  cumulated: Type.Object({
    months: Type.Integer(),
    mostDays: Type.Integer(),
    level: LevelName,
    article: Article,
  }),
  order: Type.Object({ mostMonths: Type.Integer(), level: LevelName, article: Article }),
  reportInDays: Type.Integer(),
  reportIn: Article,
  lost: Type.Array(
    Type.Object({
      stage: Type.Enum(CLOCK_STAGES),
      untilDays: Nullable(Type.Integer()),
      untilMonths: Nullable(Type.Integer()),
      article: Article,
    }),
  ),
});
const Class = Type.Object({
  legalClass: Type.Enum(LEGAL_CLASSES),
  kinds: Type.Array(Type.String()),
  needsOrder: Type.Boolean(),
  name: Article,
  collects: Article,
  article: Article,
  retention: Type.String({ description: 'Class of /api/v1/retention that its positions are of' }),
});

export function registerLegalReferenceRoutes(app: App): void {
  const tags = ['legal-clocks'];

  app.get(
    '/api/v1/legal-limits',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'What the law sets by number, by version, with its articles',
        response: answers(Type.Object({ items: Type.Array(Measure) })),
      },
    },
    async () => ({ items: MEASURES.map(toMeasure) }),
  );

  app.get(
    '/api/v1/device-classes',
    {
      config: { action: 'account.own' },
      schema: {
        tags,
        summary: 'The two legal classes of position source: what is collected when by each',
        response: answers(Type.Object({ items: Type.Array(Class) })),
      },
    },
    async () => ({
      items: DEVICE_CLASSES.map(({ zh, en, collectsZh, collectsEn, kinds, ...rest }) => ({
        ...rest,
        kinds: [...kinds],
        name: { zh, en },
        collects: { zh: collectsZh, en: collectsEn },
      })),
    }),
  );
}

function toMeasure({
  permit,
  order,
  lost,
  version,
  from,
  reportInDays,
  reportIn,
}: (typeof MEASURES)[number]) {
  return {
    version,
    from,
    permitLimits: permit.limits.map((limit) => ({ ...limit })),
    cumulated: permit.cumulated,
    order,
    reportInDays,
    reportIn,
    lost: lost.map(({ stage, until, article }) => ({
      stage,
      untilDays: until !== null && 'days' in until ? until.days : null,
      untilMonths: until !== null && 'months' in until ? until.months : null,
      article,
    })),
  };
}
