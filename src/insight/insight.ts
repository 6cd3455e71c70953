/** What the desk asks of the past: why, what if, and whether it comes out again. From the log, by the detector's own core. */
import { type Backtest, createBacktest, summarise } from '../../consumers/detector/backtest.ts';
import type { Explanation } from '../../consumers/detector/explanation.ts';
import { explanationText, type Language } from '../../consumers/detector/explanation-text.ts';
import type { AlertEvent } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import { receiptOf } from '../kernel/log-event.ts';
import { EMPTY_POLICY_DOCUMENT, type PolicyDocument } from '../kernel/policy.ts';
import { EMPTY_ROSTER } from '../kernel/roster.ts';
import type { Database } from '../ports/database.ts';
import type { ObservationLog } from '../ports/observation-log.ts';
import { findDocument } from '../store/roster.ts';
import { isRule, readPast, replaySubject } from './past.ts';
import { type Reproduction, reproduce } from './reproduction.ts';
import { createZoneLinter, type ZoneLinter } from './zone-lint.ts';

export interface Insight extends ZoneLinter {
  /** As it was at `atMs`; undefined: the log has no profile of the subject until then. */
  explain(
    subject: string,
    atMs: Instant,
  ): Promise<(Explanation & { readonly text: Readonly<Record<Language, string>> }) | undefined>;
  reproduce(alert: string): Promise<Reproduction | undefined>;
  /** Of the subjects that `isCounted` names, from and until by receipt. One at a time, as a look at a zone is: both read much of the log. */
  backtest(
    other: PolicyDocument,
    fromMs: Instant,
    untilMs: Instant,
    isCounted: (subject: string) => boolean,
  ): Promise<Backtest>;
}

/** The lines have ticks, feeds and sightings of their own. */
const RECORDED = { ticks: true, feeds: true, sightings: true };

export function createInsight(deps: { readonly log: ObservationLog; readonly database: Database }): Insight {
  const { log } = deps;
  const linter = createZoneLinter(deps);
  let running: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = running.then(work);
    running = result.catch(() => undefined);
    return result;
  }

  async function backtest(
    other: PolicyDocument,
    fromMs: Instant,
    untilMs: Instant,
    isCounted: (subject: string) => boolean,
  ): Promise<Backtest> {
    const [before, after]: [AlertEvent[], AlertEvent[]] = [[], []];
    for (let partition = 0; partition < log.partitions; partition++) {
      const rules = { roster: EMPTY_ROSTER, zones: [], policy: EMPTY_POLICY_DOCUMENT };
      const run = createBacktest(rules, other, RECORDED);
      for await (const event of readPast(log, partition, null, untilMs)) {
        // What stood before the span is not played, but its rules are: who is watched, and how.
        if (receiptOf(event) >= fromMs || isRule(event)) run.take(event);
      }
      const own = run.result();
      // A feed's alert stands in each partition, and counts once.
      const isNew = ({ kind }: AlertEvent) => kind !== 'feed-outage' || partition === 0;
      before.push(...own.before.filter(isNew));
      after.push(...own.after.filter(isNew));
    }
    const [calendar] = await findDocument(deps.database, 'calendar');
    const { timeZone = EMPTY_ROSTER.calendar.timeZone } = (calendar?.document ?? {}) as { timeZone?: string };
    return summarise({ before, after, fromMs, untilMs }, timeZone, isCounted);
  }

  return {
    explain: async (subject, atMs) => {
      const found = (await replaySubject(log, subject, atMs)).detector.explain(subject);
      if (found === undefined) return undefined;
      return { ...found, text: { zh: explanationText(found, 'zh'), en: explanationText(found, 'en') } };
    },
    reproduce: (alert) => reproduce(deps, alert),
    backtest: (...args) => inTurn(() => backtest(...args)),
    lintZone: (...args) => inTurn(() => linter.lintZone(...args)),
    lintDraft: (...args) => inTurn(() => linter.lintDraft(...args)),
  };
}
