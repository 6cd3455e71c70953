/** Response cards: who is called, visited, told for each kind of alert, in which order. */
import type { Contact } from '../../../src/kernel/casework.ts';
import { get, send } from './call.ts';

export interface CardStep {
  readonly whom: Contact;
  readonly afterMin: number;
  readonly inQuietHours: boolean;
  readonly zh: string;
  readonly en: string;
}
export interface ResponseCard {
  readonly kind: string;
  readonly steps: readonly CardStep[];
  readonly quiet: { readonly from: string; readonly to: string } | null;
}
export const responseCards = (organisation: string) =>
  get<{ items: readonly ResponseCard[] }>('response-cards', { organisation });
export const writeCard = (organisation: string, { kind, steps, quiet }: ResponseCard) =>
  send<ResponseCard>('PUT', `response-cards/${kind}?${new URLSearchParams({ organisation })}`, {
    steps,
    quiet,
  });
