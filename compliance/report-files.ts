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
import { fitToWidth } from './excel-print.ts';
import type { Cell, Report, ReportTable } from './report.ts';
import { chartsOf } from './report-charts.ts';

const FONT = 'SimSun';
const LEAST_WIDTH = 8;
const MOST_WIDTH = 44;
/** Between the margins of an A4 page on its side, twentieths of a point. */
const PAGE_WIDTH = 13_958;

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
            table.columns.map((value, column) => ({
              value,
              fontWeight: 'bold' as const,
              ...(isNumeric(table, column) ? { align: 'right' as const } : {}),
            })),
            ...table.rows.map((row) =>
              row.map((cell, column) => excelCell(cell, table.shares.includes(column))),
            ),
          ]),
    ],
    columns: table === null ? [{ width: MOST_WIDTH }] : widthsOf(table).map((width) => ({ width })),
    orientation: 'landscape' as const,
  }));
  const charts = await excelCharts(
    report.sections.map(({ lines, table }, i) => ({
      sheet: sheets[i]?.sheet ?? '',
      headRow: lines.length + 2,
      table,
    })),
  );
  return writeExcelFile(sheets, { features: [charts, fitToWidth] }).toBuffer();
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

/** How wide each column is, in characters of Latin letters, of which a Chinese one takes two. */
function widthsOf({ columns, rows, shares }: ReportTable): number[] {
  const widthOf = (text: string) => [...text].reduce((sum, sign) => sum + (sign > '\u2e7f' ? 2 : 1), 2);
  return columns.map((name, column) => {
    const widest = rows.reduce(
      (most, row) => Math.max(most, widthOf(wordCell(row[column] ?? null, shares.includes(column)))),
      Math.max(LEAST_WIDTH, widthOf(name)),
    );
    return Math.min(MOST_WIDTH, widest);
  });
}

/** Of a column that holds nothing but numbers. */
function isNumeric({ rows }: ReportTable, column: number): boolean {
  const cells = rows.map((row) => row[column] ?? null).filter((cell) => cell !== null);
  return cells.length > 0 && cells.every((cell) => typeof cell === 'number');
}

function wordTable(table: ReportTable): Table {
  const { columns, rows, shares } = table;
  const widths = widthsOf(table);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const alignments = columns.map((_, column) =>
    isNumeric(table, column) ? AlignmentType.RIGHT : AlignmentType.LEFT,
  );
  const cellOf = (column: number, text: TextRun) =>
    new TableCell({
      children: [new Paragraph({ alignment: alignments[column] ?? AlignmentType.LEFT, children: [text] })],
    });
  const head = columns.map((text, column) => cellOf(column, run(text, true)));
  const body = rows.map(
    (row) =>
      new TableRow({
        cantSplit: true,
        children: row.map((cell, column) => cellOf(column, run(wordCell(cell, shares.includes(column))))),
      }),
  );
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    columnWidths: widths.map((width) => Math.floor((PAGE_WIDTH * width) / total)),
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
