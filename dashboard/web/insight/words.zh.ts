/** Texts of what would have been raised, and what not. */
export const zh = {
  sides: { 'only-before': '不再产生', 'only-after': '新增', changed: '起止或级别不同' } as Record<
    string,
    string
  >,
  side: '差异',
  kind: '种类',
  who: '对象',
  from: '开始',
  until: '结束',
  open: '未恢复',
  doubtful: '存疑',
  more: (n: number) => `另有 ${n} 条未列出`,
};
export type InsightWords = typeof zh;
