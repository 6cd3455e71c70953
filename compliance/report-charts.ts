/** Charts of a report's tables as Office draws them itself: sharp on paper, in the fonts of the reader's machine, still editable. Pure. */
import type { ChartRunOptions } from 'docx/charts';
import type { ReportTable } from './report.ts';

/** Greys and one blue: a report says by its words what is bad. */
const COLOURS = ['1C5D9C', '8795A1', 'B99700'] as const;
const SIZE = { width: 880, height: 280 };
/** Beyond it the names along the axis can't be read. */
const MOST_LABELS = 120;

/** None where there is nothing to draw. A share's axis begins where its values do: they all lie close under one. */
export function chartsOf(table: ReportTable | null): ChartRunOptions[] {
  const chart = table?.chart ?? null;
  if (table === null || chart === null) return [];
  const rows = table.rows.slice(0, MOST_LABELS);
  const numbers = (column: number) =>
    rows.map((row) => {
      const cell = row[column];
      return typeof cell === 'number' ? cell : null;
    });
  const series = chart.values.map((column, i) => ({
    name: table.columns[column] ?? '',
    values: numbers(column),
    color: COLOURS[i % COLOURS.length] as string,
  }));
  if (series.every(({ values }) => values.every((value) => value === null))) return [];
  const isShare = chart.values.every((column) => table.shares.includes(column));
  return [
    {
      type: chart.kind,
      categories: rows.map((row) => String(row[chart.label] ?? '')),
      series,
      ...(series.length > 1 ? {} : { legend: false }),
      title: series.map(({ name }) => name).join(' / '),
      valueAxis: isShare ? { numberFormat: '0%', maximum: 1 } : {},
      transformation: SIZE,
    },
  ];
}
