/** What a call was refused with, by the code of each fault, else in the server's own words. Pure. */
import { KINDS_ZH } from '../../../src/kernel/alert-words.ts';
import { FAULTS, type FaultCode, filled } from '../../../src/kernel/fault.ts';
import type { ServerFault } from '../api/call.ts';
import { FAULTS_ZH, FIELDS_ZH, REFUSALS_ZH, ROW_ZH, VALUES_IN_ZH, VALUES_ZH } from './fault-words.zh.ts';

/** These places hold words of the program; the others hold names, days and numbers. */
const WORDS = new Set([
  'field',
  'fields',
  'state',
  'stage',
  'level',
  'own',
  'deed',
  'possible',
  'kind',
  'result',
  'method',
  'officer',
  'owner',
  'from',
]);
const known = <T extends object>(table: T, code: string): code is Extract<keyof T, string> =>
  Object.hasOwn(table, code);

/** `zones[0].from` → `围栏 第 1 行 开始` */
export function fieldZh(path: string): string {
  const steps = path.split('.').flatMap((step) => {
    const [, name = step, row] = /^([^[]*)\[(\d+)\]/.exec(step) ?? [];
    const said = /^\d+$/.test(name) ? ROW_ZH(Number(name) + 1) : (FIELDS_ZH[name] ?? name);
    return row === undefined ? [said] : [said, ROW_ZH(Number(row) + 1)];
  });
  return steps.filter((step) => step !== '').join(' ');
}

function valueZh(code: FaultCode, place: string, value: string | number): string | number {
  if (typeof value === 'number' || !WORDS.has(place)) return value;
  if (place === 'field') return fieldZh(value);
  const kinds: Readonly<Record<string, string>> = KINDS_ZH;
  return value
    .split(', ')
    .map((word) => VALUES_IN_ZH[code]?.[word] ?? VALUES_ZH[word] ?? FIELDS_ZH[word] ?? kinds[word] ?? word)
    .join('、');
}

export function faultZh({ code, where = '', params = {}, message }: ServerFault): string {
  if (known(FAULTS_ZH, code)) {
    const values = Object.entries(params).map(([place, value]) => [place, valueZh(code, place, value)]);
    return filled(FAULTS_ZH[code], Object.fromEntries(values));
  }
  if (known(REFUSALS_ZH, code)) return `${[fieldZh(where), REFUSALS_ZH[code]].filter(Boolean).join('：')}。`;
  return message;
}

export function faultEn({ code, where = '', params = {}, message }: ServerFault): string {
  if (known(FAULTS, code)) return filled(FAULTS[code], params);
  return where === '' ? message : `${where}: ${message}`;
}
