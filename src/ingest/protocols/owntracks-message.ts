/** What surrounds OwnTracks' JSON: who sent it, and the form in which quarantine keeps it. */
import { isObject, type Json } from '../../kernel/field.ts';

export interface OwntracksEnvelope {
  /** Topic that it was published to; null over HTTP. */
  readonly topic: string | null;
  /** User and device by header or query; null where there are none. */
  readonly user: string | null;
  readonly deviceName: string | null;
  /** The broker had kept it: old data. */
  readonly retained: boolean;
}

export interface OwntracksMessage extends OwntracksEnvelope {
  readonly body: string;
}

/** Id on the wire: `owntracks/<user>/<device>`, else the tracker id. The broker's topic says more than what stands in a body. */
export function identify(item: Json, { topic, user, deviceName }: OwntracksEnvelope): string | undefined {
  if (topic !== null) return baseOf(topic);
  if (typeof item.topic === 'string' && item.topic !== '') return baseOf(item.topic);
  if (user !== null && deviceName !== null) return `owntracks/${user}/${deviceName}`;
  return typeof item.tid === 'string' && item.tid !== '' ? item.tid : undefined;
}

/** `owntracks/jane/phone/event` is said by `owntracks/jane/phone`. */
function baseOf(topic: string): string {
  return (
    /^([^/]*\/[^/]+\/.*[^/])\/(?:event|waypoints?|status|info|cmd|steps?|beacon|dump|request|msg)$/.exec(
      topic,
    )?.[1] ?? topic
  );
}

export function writeOwntracksMessage(message: OwntracksMessage): Uint8Array {
  const { topic, user, deviceName, retained, body } = message;
  return new TextEncoder().encode(JSON.stringify({ topic, user, deviceName, retained, body }));
}

/** The inverse, for quarantined bytes. */
export function readOwntracksMessage(raw: Uint8Array): OwntracksMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(raw));
  } catch {
    // Not what `writeOwntracksMessage` wrote.
    return undefined;
  }
  if (!isObject(json) || typeof json.body !== 'string') return undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    topic: text(json.topic),
    user: text(json.user),
    deviceName: text(json.deviceName),
    retained: json.retained === true,
    body: json.body,
  };
}
