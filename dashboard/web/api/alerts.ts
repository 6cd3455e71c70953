/** What people do about an alert. */
import { send } from './call.ts';

export interface Acknowledgement {
  readonly alert: string;
  /** Who was first: another than the caller when somebody else had it already. */
  readonly acknowledgedBy: string;
}
export const acknowledge = (alert: string, note = '') =>
  send<Acknowledgement>(
    'POST',
    `alerts/${encodeURIComponent(alert)}/acknowledge`,
    note === '' ? {} : { note },
  );
