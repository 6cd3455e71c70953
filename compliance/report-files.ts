/** A report as an Excel workbook or a Word document: the same words and figures as in the page, printable. */
import {
  AlignmentType,
  Document,
  HeadingLevel,
  Packer,
  PageOrientation,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
  WidthType,
} from 'docx';
import { ChartRun } from 'docx/charts';
import writeExcelFile from 'write-excel-file/node';
import { excelCharts } from './excel-charts.ts';
import type { Cell, Report, ReportTable } from './report.ts';
import { chartsOf } from './report-charts.ts';

const FONT = 'SimSun';

/** One sheet a section. */
export async function toExcel(report: Report): Promise<Buffer> {
  const sheets = report.sections.map(({ heading, lines, table }, i) => ({
    sheet: `${i + 1} ${heading}`.replaceAll(/[\\/?*[\]:]/g, ' ').slice(0, 31),
    data: [
      [{ value: `${report.title} ${spanOf(report)}`, fontWeight: 'bold' as const }],
      ...lines.map((line) => [{ value: line }]),
      ...(table === null
        ? []
        : [
            table.columns.map((value) => ({ value, fontWeight: 'bold' as const })),
            ...table.rows.map((row) =>
              row.map((cell, column) => excelCell(cell, table.shares.includes(column))),
            ),
          ]),
    ],
    columns: (table?.columns ?? ['']).map(() => ({ width: 16 })),
    orientation: 'landscape' as const,
  }));
  const charts = await excelCharts(
    report.sections.map(({ lines, table }, i) => ({
      sheet: sheets[i]?.sheet ?? '',
      headRow: lines.length + 2,
      table,
    })),
  );
  return writeExcelFile(sheets, { features: [charts] }).toBuffer();
}

function excelCell(cell: Cell, isShare: boolean) {
  if (cell === null) return null;
  return typeof cell === 'number'
    ? { value: cell, ...(isShare ? { format: '0.00%' } : {}) }
    : { value: cell };
}

export async function toWord(report: Report): Promise<Buffer> {
  const children = [
    new Paragraph({
      heading: HeadingLevel.TITLE,
      alignment: AlignmentType.CENTER,
      children: [run(report.title)],
    }),
    new Paragraph({ alignment: AlignmentType.CENTER, children: [run(spanOf(report))] }),
    ...report.sections.flatMap(({ heading, lines, table }) => [
      new Paragraph({ heading: HeadingLevel.HEADING_1, children: [run(heading)] }),
      ...lines.map((line) => new Paragraph({ children: [run(line)] })),
      ...chartsOf(table).map((chart) => new Paragraph({ children: [new ChartRun(chart)] })),
      ...(table === null ? [] : [wordTable(table)]),
    ]),
    new Paragraph({
      spacing: { before: 600 },
      children: [run('审核签字：____________    日期：____________')],
    }),
  ];
  const page = { size: { orientation: PageOrientation.LANDSCAPE } };
  return Packer.toBuffer(
    new Document({ title: report.title, sections: [{ properties: { page }, children }] }),
  );
}

function wordTable({ columns, rows, shares }: ReportTable): Table {
  const head = columns.map(
    (text) => new TableCell({ children: [new Paragraph({ children: [run(text, true)] })] }),
  );
  const body = rows.map(
    (row) =>
      new TableRow({
        cantSplit: true,
        children: row.map((cell, column) => {
          const text = new Paragraph({ children: [run(wordCell(cell, shares.includes(column)))] });
          return new TableCell({ children: [text] });
        }),
      }),
  );
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: [new TableRow({ tableHeader: true, children: head }), ...body],
  });
}

function wordCell(cell: Cell, isShare: boolean): string {
  if (cell === null) return '';
  return typeof cell === 'number' && isShare ? `${(cell * 100).toFixed(2)}%` : String(cell);
}

function run(text: string, bold = false): TextRun {
  return new TextRun({ text, bold, font: FONT });
}

function spanOf({ organisation, period }: Report): string {
  return `${organisation === '' ? '全辖区' : organisation} ${period.from} – ${period.until}（不含）`;
}
