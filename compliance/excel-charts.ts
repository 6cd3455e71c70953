/**
 * Charts for the workbook. Its library draws none but lets parts be added; the one for Word draws them in the markup that both share, with
 * a small workbook behind each: here that reference is taken off and the cells are those of the sheet itself.
 */
import type { Blob } from 'node:buffer';
import type { Stream } from 'node:stream';
import { Document, Packer, Paragraph } from 'docx';
import { ChartRun } from 'docx/charts';
import { strFromU8, unzipSync } from 'fflate';
import type { Feature } from 'write-excel-file/node';
import type { ReportTable } from './report.ts';
import { chartsOf } from './report-charts.ts';

export interface ChartSheet {
  readonly sheet: string;
  /** Row of the table's head, from 1. */
  readonly headRow: number;
  readonly table: ReportTable | null;
}

/** What the library takes as a part, which it types but does not export. */
export type FileContent = Stream | Buffer | Blob;

const EMU_PER_PX = 9525;
const CHART_TYPE = 'application/vnd.openxmlformats-officedocument.drawingml.chart+xml';
const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006';

export async function excelCharts(sheets: readonly ChartSheet[]): Promise<Feature<FileContent>> {
  const parts = new Map<number, string>();
  for (const [i, sheet] of sheets.entries()) {
    const [chart] = chartsOf(sheet.table);
    if (chart !== undefined) parts.set(i, await partOf(chart, sheet));
  }
  const nameOf = (i: number) => `wardline-chart${i + 1}.xml`;
  const anchorOf = (i: number) => {
    const { headRow = 1, table } = sheets[i] ?? { headRow: 1, table: null };
    return anchor(headRow + (table?.rows.length ?? 0) + 1, i);
  };
  return {
    files: {
      transform: {
        '[Content_Types].xml': {
          insert: () =>
            [...parts.keys()]
              .map((i) => `<Override PartName="/xl/charts/${nameOf(i)}" ContentType="${CHART_TYPE}"/>`)
              .join(''),
        },
        'xl/drawings/drawing{id}.xml': {
          insert: (_options, { sheetIndex }) => (parts.has(sheetIndex) ? anchorOf(sheetIndex) : undefined),
        },
        'xl/drawings/_rels/drawing{id}.xml.rels': {
          insert: (_options, { sheetIndex }) =>
            parts.has(sheetIndex)
              ? `<Relationship Id="rId-wardline-chart" Type="${RELATION}/chart" Target="../charts/${nameOf(sheetIndex)}"/>`
              : undefined,
        },
      },
      write: {
        files: () => Object.fromEntries([...parts].map(([i, xml]) => [`xl/charts/${nameOf(i)}`, xml])),
      },
    },
  };
}

async function partOf(
  chart: ConstructorParameters<typeof ChartRun>[0],
  { sheet, headRow, table }: ChartSheet,
): Promise<string> {
  const paragraph = new Paragraph({ children: [new ChartRun(chart)] });
  const parts = unzipSync(await Packer.toBuffer(new Document({ sections: [{ children: [paragraph] }] })));
  const xml = strFromU8(parts['word/charts/chart1.xml'] as Uint8Array);
  const name = `'${escapeXml(sheet.replaceAll("'", "''"))}'`;
  const { label = 0, values = [] } = table?.chart ?? {};
  const columns = [label, ...values].map((column) => String.fromCharCode(65 + column));
  return xml
    .replace(/<c:externalData .*?<\/c:externalData>/s, '')
    .replaceAll(/<c:f>Sheet1!(.*?)<\/c:f>/g, (_, cells: string) => {
      const moved = cells.replaceAll(/\$([A-Z])\$(\d+)/g, (_cell, column: string, row: string) => {
        const own = columns[column.charCodeAt(0) - 65] ?? column;
        return `$${own}$${Number(row) - 1 + headRow}`;
      });
      return `<c:f>${name}!${moved}</c:f>`;
    });
}

/** Below the table, from the first column on. */
function anchor(row: number, i: number): string {
  const [width, height] = [880 * EMU_PER_PX, 280 * EMU_PER_PX];
  return (
    `<xdr:oneCellAnchor xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${DRAWING}/main"><xdr:from><xdr:col>0</xdr:col>` +
    `<xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="${width}" cy="${height}"/>` +
    `<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="${i + 100}" name="Chart ${i + 1}"/><xdr:cNvGraphicFramePr/>` +
    `</xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="${width}" cy="${height}"/></xdr:xfrm><a:graphic>` +
    `<a:graphicData uri="${DRAWING}/chart"><c:chart xmlns:c="${DRAWING}/chart" xmlns:r="${RELATION}" r:id="rId-wardline-chart"/>` +
    '</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor>'
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
