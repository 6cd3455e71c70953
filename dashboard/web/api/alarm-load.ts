/** How heavy the alarms are (ISA-18.2, EEMUA 191). */
import { get } from './call.ts';

export interface AlarmLoad {
  readonly from: string;
  readonly to: string;
  readonly raised: number;
  readonly shown: number;
  /** Shown in each ten minutes, from the first on. */
  readonly windows: readonly number[];
  readonly targets: Readonly<Record<string, number>>;
  readonly kinds: readonly { readonly kind: string; readonly raised: number; readonly confirmed: number }[];
}
export const alarmLoad = (fromMs: number, toMs: number) =>
  get<AlarmLoad>('metrics/alarm-load', {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  });
