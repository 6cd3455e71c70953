/** Rankings with their working, what people count for them, and objections. */

import { get, type Page, send } from './call.ts';
import type { PeriodUnit } from './compliance.ts';

export interface SheetPoint {
  readonly id: string;
  readonly item: string;
  readonly rule: 'short-of' | 'over' | 'each' | 'worst' | 'entry' | 'veto';
  readonly zh: string;
  readonly en: string;
}
export interface WorkedPoint {
  readonly point: string;
  readonly item: string;
  readonly observed: number | null;
  readonly taken: number;
  readonly back: number;
}
export interface Ranked {
  readonly organisation: string;
  readonly rank: number;
  readonly score: number;
  readonly isVetoed: boolean;
  readonly working: readonly WorkedPoint[];
}
export interface Ranking {
  readonly period: { readonly from: string; readonly until: string };
  readonly frozenAt: string | null;
  readonly sheet: {
    readonly version: number;
    readonly base: number;
    readonly title: { readonly zh: string; readonly en: string };
    readonly points: readonly SheetPoint[];
    readonly items: readonly {
      readonly id: string;
      readonly max: number;
      readonly zh: string;
      readonly en: string;
    }[];
  };
  readonly items: readonly Ranked[];
}
export const ranking = (period: PeriodUnit, day: string, by: 'county' | 'office') =>
  get<Ranking>('rankings', { period, day, by });

export interface Objection {
  readonly id: string;
  readonly organisation: string;
  readonly from: string;
  readonly point: string;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  readonly isAccepted: boolean | null;
  readonly pointsBack: number | null;
  readonly decision: string | null;
  readonly decidedBy: string | null;
}
export const objections = () => get<Page<Objection>>('score-objections', { limit: 200 });
export const object = (given: {
  readonly organisation: string;
  readonly period: PeriodUnit;
  readonly day: string;
  readonly point: string;
  readonly reason: string;
}) => send<{ id: string }>('POST', 'score-objections', given);
export const decideObjection = (
  id: string,
  given: { readonly isAccepted: boolean; readonly pointsBack: number; readonly reason: string },
) => send<{ id: string }>('POST', `score-objections/${id}/decision`, given);
export const countForPoint = (given: {
  readonly organisation: string;
  readonly day: string;
  readonly point: string;
  readonly count: number;
  readonly note: string;
}) => send<{ id: string }>('POST', 'score-entries', given);
