/**
 * The channels of this installation, from `NOTICE_CHANNELS` (or the file that `NOTICE_CHANNELS_FILE` names): a JSON array. Addresses
 * of robots are secrets themselves, so they stand there and nowhere else. Rules: SPEC.md, O1 and O2.
 */
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { fail, ok, type Result } from '../kernel/result.ts';

const Common = {
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
  /** Path whose subtree may use it. */
  organisation: Type.Optional(Type.String({ maxLength: 256 })),
};
const Secret = Type.String({ minLength: 8, maxLength: 512 });
const Posted = {
  ...Common,
  url: Type.String({ pattern: '^https?://[^\\s@/]+(/\\S*)?$', maxLength: 2048 }),
  /** Plain HTTP and private addresses are let, to this channel. */
  isPrivate: Type.Optional(Type.Boolean()),
};
const strict = { additionalProperties: false };

const Channel = Type.Union([
  Type.Object(
    {
      ...Common,
      kind: Type.Literal('email'),
      /** With user and password: `smtps://user:password@host:465`. */
      url: Type.String({ pattern: '^smtps?://\\S+$', maxLength: 2048 }),
      from: Type.String({ minLength: 3, maxLength: 320 }),
    },
    strict,
  ),
  Type.Object({ ...Posted, kind: Type.Literal('webhook'), secret: Secret }, strict),
  Type.Object({ ...Posted, kind: Type.Literal('wecom') }, strict),
  Type.Object({ ...Posted, kind: Type.Enum(['dingtalk', 'feishu']), secret: Secret }, strict),
  Type.Object(
    {
      ...Posted,
      kind: Type.Literal('sms'),
      method: Type.Optional(Type.Enum(['POST', 'GET'])),
      headers: Type.Optional(Type.Record(Type.String(), Type.String())),
      /** `{phone}`, `{text}`, `{id}` are filled in, escaped for the content type; in the URL too. */
      body: Type.Optional(Type.String({ maxLength: 8192 })),
      /** What an answer of the gateway contains when it took the message; absent: its 2xx says so. */
      success: Type.Optional(Type.String({ minLength: 1 })),
    },
    strict,
  ),
]);
export type ChannelSettings = Static<typeof Channel>;
type Of<K extends ChannelSettings['kind']> = Extract<ChannelSettings, { kind: K }>;
export type EmailSettings = Of<'email'>;
export type PostedSettings = Exclude<ChannelSettings, EmailSettings>;
export type SmsSettings = Of<'sms'>;

/** Answers the channels, or what is wrong, without the values. */
export function readChannels(text: string | undefined): Result<readonly ChannelSettings[], string> {
  if (text === undefined) return ok([]);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail('NOTICE_CHANNELS: must be a JSON array of channels');
  }
  if (!Array.isArray(json)) return fail('NOTICE_CHANNELS: must be a JSON array of channels');
  const names = new Set<string>();
  for (const [i, each] of json.entries()) {
    const where = `NOTICE_CHANNELS: channel ${i + 1}`;
    if (!Value.Check(Channel, each))
      return fail(`${where} is not as README.md describes its kind (name, kind, url, secret …)`);
    if (names.has(each.name)) return fail(`${where}: the name "${each.name}" is there already`);
    names.add(each.name);
    if (each.kind === 'email') continue;
    if (each.isPrivate !== true && !each.url.startsWith('https:'))
      return fail(`${where}: plain HTTP is for a channel with "isPrivate": true`);
  }
  return ok(json as ChannelSettings[]);
}

/** What may be shown of an address. */
export function hostOf({ url }: ChannelSettings): string {
  return /^\w+:\/\/(?:[^@/]*@)?([^/:?#]+)/.exec(url)?.[1] ?? '';
}
