import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

/** A request to write, as its bytes would go out, with kafkajs as it comes or mended; the values come in by stdin. */
const ENCODE = `
  import { createRequire } from 'node:module';
  import { readFileSync } from 'node:fs';
  const require = createRequire('${import.meta.url}');
  if (process.argv[1] === 'mended') await import('${new URL('./kafkajs-mended.ts', import.meta.url)}');
  const produce = require('kafkajs/src/protocol/requests/produce/v3/request');
  const createRequest = require('kafkajs/src/protocol/request');
  Date.now = () => 1772323200000;
  const partitions = JSON.parse(readFileSync(0, 'utf8')).map((values, partition) => ({
    partition,
    firstSequence: 0,
    messages: values.map((value) => ({ value: Buffer.from(value) })),
  }));
  const request = produce({ acks: -1, timeout: 1000, topicData: [{ topic: 'observations', partitions }] });
  const encoded = await createRequest({ correlationId: 7, clientId: 'wardline', request });
  process.stdout.write(encoded.size() + ' ' + encoded.buffer.toString('base64') + ' ' + encoded.buffer.length);
`;

const encode = (how: string, partitions: readonly string[][]) =>
  spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', ENCODE, how],
    { input: JSON.stringify(partitions), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );

test('K1 a request goes out byte for byte as kafkajs itself would send it, whatever the size of its records', () => {
  const text = (length: number, letter: string) => `${letter}界`.repeat(length).slice(0, length);
  const partitions = [
    [text(10, 'a')],
    [text(4095, 'b'), text(4096, 'c'), text(4097, 'd'), ''],
    [text(300_000, 'e'), text(3, 'f'), text(70_000, 'g')],
    Array.from({ length: 200 }, (_, i) => text(i, 'h')),
  ];
  const plain = encode('plain', partitions);
  const mended = encode('mended', partitions);
  expect(plain.stderr + mended.stderr).toBe('');
  expect(plain.stdout.length).toBeGreaterThan(500_000);
  expect(mended.stdout === plain.stdout).toBe(true);
});

test('K2 the checksum is CRC-32C', () => {
  // RFC 3720, B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  const slowly = (bytes: Uint8Array) => {
    let crc = -1;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => crc32c(bytes) === slowly(bytes)));
});

test('K3 no timer is set while nothing waits, and what waits for a broker that asked for patience is sent in the end', async () => {
  await import('./kafkajs-mended.ts');
  const require = createRequire(import.meta.url);
  const Queue = require('kafkajs/src/network/requestQueue');
  const queue = new Queue({ logger: { debug: () => {} }, maxInFlightRequests: null, requestTimeout: 1000 });
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
  // Long enough to be still going on at the next line, on a busy machine too.
  queue.maybeThrottle(500);
  const sent = new Promise<void>((resolve) => {
    queue.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: resolve });
  });
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  await sent;
  expect(queue.throttleCheckTimeoutId).toBeNull();
});
