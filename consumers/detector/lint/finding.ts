/** What a look at a zone found, in words for whoever drew it. */
import type { Words } from '../../../alerts/kinds/wording.ts';

export type FindingCode =
  /** The shape can't be judged: crossing itself, open, swapped … */
  | 'bad-shape'
  /** A repair of the shape is offered that changes nothing of what it encloses. */
  | 'repairable'
  /** So small that the fixes usual there can't tell whether somebody is in it. */
  | 'smaller-than-accuracy'
  /** At some time the rules of one subject leave no place that all of them allow. */
  | 'contradiction'
  /** Who is within their bounds can't come to it. */
  | 'never-reachable'
  /** Its schedule never holds. */
  | 'never-in-force'
  /** The subject was nowhere in it all week. */
  | 'never-visited'
  /** A keep-out zone that lies on the way which the subject goes day by day. */
  | 'on-daily-way'
  /** Dead ground over a place where somebody must be. */
  | 'covers-home'
  /** Dead ground over a zone that somebody must not enter. */
  | 'covers-keep-out';

export interface Finding {
  readonly code: FindingCode;
  /** `error`: as it is it can't be kept or can't be judged; `warning`: it will alert, or stay silent, where it is not meant to. */
  readonly weight: 'error' | 'warning';
  /** Null: it is about the zone, whoever has it. */
  readonly subject: string | null;
  /** Other zones that it is about. */
  readonly zones: readonly string[];
  readonly words: Words;
}
