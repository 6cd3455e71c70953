/** The ground of an order in the page's language: the store has it in the law's own words. */
import { ORDER_GROUND_NAMES, ORDER_GROUNDS } from '../../../src/legal/positioning-order.ts';
import type { LegalWords } from './words.zh.ts';

/** What is none of the five, from a roster's file, is shown as it is. */
export function groundIn(words: LegalWords, said: string): string {
  const name = ORDER_GROUND_NAMES.find((each) => ORDER_GROUNDS[each] === said);
  return name === undefined ? said : words.order.grounds[name];
}
