/** Tables that a county hands up: the statistics of annex 3 (Dachuan, 2022), the hazard ledger of annex 1, the key-person ledger of annex 2. */
import type { Db } from '../src/ports/database.ts';
import { countDeeds, countKeyPersons, listHazards, listKeyPersons } from '../src/store/reports.ts';
import { figuresOf, timeZoneOf } from './figures.ts';
import type { Period } from './periods.ts';
import { rateValue } from './rates.ts';
import type { ReportSection } from './report.ts';

const HAZARD_STATES = ['cannot-rectify', 'not-rectified', 'rectifying', 'rectified'] as const;
const HAZARD_NAMES = ['无法整改', '未整改', '整改中', '已整改'] as const;
const LEGAL_TYPES: Readonly<Record<string, string>> = {
  'public-surveillance': '管制',
  'suspended-sentence': '缓刑',
  parole: '假释',
  'temporary-execution-outside-prison': '暂予监外执行',
};
const BLANK = '空白栏目由填报单位填写：系统不收集该项数据。';

/** Column by column. What the system does not hold is left for a person to fill; key persons where nobody has registered any. */
export async function annexThree(
  db: Db,
  scope: string,
  organisation: string,
  period: Period,
): Promise<ReportSection> {
  const { from, until } = period;
  const { items } = await figuresOf(db, { scope, organisation, period, by: 'county', asOf: 'frozen' });
  const hazards = await listHazards(db, scope, organisation, until);
  const keyPersons = await countKeyPersons(db, scope, organisation);
  const deeds = await countDeeds(db, scope, organisation, from, until, await timeZoneOf(db));
  const inside = (unit: string) => (row: { readonly office: string }) =>
    row.office === unit || row.office.startsWith(`${unit}/`);
  return {
    heading: '社区矫正隐患排查整治统计表',
    lines: [BLANK, '走访人次为系统内登记的实地查访；惩处人次为经确认违规并依法采取措施的件数。'],
    table: {
      columns: [
        '地区',
        '排查风险隐患总数',
        '“6+9”类重点社区矫正对象数',
        '应收未收数',
        '脱管人数',
        '定位监管率',
        '走访人次',
        '惩处人次',
        '教育人次',
        '帮扶人次',
        ...HAZARD_NAMES,
      ],
      rows: items.map(({ organisation: unit, counts, rates: own }) => {
        const isOfUnit = inside(unit);
        const found = hazards.filter(isOfUnit);
        const done = deeds.filter(isOfUnit);
        const sum = (name: 'visits' | 'measures') => done.reduce((total, row) => total + row[name], 0);
        const key = keyPersons.filter(isOfUnit).reduce((total, { people }) => total + people, 0);
        const states = HAZARD_STATES.map((state) => found.filter((hazard) => hazard.state === state).length);
        return [
          unit,
          found.length,
          keyPersons.length === 0 ? null : key,
          null,
          counts.absconders,
          rateValue(own, 'coverage'),
          sum('visits'),
          sum('measures'),
          null,
          null,
          ...states,
        ];
      }),
      shares: [5],
      places: [0],
      chart: { kind: 'column', label: 0, values: [5] },
    },
  };
}

export async function hazardLedger(
  db: Db,
  scope: string,
  organisation: string,
  { until }: Period,
): Promise<ReportSection> {
  const hazards = await listHazards(db, scope, organisation, until);
  return {
    heading: '社区矫正隐患排查整治工作台账',
    lines: ['整改不彻底不销账。'],
    table: {
      columns: [
        '序号',
        '单位',
        '风险隐患类别',
        '基本情况',
        '整改措施',
        '责任部门',
        '责任人',
        '完成时限',
        '整改状态',
      ],
      rows: hazards.map((hazard, i) => [
        i + 1,
        hazard.office,
        hazard.category,
        hazard.situation,
        hazard.measures,
        hazard.department,
        hazard.person,
        hazard.due_at.toISOString().slice(0, 10),
        HAZARD_NAMES[(HAZARD_STATES as readonly string[]).indexOf(hazard.state)] ?? hazard.state,
      ]),
      shares: [],
      places: [1],
      about: hazards.map(({ subject }) => subject),
      chart: null,
    },
  };
}

/** As they are registered now. The document holds ids; sex, crime and term are not kept by the system. */
export async function keyPersonLedger(db: Db, scope: string, organisation: string): Promise<ReportSection> {
  const people = await listKeyPersons(db, scope, organisation);
  return {
    heading: '重点社区矫正对象台账',
    lines: [BLANK],
    table: {
      columns: [
        '序号',
        '单位',
        '姓名',
        '性别',
        '矫正类型',
        '重点人员类型',
        '罪名',
        '刑期',
        '矫正期限',
        '风险隐患',
        '管控措施',
        '责任人',
      ],
      rows: people.map((person, i) => [
        i + 1,
        person.office,
        person.subject,
        null,
        LEGAL_TYPES[person.legal_type ?? ''] ?? null,
        person.categories,
        null,
        null,
        person.from_day === null ? null : `${person.from_day} – ${person.until_day ?? ''}`,
        person.situations,
        person.measures,
        person.officer,
      ]),
      shares: [],
      places: [1],
      people: [2],
      about: people.map(({ subject }) => subject),
      chart: null,
    },
  };
}
