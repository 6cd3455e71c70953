/** A process of its own that looks at deadlines and takes what is told out of the outbox, again and again, in small steps, to be killed. Arguments: <url> <atMs>. */
import { runDue } from '../../alerts/deadline-watch.ts';
import { connectDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';
import { relayAll } from '../../src/notices/relay.ts';

const [url = '', at = ''] = process.argv.slice(2);
const database = await connectDatabase({ url, logger: createLogger('error') });
process.stdout.write('ready\n');
// Nobody has subscribed: there is nothing to put into a queue (notices-kill.pg.test.ts has one).
const relay = { database, queue: { put: async () => {} }, offsetMs: () => 0 };
while ((await runDue(database, Number(at), 3)) + (await relayAll(relay, Number(at), 3)) > 0);
await database.close();
