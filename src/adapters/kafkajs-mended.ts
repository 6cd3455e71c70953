/**
 * kafkajs (2.2.4, pinned; it is no longer worked on) with three of its inner parts mended before it loads them. What goes over the wire
 * is the same, byte for byte (tested); what it cost stands in docs/decisions/012.
 */
import { createRequire } from 'node:module';
import { crc32c } from './crc32c.ts';

const require = createRequire(import.meta.url);

replaceModule('kafkajs/src/protocol/recordBatch/crc32C/crc32C.js', crc32c);
mendEncoder((require('kafkajs/src/protocol/encoder') as { prototype: Encoder }).prototype);
mendRequestQueue((require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }).prototype);

export const { Kafka, logLevel } = require('kafkajs') as typeof import('kafkajs');

function replaceModule(path: string, made: unknown): void {
  require(path);
  const module = require.cache[require.resolve(path)];
  if (module === undefined) throw new Error(`kafkajs has no ${path}`);
  module.exports = made;
}

interface Encoder {
  buf: Buffer;
  offset: number;
  /** What stands before `buf`. */
  parts?: Buffer[];
  partsBytes?: number;
  readonly buffer: Buffer;
  ensureAvailable(bytes: number): void;
  writeBufferInternal(bytes: Buffer): void;
  writeEncoder(inner: Encoder): Encoder;
  writeEncoderArray(inner: readonly Encoder[]): Encoder;
  size(): number;
}

/** From here on bytes are taken as they are instead of copied. */
const SHARED_BYTES = 4096;
const LEAST_BYTES = 512;

/**
 * Nine encoders stand in each other, and each copied all that is in it into zeroed memory of up to twice the size: 3 KB of buffers
 * for a line of 200 bytes.
 */
function mendEncoder(encoder: Encoder): void {
  encoder.ensureAvailable = function (bytes) {
    if (this.offset + bytes <= this.buf.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.offset, this.offset + bytes, LEAST_BYTES));
    this.buf.copy(larger, 0, 0, this.offset);
    this.buf = larger;
  };
  encoder.writeBufferInternal = function (bytes) {
    if (bytes.length < SHARED_BYTES) {
      this.ensureAvailable(bytes.length);
      bytes.copy(this.buf, this.offset);
      this.offset += bytes.length;
      return;
    }
    this.parts ??= [];
    this.parts.push(this.buf.subarray(0, this.offset), bytes);
    this.partsBytes = (this.partsBytes ?? 0) + this.offset + bytes.length;
    this.buf = this.buf.subarray(this.offset);
    this.offset = 0;
  };
  encoder.writeEncoder = function (inner) {
    for (const part of inner.parts ?? []) this.writeBufferInternal(part);
    this.writeBufferInternal(inner.buf.subarray(0, inner.offset));
    return this;
  };
  encoder.writeEncoderArray = function (inner) {
    for (const each of inner) this.writeEncoder(each);
    return this;
  };
  encoder.size = function () {
    return (this.partsBytes ?? 0) + this.offset;
  };
  Object.defineProperty(encoder, 'buffer', {
    configurable: true,
    get(this: Encoder) {
      if (this.parts !== undefined) {
        this.buf = Buffer.concat([...this.parts, this.buf.subarray(0, this.offset)]);
        this.offset = this.buf.length;
        delete this.parts;
        this.partsBytes = 0;
      }
      return this.buf.subarray(0, this.offset);
    },
  });
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** With nothing waiting it still set a timer, to a time in 1970 (hence `TimeoutNegativeWarning`), each millisecond anew. */
function mendRequestQueue(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this);
  };
}
