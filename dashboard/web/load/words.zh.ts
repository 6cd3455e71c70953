/** Texts of the alarm-load figures. */
export const zh = {
  title: '报警负荷',
  from: '从',
  until: '至',
  officers: '值班席位',
  seen: (raised: string, shown: string) =>
    `期间报警 ${raised} 件，合并与搁置后显示 ${shown} 件。依据 ISA-18.2 / EEMUA 191。`,
  rate: '每席每 10 分钟',
  peak: '最忙的 10 分钟（每席）',
  flood: '报警泛滥时间占比',
  stale: '滞留 24 小时以上',
  chatter: '反复抖动的来源',
  most: (n: string) => `上限 ${n}`,
  goal: (n: string) => `目标 ${n}`,
  about: (n: string) => `宜约 ${n}`,
  aboutBoth: (n: string) => `与紧急合计宜约 ${n}`,
  kinds: '各类报警的去向',
  kindsHelp: '产生 → 合并 → 显示 → 联系 → 属实',
  kind: '种类',
  steps: ['产生', '合并', '显示', '已联系', '属实'],
  confirmedShare: '属实率',
  mix: '级别构成',
  worst: '最多的来源',
  floods: '泛滥时段',
  nothing: '没有报警。',
};
export type LoadWords = typeof zh;
