/**
 * OwnTracks over HTTP and MQTT (protocols.md, part D; owntracks.org/booklet, JSON). Pure: one request or published message in,
 * one `Decoded` for each message that it holds out. What only the server says to the phone (cmd), what carries the phone's own
 * passwords (configuration, dump) and faces (card) gives no record and is kept nowhere.
 */
import { isObject, type Json, show } from '../../kernel/field.ts';
import type { Instant } from '../../kernel/instant.ts';
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import {
  identify,
  type OwntracksEnvelope,
  type OwntracksMessage,
  writeOwntracksMessage,
} from './owntracks-message.ts';
import { decodeMessage } from './owntracks-records.ts';
import type { Decoded, DeviceRecord } from './record.ts';

export interface OwntracksDecoded extends Decoded {
  /** It came sealed with the device's key: who sent it is proven. */
  readonly isSealed: boolean;
}

/** Opens `data` of an encrypted message (base64) with the device's key: its plain text, or why not. */
export type Unseal = (device: string, data: string) => Result<string, Refusal>;

/** Never throws. An empty body (the app says that a friend is gone) holds nothing. */
export function decodeOwntracks(
  message: OwntracksMessage,
  receivedMs: Instant,
  unseal: Unseal,
): readonly OwntracksDecoded[] {
  const { body, ...envelope } = message;
  if (body.trim() === '') return [];
  const parsed = parse(body);
  if (!parsed.ok) return [give(null, parsed, message)];
  const items: readonly unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return items.map((item) => {
    if (items.length === 1) return decodeItem(item, envelope, message, receivedMs, unseal);
    const own = write(item);
    return own.ok
      ? decodeItem(item, envelope, { ...message, body: own.value }, receivedMs, unseal)
      : give(null, own, { ...message, body: '' });
  });
}

function decodeItem(
  item: unknown,
  envelope: OwntracksEnvelope,
  message: OwntracksMessage,
  receivedMs: Instant,
  unseal: Unseal,
): OwntracksDecoded {
  if (!isObject(item))
    return give(
      null,
      refuse('not-an-object', '', `a message must be a JSON object, not ${show(item)}`),
      message,
    );
  const device = identify(item, envelope);
  if (item._type !== 'encrypted') return give(device, recordsOf(item, device, envelope, receivedMs), message);
  if (device === undefined) return give(null, NO_DEVICE_SEALED, message);
  const { data } = item;
  if (typeof data !== 'string')
    return give(device, refuse('wrong-type', 'data', 'must be base64 of what is sealed'), message);
  const plain = unseal(device, data);
  if (!plain.ok) return give(device, plain, message);
  const inner = parse(plain.value);
  // Who sent it is told by the key, not by what stands inside.
  const records: Read = !inner.ok
    ? inner
    : isObject(inner.value) && inner.value._type !== 'encrypted'
      ? recordsOf(inner.value, device, envelope, receivedMs)
      : refuse('not-an-object', 'data', 'must seal one message');
  return { ...give(device, records, message), isSealed: true };
}

type Read = Result<readonly DeviceRecord[], Refusal>;

const NO_DEVICE: Read = refuse(
  'missing-field',
  'topic',
  'the message names no device: set user and device in the app, or a tracker id',
);
/** The key is the device's: it can't be chosen by what is inside. */
const NO_DEVICE_SEALED: Read = refuse(
  'unknown-value',
  '_type',
  'an encrypted message must name its device outside: set user and device in the app',
);

function recordsOf(
  item: Json,
  device: string | undefined,
  { retained }: OwntracksEnvelope,
  receivedMs: Instant,
): Read {
  const read = decodeMessage(item, receivedMs, retained);
  return read.ok && read.value.length > 0 && device === undefined ? NO_DEVICE : read;
}

function give(device: string | null | undefined, records: Read, message: OwntracksMessage): OwntracksDecoded {
  return {
    device: device ?? null,
    records: records.ok ? records.value : [],
    refusal: records.ok ? null : records.error,
    isSealed: false,
    // Asked for only when something is refused.
    get raw() {
      return writeOwntracksMessage(message);
    },
  };
}

function parse(text: string): Result<unknown, Refusal> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch (error) {
    return refuse('not-json', '', `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function write(item: unknown): Result<string, Refusal> {
  try {
    return ok(JSON.stringify(item));
  } catch {
    // JSON.parse reads deeper nesting than JSON.stringify can write: no app nests so deep.
    return refuse('too-large', '', 'is nested too deeply');
  }
}
