/** One delivery is due: it is sent, and what came of it is recorded. Rules: SPEC.md, Q2 to Q5. */
import type { Logger } from 'pino';
import type { AlertKindName, Severity } from '../kernel/alert-event.ts';
import type { Instant } from '../kernel/instant.ts';
import type { NoticeName } from '../kernel/notices.ts';
import type { Database, Db } from '../ports/database.ts';
import type { NoticeJob } from '../ports/notice-queue.ts';
import {
  beginAttempt,
  endAttempt,
  listParts,
  lockDelivery,
  setDeliveryState,
} from '../store/notice-deliveries.ts';
import type { Send, Sent } from './channels/sender.ts';
import type { Language } from './kinds.ts';
import { maskName } from './masked-name.ts';
import { compose, type Line } from './message.ts';
import { roundPlace } from './rounded-place.ts';

export interface DeliverDeps {
  readonly database: Database;
  readonly channels: ReadonlyMap<string, Send>;
  readonly logger: Logger;
  now(): Instant;
  /** Of the office's clock. */
  offsetMs(at: Instant): number;
  onTried?(channel: string, outcome: 'sent' | 'failed' | 'dead'): void;
}
type Delivery = Awaited<ReturnType<typeof lockDelivery>>[number];

/** Throws when it is to be tried again. */
export async function deliver(deps: DeliverDeps, { delivery: id, round }: NoticeJob): Promise<void> {
  const begun = await deps.database.transaction((db) => begin(deps, db, id, round));
  if (begun === undefined) return;
  const { delivery, attempt, lines } = begun;
  const send = deps.channels.get(delivery.channel);
  const sent: Sent =
    send === undefined
      ? { isSent: false, answer: 'no-such-channel', isFinal: true }
      : await send({
          id,
          recipient: delivery.recipient,
          message: compose(lines, delivery.language as Language, deps.offsetMs(deps.now())),
          data: lines.map(({ atMs, ...line }) => ({ ...line, at: new Date(atMs) })),
        });
  const state = sent.isSent ? 'sent' : sent.isFinal ? 'dead' : 'failed';
  const sentAt = sent.isSent ? new Date(deps.now()) : null;
  await endAttempt(deps.database, id, attempt, sent.answer, sent.isSent, state, sentAt);
  const { channel } = delivery;
  deps.onTried?.(channel, state);
  if (state === 'dead') tellDead(deps.logger, { delivery: id, channel, answer: sent.answer });
  if (state === 'failed') throw new Error(`${channel}: ${sent.answer}`);
}

async function begin(deps: DeliverDeps, db: Db, id: string, round: number) {
  const [delivery] = await lockDelivery(db, id);
  // Done by who was cut off after the record, or purged, or of a round that a person has ended.
  if (delivery === undefined || delivery.round !== round) return undefined;
  if (['sent', 'dead', 'withdrawn'].includes(delivery.state)) return undefined;
  if (delivery.is_ended) {
    await setDeliveryState(db, id, 'withdrawn', round);
    return undefined;
  }
  const [begun] = await beginAttempt(db, id, new Date(deps.now()));
  if (begun === undefined) throw new Error(`delivery ${id} vanished under its lock`);
  const lines = (await listParts(db, id)).map((part) => toLine(part, delivery.tells));
  return { delivery, attempt: begun.attempt, lines };
}

function toLine(part: Awaited<ReturnType<typeof listParts>>[number], tells: Delivery['tells']): Line {
  const common = {
    what: part.what as NoticeName,
    ref: part.ref,
    kind: part.kind as AlertKindName | null,
    severity: part.severity as Severity | null,
    atMs: part.at.getTime(),
  };
  if (tells === 'place') {
    const { lat, lon } = part;
    // Of a minor nothing is told but that there is one.
    const isKnown = lat !== null && lon !== null && !part.minor;
    return { ...common, of: 'place', place: isKnown ? roundPlace(lat, lon) : null };
  }
  const name = part.subject_name === null ? null : maskName(part.subject_name, part.minor);
  return { ...common, of: 'person', name, office: part.office_name ?? part.office };
}

/** Its job has failed to the end, the last time perhaps by a kill. */
export async function bury(deps: DeliverDeps, { delivery, round }: NoticeJob): Promise<void> {
  await setDeliveryState(deps.database, delivery, 'dead', round);
  tellDead(deps.logger, { delivery });
}

function tellDead(logger: Logger, detail: Readonly<Record<string, string>>): void {
  logger.error({ event: 'notices.dead', ...detail }, 'a notice could not be delivered: it is a dead letter');
}
