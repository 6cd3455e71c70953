/** Each sheet as wide as its page when printed: the library lets a sheet run over as many pages as its columns take. */
import type { Feature } from 'write-excel-file/node';
import {
  findElement,
  getOrderOfSiblings,
  getSelfClosingTagMarkup,
  insertElementMarkupAccordingToOrderOfSiblings,
  replaceElement,
} from 'write-excel-file/utility';
import type { FileContent } from './excel-charts.ts';

const SHEET = 'xl/worksheets/sheet{id}.xml';

export const fitToWidth: Feature<FileContent> = {
  files: {
    transform: {
      [SHEET]: {
        transform: (xml) => {
          const setup = findElement(xml, 'pageSetup');
          if (setup === undefined) throw new Error('the workbook’s sheet has no page setup');
          const attributes = { ...setup.openingTagAttributes, fitToWidth: 1, fitToHeight: 0 };
          return insertElementMarkupAccordingToOrderOfSiblings(
            replaceElement(xml, setup, getSelfClosingTagMarkup('pageSetup', attributes)),
            '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
            getOrderOfSiblings(SHEET, 'worksheet') ?? [],
            'worksheet',
          );
        },
      },
    },
  },
};
