/** Numbers as the sentences of the kinds write them; units spelled out. */
import type { DeviceStatusCode } from '../../src/kernel/log-event.ts';
import type { Device } from '../../src/kernel/roster.ts';
import { accuracyOfSigma, type PositionEstimate } from '../evidence/position-estimate.ts';
import type { DeviceState, SubjectView } from './kind.ts';

export interface Words {
  readonly zh: string;
  readonly en: string;
}

export function metres(distanceM: number): string {
  const rounded = Math.round(Math.abs(distanceM));
  return rounded >= 10_000 ? `${(rounded / 1000).toFixed(1)} km` : `${rounded} m`;
}

/** The radius that holds 68 %. */
export function errorOf({ varianceM2 }: PositionEstimate): string {
  return metres(accuracyOfSigma(Math.sqrt(varianceM2)));
}

/** How many fixes in a row say it. */
export function rowOf(inRow: number): Words {
  return inRow === 0
    ? { zh: '按多次定位综合判断', en: 'by the recent fixes together' }
    : { zh: `连续 ${inRow} 次定位`, en: inRow === 1 ? '1 fix' : `${inRow} fixes in a row` };
}

/** Never 100 %: a probability of evidence is no certainty. */
export function percent(probability: number): string {
  return `${Math.min(99.9, Math.floor(probability * 1000) / 10)} %`;
}

export function duration(seconds: number): Words {
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  return { zh: `${hours} 小时 ${minutes % 60} 分钟`, en: `${hours} h ${minutes % 60} min` };
}

export function deviceName(kind: Device['kind'] | undefined): Words {
  return kind === 'wristband' ? { zh: '腕带', en: 'wristband' } : { zh: '定位手机', en: 'phone' };
}

export function statusName(status: DeviceStatusCode | undefined): Words {
  return status === 'unreachable'
    ? { zh: '被运营商报告为关机或不可达', en: 'was reported off or unreachable by the operator' }
    : { zh: '报告关机', en: 'reported itself powered off' };
}

/** A sentence on the device's battery and when it was last heard. */
export function condition(view: SubjectView, { battery: { pct }, heardMs }: DeviceState): Words {
  const battery =
    pct === null
      ? { zh: '电量未知', en: 'Battery unknown' }
      : { zh: `电量 ${Math.round(pct)} %`, en: `Battery ${Math.round(pct)} %` };
  return heardMs === null
    ? { zh: `${battery.zh}，从未收到其数据。`, en: `${battery.en}, nothing received yet.` }
    : {
        zh: `${battery.zh}，最后联系 ${view.clock(heardMs)}。`,
        en: `${battery.en}, last contact ${view.clock(heardMs)}.`,
      };
}

export function roundProbability(probability: number): number {
  return Math.round(probability * 10_000) / 10_000;
}
