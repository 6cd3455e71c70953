/** Response cards: who is called, visited, told for each kind of alert, in which order. */
import type { Contact } from '../../../src/kernel/casework.ts';
import { get } from './call.ts';

export interface ResponseCard {
  readonly kind: string;
  readonly steps: readonly {
    readonly whom: Contact;
    readonly afterMin: number;
    readonly inQuietHours: boolean;
    readonly zh: string;
    readonly en: string;
  }[];
  readonly quiet: { readonly from: string; readonly to: string } | null;
}
export const responseCards = (organisation: string) =>
  get<{ items: readonly ResponseCard[] }>('response-cards', { organisation });
