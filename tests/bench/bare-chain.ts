/**
 * The ceiling of the pipeline: nothing but Fastify, kafkajs, JSON.parse and COPY, in one process. A batch is parsed, written to
 * Kafka as one record, read back, parsed, and copied into a table without checks. Prints its address; SIGTERM prints the count.
 * Arguments: brokers databaseUrl.
 */
import fastify from 'fastify';
import { Kafka, logLevel } from 'kafkajs';
import { connectDatabase } from '../../src/adapters/database.ts';
import { createLogger } from '../../src/adapters/logger.ts';

const [brokers = '', databaseUrl = ''] = process.argv.slice(2);
const topic = `bare-${Date.now()}`;
const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6 }] });
const producer = kafka.producer();
await producer.connect();
const database = await connectDatabase({ url: databaseUrl, logger: createLogger('error') });
const session = await database.session();
await session.query({
  text: 'CREATE TABLE IF NOT EXISTS bare_positions (device text, at timestamptz, lat float8, lon float8, accuracy real)',
  values: [],
});

interface Line {
  readonly device: string;
  readonly at: string;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
}
const parse = (text: string) => JSON.parse(`[${text.replaceAll('\n', ',')}]`) as Line[];

let next = 0;
const app = fastify({ bodyLimit: 16 * 1024 * 1024 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
app.post('/', async (request) => {
  const body = String(request.body);
  const lines = parse(body);
  await producer.send({ topic, acks: -1, messages: [{ partition: next++ % 6, value: body }] });
  return { accepted: lines.length };
});

let recorded = 0;
let last: Promise<void> = Promise.resolve();
const consumer = kafka.consumer({ groupId: topic });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch }) => {
    const lines = batch.messages.flatMap((message) => parse(message.value?.toString() ?? ''));
    const text = lines
      .map((line) => `${line.device}\t${line.at}\t${line.lat}\t${line.lon}\t${line.accuracyM}\n`)
      .join('');
    last = last.then(
      () =>
        new Promise((resolve, reject) => {
          const stream = session.copyFrom('COPY bare_positions FROM STDIN');
          stream.on('finish', () => resolve()).on('error', reject);
          stream.end(text);
        }),
    );
    await last;
    recorded += lines.length;
  },
});
process.on('message', () => process.send?.(recorded));
process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }));
