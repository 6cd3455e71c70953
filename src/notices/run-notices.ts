/** The role: takes notices out of the outbox when they are told of (NOTIFY) and every few seconds, and sends what is due. */
import type { Logger } from 'pino';
import type { Instant } from '../kernel/instant.ts';
import { createWallClock } from '../kernel/wall-clock.ts';
import type { Database } from '../ports/database.ts';
import type { NoticeJob, NoticeQueue } from '../ports/notice-queue.ts';
import { saveChannels } from '../store/notices.ts';
import { findDocument } from '../store/roster.ts';
import { type ChannelSettings, hostOf } from './channel-settings.ts';
import { createSender } from './channels/channel.ts';
import { bury, type DeliverDeps, deliver } from './deliver.ts';
import { relayAll } from './relay.ts';

const LOOK_EVERY_MS = 5000;
const DEFAULT_ZONE = 'Asia/Shanghai';

export interface NoticesDeps extends Pick<DeliverDeps, 'onTried'> {
  readonly database: Database;
  readonly channels: readonly ChannelSettings[];
  readonly logger: Logger;
  now(): Instant;
  /** Notices taken in one transaction, at most. */
  readonly batch?: number;
  openQueue(handlers: {
    work(job: NoticeJob): Promise<void>;
    bury(job: NoticeJob): Promise<void>;
  }): Promise<NoticeQueue>;
}

export async function runNotices(deps: NoticesDeps): Promise<{ stop(): Promise<void> }> {
  const { database, logger, now } = deps;
  const [calendar] = await findDocument(database, 'calendar');
  const timeZone = (calendar?.document as { timeZone?: string } | undefined)?.timeZone ?? DEFAULT_ZONE;
  const { offsetMs } = createWallClock(timeZone);
  const shown = deps.channels.map((each) => ({
    name: each.name,
    kind: each.kind,
    organisation: each.organisation ?? '',
    host: hostOf(each),
  }));
  await saveChannels(database, JSON.stringify(shown));
  const channels = new Map(deps.channels.map((each) => [each.name, createSender(each, now)]));
  const delivering: DeliverDeps = { ...deps, channels, offsetMs };
  const queue = await deps.openQueue({
    work: (job) => deliver(delivering, job),
    bury: (job) => bury(delivering, job),
  });

  let current: Promise<unknown> = Promise.resolve();
  let isAsked = false;
  let isStopped = false;
  /** One at a time; asked again meanwhile: once more after it. */
  const look = () => {
    if (isAsked || isStopped) return;
    isAsked = true;
    current = current
      .then(() => {
        isAsked = false;
        return relayAll({ database, queue, offsetMs }, now(), deps.batch);
      })
      .catch((error: unknown) =>
        logger.error(
          { event: 'notices.relay-failed', error: String(error) },
          'notices wait: tried again soon',
        ),
      );
  };
  const unlisten = await database.listen('notices', look, look);
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return {
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      await unlisten();
      await current;
      await queue.stop();
    },
  };
}
