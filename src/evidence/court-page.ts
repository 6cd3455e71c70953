/** The page of a pack that a court reads: Chinese, with English below each heading. One file, no script, nothing from elsewhere. Pure. */
import { KINDS_ZH } from '../kernel/alert-words.ts';
import type { Instant } from '../kernel/instant.ts';
import type { PackContents } from './contents.ts';
import { escaped } from './map-picture.ts';
import type { Again } from './rejudge.ts';

const STATES = { opened: '开始', updated: '更新', cleared: '解除', retracted: '撤回' } as const;
const RULES: Readonly<Record<string, string>> = {
  'stay-in': '应在其内',
  'keep-out': '禁止进入',
  curfew: '宵禁处所',
  permit: '外出目的地',
};
const RESULTS: Readonly<Record<Again, string>> = {
  identical: '一致 identical',
  different: '不一致 different',
  absent: '未重现 absent',
  'by-night': '由夜间复核得出 by the nightly review',
};
/** Tables of what people did, as the page calls them. */
const DEEDS_OF: Readonly<Record<string, string>> = {
  alert_actions: '',
  task_actions: '任务 task: ',
  dispositions: '认定 decision: ',
};

/** More stand in fixes.csv: a page of ten thousand rows is read by nobody. */
const MAX_ROWS = 500;

