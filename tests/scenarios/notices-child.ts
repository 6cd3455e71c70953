/**
 * A process of its own that takes notices out of the outbox and sends them, to be killed. Arguments: <url> <channels as JSON>. In small
 * steps, and soon sure that a predecessor was cut off.
 */
import { connectDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { openNoticeQueue } from '../../src/adapters/notice-queue.ts';
import { readChannels } from '../../src/notices/channel-settings.ts';
import { runNotices } from '../../src/notices/run-notices.ts';

const [url = '', given = ''] = process.argv.slice(2);
const logger = createLogger('fatal');
const database = await connectDatabase({ url, logger });
const channels = readChannels(given);
if (!channels.ok) throw new Error(channels.error);
await runNotices({
  database,
  channels: channels.value,
  logger,
  now: Date.now,
  batch: 3,
  openQueue: (handlers) =>
    openNoticeQueue({
      database,
      logger,
      times: { cutOffS: 2, lookEveryS: 1, pollS: 0.5, retryS: 1, longestRetryS: 1, retries: 50 },
      ...handlers,
    }),
});
process.stdout.write('ready\n');
