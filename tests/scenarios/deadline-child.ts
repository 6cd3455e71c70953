/** A process of its own that looks at deadlines again and again, in small steps, to be killed. Arguments: <url> <atMs>. */
import { runDue } from '../../alerts/deadline-watch.ts';
import { connectDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';

const [url = '', at = ''] = process.argv.slice(2);
const database = await connectDatabase({ url, logger: createLogger('error') });
process.stdout.write('ready\n');
while ((await runDue(database, Number(at), 3)) > 0);
await database.close();
