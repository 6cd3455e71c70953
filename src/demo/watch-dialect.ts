/** A watch's side of its text protocol (protocols.md, part B), built without the code that Wardline reads it with. */
import type { Dialect, Report, Word } from './report.ts';

const MAX_BUFFER = 65_536;
/** Bits of the status word. */
const LOW_BATTERY = 1 << 17;
const SOS = 1 << 16;

/** `id`: ten digits. */
export function createWatchDialect({ id }: { id: string }): Dialect {
  let buffer = '';
  const frame = (content: string) =>
    Buffer.from(
      `[3G*${id}*${Buffer.byteLength(content).toString(16).padStart(4, '0').toUpperCase()}*${content}]`,
    );
  let battery = 100;

  function read(content: string): Word[] {
    const [type = '', ...values] = content.split(',');
    if (type === 'LK') return [{ is: 'ready' }];
    if (type === 'AL') return [{ is: 'taken' }];
    if (type === 'CR')
      return [
        {
          is: 'command',
          reply: (report) => Buffer.concat([frame('CR'), frame(`UD,${position(report)}`)]),
        },
      ];
    const intervalS = type === 'UPLOAD' ? Number(values[0]) : Number.NaN;
    return [{ is: 'command', ...(intervalS >= 10 ? { intervalS } : {}), reply: () => frame(type) }];
  }

  return {
    hello: () => {
      buffer = '';
      return frame(`LK,0,0,${battery}`);
    },
    report: (report) => {
      battery = report.fix.batteryPct;
      const isAlarm = report.alarms.length > 0;
      return { bytes: frame(`${isAlarm ? 'AL' : 'UD'},${position(report)}`), isAnswered: isAlarm };
    },
    heartbeat: () => frame(`LK,0,0,${battery}`),
    read: (chunk) => {
      buffer = (buffer + chunk.toString('latin1')).slice(-MAX_BUFFER);
      const words: Word[] = [];
      for (let end = buffer.indexOf(']'); end >= 0; end = buffer.indexOf(']')) {
        const content = buffer.slice(0, end).split('*').slice(3).join('*');
        buffer = buffer.slice(end + 1);
        if (content !== '') words.push(...read(content));
      }
      return words;
    },
  };
}

function position({ fix, alarms }: Report): string {
  const [date = '', time = ''] = new Date(fix.atMs).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  const status = (alarms.includes('sos') ? SOS : 0) | (alarms.includes('low-battery') ? LOW_BATTERY | 1 : 0);
  return [
    `${day}${month}${year.slice(2)}`,
    time.slice(0, 8).replaceAll(':', ''),
    'A',
    Math.abs(fix.lat).toFixed(7),
    fix.lat < 0 ? 'S' : 'N',
    Math.abs(fix.lon).toFixed(7),
    fix.lon < 0 ? 'W' : 'E',
    (fix.speedMps * 3.6).toFixed(2),
    fix.headingDeg,
    fix.altitudeM,
    fix.method === 'gnss' ? 9 : 0,
    80,
    fix.batteryPct,
    0,
    0,
    status.toString(16).toUpperCase().padStart(8, '0'),
    // One cell, no networks, then the accuracy.
    '1,1,460,0,9360,4082,131,0',
    fix.accuracyM,
  ].join(',');
}
