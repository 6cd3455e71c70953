/**
 * Which partition of the observations log a key belongs to. Both logs use this one function, and it is the
 * default of Kafka's own clients (murmur2, seed 0x9747b28c, sign bit cleared, modulo), so that a foreign
 * producer that keys by subject lands beside ours.
 * Source: org.apache.kafka.common.utils.Utils.murmur2, KIP-480.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(bytesOf(key)) & 0x7fffffff) % partitions;
}

const utf8 = new TextEncoder();
const scratch = new Uint8Array(64);

/** UTF-8. Keys are short and nearly always ASCII, where asking the encoder costs more than the hash. */
function bytesOf(key: string): Uint8Array {
  const { length } = key;
  if (length > scratch.length) return utf8.encode(key);
  for (let i = 0; i < length; i++) {
    const code = key.charCodeAt(i);
    if (code > 127) return utf8.encode(key);
    scratch[i] = code;
  }
  return scratch.subarray(0, length);
}

const M = 0x5bd1e995;

/** 32-bit MurmurHash2 as Kafka has it; answers a signed 32-bit integer. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const j = i << 2;
    let k =
      (data[j] as number) |
      ((data[j + 1] as number) << 8) |
      ((data[j + 2] as number) << 16) |
      ((data[j + 3] as number) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const tail = words << 2;
  const rest = length & 3;
  if (rest === 3) h ^= (data[tail + 2] as number) << 16;
  if (rest >= 2) h ^= (data[tail + 1] as number) << 8;
  if (rest >= 1) h = Math.imul(h ^ (data[tail] as number), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}
