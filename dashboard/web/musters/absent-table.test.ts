import { expect, test } from 'vitest';
import type { MusterPerson } from '../api/musters.ts';
import { absentTable } from './absent-table.ts';

const person = (subject: string, state: MusterPerson['state'], name: string): MusterPerson => ({
  subject,
  name,
  office: 'o',
  state,
  at: null,
  by: null,
  terminal: null,
  method: null,
  permit: null,
  lateAt: null,
});

test('RC8 the table names who is missing, and no name is reckoned as a formula', () => {
  const people = [
    person('S1', 'absent', '测试"人员'),
    person('S2', 'came', '测试人员二'),
    person('S3', 'excused', '测试人员三'),
    person('S4', 'waiting', '=1+1'),
  ];
  expect(absentTable(['姓名', '编号', '单位', '补报到'], people, () => '测试司法所')).toBe(
    '\ufeff"姓名","编号","单位","补报到"\r\n"测试""人员","S1","测试司法所",""\r\n"\'=1+1","S4","测试司法所",""\r\n',
  );
});
