import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULTS, type told } from '../../../src/kernel/fault.ts';
import { REFUSAL_CODES } from '../../../src/kernel/result.ts';
import { faultEn, faultZh, fieldZh } from './fault-text.ts';
import { FAULTS_ZH, REFUSALS_ZH } from './fault-words.zh.ts';

const placesOf = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

test('P25 every fault that the server can answer has words in both languages, with the same places', () => {
  for (const [code, english] of Object.entries(FAULTS)) {
    const chinese: string | undefined = (FAULTS_ZH as Readonly<Record<string, string>>)[code];
    expect(chinese, code).toMatch(/[一-鿿]/);
    expect(english, code).not.toMatch(/[一-鿿]/);
    // What Fastify finds wrong with a field is told by the field; its English sentence stays English.
    if (code !== 'field-invalid') expect(placesOf(chinese ?? ''), code).toEqual(placesOf(english));
  }
  expect(Object.keys(FAULTS_ZH).sort()).toEqual(Object.keys(FAULTS).sort());
  for (const code of REFUSAL_CODES) expect(REFUSALS_ZH[code], code).toMatch(/[一-鿿]|JSON/);
});

test('P25 every fault of the list is one that some code tells', async () => {
  const { execFileSync } = await import('node:child_process');
  const files = execFileSync('git', ['ls-files', '*.ts'], { encoding: 'utf8' }).split('\n');
  const source = files
    .filter(
      (file) =>
        /^(dashboard\/server|alerts|compliance|src\/(legal|roster))\//.test(file) && !file.includes('.test.'),
    )
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const used = new Set([...source.matchAll(/told\(\s*'([\w-]+)'/g)].map(([, code]) => code));
  expect(Object.keys(FAULTS).filter((code) => !used.has(code))).toEqual([]);
});

test('P25 places hold the words of the reader, fields their names and rows, and an unknown code the server’s own text', () => {
  const said = (code: Parameters<typeof told>[0], params: Record<string, string | number>) => ({
    code,
    params,
    message: 'x',
  });
  expect(faultZh(said('permit-state', { state: 'away', deed: 'withdraw' }))).toBe('申请外出中，不能再撤回。');
  expect(faultZh(said('task-stage', { stage: 'sent', possible: 'receive, answer' }))).toBe(
    '任务已派发，此时可以：接收、提交。',
  );
  expect(faultZh(said('still-stands', { kind: 'silent' }))).toContain('失联仍在持续');
  expect(fieldZh('zones[0].from')).toBe('围栏 第 1 行 开始');
  expect(faultZh({ code: 'out-of-range', where: 'record.until', message: 'lies before from' })).toBe(
    '矫正登记 结束：超出允许范围。',
  );
  expect(faultEn({ code: 'out-of-range', where: 'until', message: 'lies before from' })).toBe(
    'until: lies before from',
  );
  const unknown = { code: 'of-tomorrow', message: 'a fault of tomorrow' };
  expect([faultZh(unknown), faultEn(unknown)]).toEqual(['a fault of tomorrow', 'a fault of tomorrow']);
});
