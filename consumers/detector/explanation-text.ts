/** Why and why not as a page for people, in either language: what was in force, what was seen, what was concluded. Pure. */
import type { Instant } from '../../src/kernel/instant.ts';
import { formatInstant } from '../../src/kernel/instant.ts';
import type { Schedule } from '../../src/kernel/roster.ts';
import type { Explanation } from './explanation.ts';

export type Language = 'zh' | 'en';

const WORDS = {
  en: {
    never: 'never',
    rules: (since: string, policy: string, profile: string) =>
      `rules as they are since ${since}, policy ${policy}, profile ${profile}`,
    seen: 'Seen',
    noPosition: 'no trustworthy position',
    stale: ', too old to judge by',
    heard: 'heard',
    silentFrom: 'silent from',
    battery: 'battery',
    strapCut: 'strap cut',
    feedDown: 'feed down',
    silentBy: {
      battery: 'silent: battery may have run out',
      'no-signal': 'silent: last where there is no signal',
      unknown: 'silent: cause not known',
    },
    inForce: 'In force (+) and not (-)',
    noShape: 'no shape',
    edge: (metres: number, outside: number | null) => `: ${metres} m from its edge, P(outside) ${outside}`,
    permit: 'permit',
    until: 'until',
    curfew: 'curfew',
    checkin: 'check-in',
    concluded: 'Concluded',
    always: 'always',
    days: 'days',
    rule: { 'stay-in': 'stay-in', 'keep-out': 'keep-out' },
    says: { holds: 'holds', undecided: 'undecided', nothing: 'nothing' },
    alert: 'alert',
  },
  zh: {
    never: '从未',
    rules: (since: string, policy: string, profile: string) =>
      `规则自 ${since} 起未变，策略版本 ${policy}，档案版本 ${profile}`,
    seen: '所见',
    noPosition: '没有可信定位',
    stale: '，过久，不作判定依据',
    heard: '最后联系',
    silentFrom: '失联起算',
    battery: '电量',
    strapCut: '腕带剪断',
    feedDown: '数据源中断',
    silentBy: {
      battery: '失联：电量可能已耗尽',
      'no-signal': '失联：最后位于无信号区域',
      unknown: '失联：原因不明',
    },
    inForce: '生效（+）与未生效（-）',
    noShape: '无图形',
    edge: (metres: number, outside: number | null) => `：距边界 ${metres} m，在外概率 ${outside}`,
    permit: '请假',
    until: '至',
    curfew: '宵禁',
    checkin: '报到',
    concluded: '结论',
    always: '始终',
    days: '星期',
    rule: { 'stay-in': '限制区域', 'keep-out': '禁止区域' },
    says: { holds: '成立', undecided: '未定', nothing: '无' },
    alert: '告警',
  },
} as const;

export function explanationText(explanation: Explanation, language: Language): string {
  const { position, devices, zones, permits, curfews, checkins, conclusions } = explanation;
  const words = WORDS[language];
  const time = (at: Instant | null) => (at === null ? words.never : formatInstant(at));
  const mark = (holds: boolean) => (holds ? '+' : '-');
  const when = (schedule: Schedule | null) =>
    schedule === null
      ? words.always
      : `${words.days} ${schedule.days.join(',')} ${schedule.from}–${schedule.to}`;
  const lines = [
    `${explanation.subject} ${formatInstant(explanation.atMs)}, ${explanation.grade}, ${explanation.office}`,
    words.rules(time(explanation.rulesFromMs), explanation.policyVersion, explanation.profileVersion),
    '',
    words.seen,
    position === null
      ? `  ${words.noPosition}`
      : `  ${position.lat}, ${position.lon} ± ${position.accuracyM} m, ${position.device}, ${time(position.atMs)}${position.isStale ? words.stale : ''}`,
    ...devices.map((device) => {
      const parts = [
        `${words.heard} ${time(device.heardMs)}`,
        `${words.silentFrom} ${time(device.silentFromMs)}`,
        `${words.battery} ${device.batteryPct ?? '?'} %`,
        ...(device.off === null ? [] : [device.off]),
        ...(device.strapCutMs === null ? [] : [`${words.strapCut} ${time(device.strapCutMs)}`]),
        ...(device.isFeedDown ? [words.feedDown] : []),
        ...(device.silentBy === null ? [] : [words.silentBy[device.silentBy]]),
        ...(device.noFix === null ? [] : [device.noFix]),
      ];
      return `  ${device.kind} ${device.id}: ${parts.join(', ')}`;
    }),
    '',
    words.inForce,
    ...zones.map(
      (zone) =>
        `  ${mark(zone.inForce)} ${words.rule[zone.rule]} ${zone.name ?? zone.zone} (${zone.version ?? words.noShape}, ${zone.ruleVersion}), ${when(zone.schedule)}${zone.distanceM === null ? '' : words.edge(zone.distanceM, zone.probabilityOutside)}`,
    ),
    ...permits.map(
      ({ id, holds, version, fromMs, endMs }) =>
        `  ${mark(holds)} ${words.permit} ${id} (${version}) ${time(fromMs)} ${words.until} ${time(endMs)}`,
    ),
    ...curfews.map(
      (curfew) =>
        `  ${mark(curfew.holds)} ${words.curfew} ${curfew.zone} (${curfew.version}), ${when(curfew)}`,
    ),
    ...checkins.map(
      ({ id, version, schedule, lastWindow }) =>
        `    ${words.checkin} ${id} (${version}), ${when(schedule)}${lastWindow === null ? '' : `, ${time(lastWindow.fromMs)} – ${time(lastWindow.untilMs)}`}`,
    ),
    '',
    words.concluded,
    ...conclusions.flatMap(({ kind, about, says, words: told, alert }) => [
      `  ${words.says[says].padEnd(9)} ${kind}${about === '' ? '' : ` (${about})`}${alert === null ? '' : ` ${words.alert} ${alert}`}`,
      `            ${told[language]}`,
    ]),
    '',
  ];
  return lines.join('\n');
}
