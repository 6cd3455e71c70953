/** Numbers and times as the sentences of the kinds write them. Times in China's one zone; units spelled out. */
import type { Instant } from '../../src/kernel/instant.ts';
import type { DeviceStatusCode } from '../../src/kernel/log-event.ts';
import type { Device } from '../../src/kernel/roster.ts';

const CHINA_OFFSET_MS = 8 * 3_600_000;

/** `03-02 19:00:12` in Beijing time. */
export function clock(at: Instant): string {
  return new Date(at + CHINA_OFFSET_MS).toISOString().slice(5, 19).replace('T', ' ');
}

export function metres(distanceM: number): string {
  const rounded = Math.round(Math.abs(distanceM));
  return rounded >= 10_000 ? `${(rounded / 1000).toFixed(1)} km` : `${rounded} m`;
}

/** Never 100 %: a probability of evidence is no certainty. */
export function percent(probability: number): string {
  return `${Math.min(99.9, Math.floor(probability * 1000) / 10)} %`;
}

export function duration(seconds: number): { zh: string; en: string } {
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` };
  const hours = Math.floor(minutes / 60);
  return { zh: `${hours} 小时 ${minutes % 60} 分钟`, en: `${hours} h ${minutes % 60} min` };
}

export function deviceName(kind: Device['kind'] | undefined): { zh: string; en: string } {
  return kind === 'wristband' ? { zh: '腕带', en: 'wristband' } : { zh: '定位手机', en: 'phone' };
}

export function statusName(status: DeviceStatusCode | undefined): { zh: string; en: string } {
  return status === 'unreachable'
    ? { zh: '运营商报告关机或不可达', en: 'reported off or unreachable by the operator' }
    : { zh: '设备报告关机', en: 'reported itself powered off' };
}

/** The end of a sentence that gives the battery, where one is known. */
export function battery(batteryPct: number | null | undefined): { zh: string; en: string } {
  return batteryPct === null || batteryPct === undefined
    ? { zh: '电量未知。', en: 'Battery unknown.' }
    : { zh: `电量 ${Math.round(batteryPct)} %。`, en: `Battery ${Math.round(batteryPct)} %.` };
}