export function courtPage(pack: PackContents, map: string, fingerprint: string): string {
  const { subject, events, fixes, zones, rules, rows, seals, judged } = pack;
  const isWhole = judged.length > 0 && judged.every(({ result }) => result === 'identical');
  const actions = rows
    .filter(({ table }) => table in DEEDS_OF)
    .sort((a, b) => ((a.row.at ?? '') < (b.row.at ?? '') ? -1 : 1));
  const looks = rows.filter(({ table }) => table === 'audit');
  const last = seals.at(-1);
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>守界 证据包 ${escaped(pack.alert ?? subject.id)}</title>
<style>
body{font:15px/1.6 "Songti SC","SimSun",serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#111}
h1{font-size:24px}h2{font-size:18px;border-bottom:1px solid #888;margin-top:2em}
table{border-collapse:collapse;width:100%;font-size:13px}td,th{border:1px solid #999;padding:3px 6px;text-align:left;vertical-align:top}
small,.en{color:#555}code{word-break:break-all;font-size:12px}svg{width:100%;height:auto}
@media print{h2{break-after:avoid}tr{break-inside:avoid}}
</style></head><body>
<h1>社区矫正定位监管 证据包</h1>
<p class="en">Evidence pack of the location monitoring in community corrections (Wardline)</p>
<p>本证据包由系统从更改即可被发现的记录中自动生成。告警是系统依据定位数据提出的线索，事实与责任由有权机关认定。时间均为北京时间。<br>
<span class="en">Made by the system out of records that can not be changed unnoticed. An alert is an indication; facts and consequences are for the competent authority. Times are those of Beijing.</span></p>

<h2>一、概要 <small>Summary</small></h2>
${table([
  ['社区矫正对象 Subject', `${escaped(subject.name)}（${escaped(subject.id)}）`],
  ['管理单位 Office', escaped(subject.office)],
  ['告警 Alerts', `${new Set(events.map(({ event }) => event.alert)).size}`],
  ['期间 Period', `${time(pack.fromMs)} — ${time(pack.toMs)}`],
  ['制作 Made', `${time(pack.madeMs)}，${escaped(pack.madeBy)}`],
  ['制作理由 Reason', escaped(pack.reason)],
])}

<h2>二、告警经过 <small>Events of the alerts</small></h2>
${table(
  events.map(({ event, recordedMs }) => [
    `${KINDS_ZH[event.kind]}<br><span class="en">${event.kind} v${event.version}</span>`,
    STATES[event.state],
    time(event.startedAtMs),
    time(event.detectedAtMs),
    time(recordedMs),
    `${escaped(event.reason)}<br><span class="en">${escaped(event.reasonEn)}</span>`,
    `${Math.min(99.9, Math.floor(event.confidence * 1000) / 10)} %`,
  ]),
  [
    '类别 Kind',
    '状态 State',
    '起始 Began',
    '发现 Detected',
    '入库 Recorded',
    '说明 Reason',
    '概率 Probability',
  ],
)}

<h2>三、地图 <small>Map</small></h2>
<p>由系统按 WGS-84 坐标绘制，圆圈为定位误差范围（68%）。<span class="en">Drawn by the system, WGS-84; circles are the error of a fix (68 %).</span></p>
${map}

<h2>四、定位点 <small>Fixes</small></h2>
<p>共 ${fixes.length} 个${fixes.length > MAX_ROWS ? `，下列前 ${MAX_ROWS} 个` : ''}，全部见 fixes.csv。采集时间为设备取得定位的时间，接收时间为系统收到的时间。
<span class="en">All are in fixes.csv. Taken: by the device; received: by the system.</span></p>
${table(
  fixes
    .slice(0, MAX_ROWS)
    .map((fix) => [
      time(fix.atMs),
      time(fix.receivedMs),
      escaped(fix.device),
      `${fix.lat.toFixed(6)}, ${fix.lon.toFixed(6)}`,
      fix.accuracyM === null ? '—' : `${Math.round(fix.accuracyM)} m`,
      escaped(fix.method ?? '—'),
    ]),
  ['采集 Taken', '接收 Received', '设备 Device', '坐标 Place', '误差 Accuracy', '方式 Method'],
)}

<h2>五、当时有效的区域与规则 <small>Zones and rules then in force</small></h2>
${table(
  zones.map(({ zone, rule, sinceMs, sha256 }) => [
    `${escaped(zone.name ?? zone.id)}（${escaped(zone.id)}）`,
    RULES[rule] ?? escaped(rule),
    sinceMs === null ? '日志已过保存期，为制作时的区域 as of the making' : time(sinceMs),
    `<code>${sha256}</code>`,
  ]),
  ['区域 Zone', '要求 Rule', '版本自 Version since', '摘要 SHA-256'],
)}
${table(
  rules.map(({ what, sinceMs, sha256 }) => [what, time(sinceMs), `<code>${sha256}</code>`]),
  ['规则 Rule', '自 Since', '摘要 SHA-256（rules/versions.json）'],
)}

<h2>六、处置记录 <small>What people did</small></h2>
${table(
  actions.map(({ table: from, row, seal }) => [
    sealedTime(row.at),
    escaped(row.account ?? ''),
    row.action === 'acknowledge'
      ? '确认 acknowledge'
      : escaped(`${DEEDS_OF[from] ?? ''}${row.action ?? row.disposition ?? ''}`),
    escaped(
      [saidIn(row.detail ?? '{}'), row.measure ?? '', row.note ?? '']
        .filter((text) => text !== '')
        .join('；'),
    ),
    String(seal),
  ]),
  ['时间 At', '人员 Account', '事项 Deed', '备注 Note', '封印 Seal'],
)}

<h2>七、查阅记录 <small>Who looked at it</small></h2>
${table(
  looks.map(({ row, seal }) => [
    sealedTime(row.at),
    escaped(row.actor ?? ''),
    escaped(row.action ?? ''),
    escaped(row.reason ?? ''),
    escaped(row.address ?? ''),
    String(seal),
  ]),
  ['时间 At', '人员 Actor', '行为 Deed', '理由 Reason', '来源 From', '封印 Seal'],
)}

<h2>八、复现 <small>Reproduction</small></h2>
<p>用 reproduction 目录中的原始记录重新运行同一判定程序，结果：<b>${
    judged.length === 0 ? '本包没有告警 no alert in this pack' : isWhole ? '全部一致' : '不全一致，见下表'
  }</b>。
<span class="en">The recorded lines through the same rules again: ${isWhole ? 'identical, byte for byte' : 'see the table'}.</span></p>
${table(
  judged.map(({ alert, version, result }) => [
    `<code>${escaped(alert)}</code>`,
    String(version),
    RESULTS[result],
  ]),
  ['告警 Alert', '版本 Version', '结果 Result'],
)}
<p><code>wardline verify --pack 本文件.zip</code><br>
<code>wardline replay --roster reproduction/roster.json --zones reproduction/zones.geojson --observations reproduction/observations.ndjson</code></p>

<h2>九、防篡改 <small>Seal and signature</small></h2>
<p>每一条记录的摘要列入定时封印，封印前后相连（seals 目录含每条记录的证明路径）；本包每个文件的摘要列于 manifest.json，并以 Ed25519 签名。
请将下列公钥指纹与制作单位公布的指纹核对。<br>
<span class="en">Each record's hash stands under a seal of a chain; each file's hash stands in manifest.json, which is signed (Ed25519). Compare the key's fingerprint with the one that the office publishes.</span></p>
${table([
  ['公钥指纹 Key (SHA-256)', `<code>${fingerprint}</code>`],
  [
    '最新封印 Newest seal',
    last === undefined ? '—' : `${last.seal}，${time(last.atMs)}<br><code>${last.hash}</code>`,
  ],
])}
</body></html>
`;
}

function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  if (rows.length === 0) return '<p>无 <span class="en">none</span></p>';
  const headRow = head === undefined ? '' : `<tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>`;
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<table>${headRow}\n${body}\n</table>`;
}

const BEIJING_MS = 8 * 3_600_000;

/** Beijing has had no summer time since 1991. */
function time(atMs: Instant): string {
  return Number.isFinite(atMs)
    ? new Date(atMs + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ')
    : '—';
}

/** Out of a sealed row, which has PostgreSQL's own text in UTC. */
function sealedTime(text: string | null | undefined): string {
  const atMs = Date.parse((text ?? '').replace(' ', 'T').replace(/\+00$/, 'Z'));
  return time(atMs);
}

/** Who was called and whether they were reached, what cause was given: of a deed's detail what is plain. */
function saidIn(detail: string): string {
  return Object.entries(JSON.parse(detail) as Record<string, unknown>)
    .flatMap(([key, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? [`${key}: ${String(value)}`] : [],
    )
    .join(', ');
}
