/**
 * Group robots of the work chats in use: WeCom 企业微信, DingTalk 钉钉, Feishu 飞书. Each takes a text; none takes an idempotency key.
 * Their codes: rate limits pass with time, all else is final (a robot that was removed, a wrong signature, a keyword that is missing).
 */
import { post } from './http-post.ts';
import { judge, robotCode } from './judge.ts';
import type { Send } from './sender.ts';
import { signDingtalk, signFeishu } from './signatures.ts';

interface Robot {
  readonly url: string;
  readonly isPrivate?: boolean;
}
const headers = { 'content-type': 'application/json; charset=utf-8' };

/** A text may have 2048 bytes of UTF-8. */
const WECOM_BYTES = 2048;
const WECOM_PASSING = [-1, 45009];

export function createWecom({ url, isPrivate = false }: Robot): Send {
  return async ({ message }) => {
    const body = JSON.stringify({
      msgtype: 'text',
      text: { content: withinBytes(message.text, WECOM_BYTES) },
    });
    const answer = await post({ url, headers, body, isPrivate });
    return judge(answer, (said) => robotCode(said, ['errcode'], WECOM_PASSING));
  };
}

const DINGTALK_PASSING = [-1, 130101, 660026, 410100];

export function createDingtalk(
  { url, secret, isPrivate = false }: Robot & { readonly secret: string },
  now: () => number,
): Send {
  return async ({ message }) => {
    const timestampMs = now();
    const at = new URL(url);
    at.searchParams.set('timestamp', String(timestampMs));
    at.searchParams.set('sign', signDingtalk(secret, timestampMs));
    const body = JSON.stringify({ msgtype: 'text', text: { content: message.text } });
    const answer = await post({ url: at.href, headers, body, isPrivate });
    return judge(answer, (said) => robotCode(said, ['errcode'], DINGTALK_PASSING));
  };
}

/** 11232: too many in this time. */
const FEISHU_PASSING = [11232, 9499];

export function createFeishu(
  { url, secret, isPrivate = false }: Robot & { readonly secret: string },
  now: () => number,
): Send {
  return async ({ message }) => {
    const timestampS = Math.floor(now() / 1000);
    const body = JSON.stringify({
      timestamp: String(timestampS),
      sign: signFeishu(secret, timestampS),
      msg_type: 'text',
      content: { text: message.text },
    });
    const answer = await post({ url, headers, body, isPrivate });
    return judge(answer, (said) => robotCode(said, ['code', 'StatusCode'], FEISHU_PASSING));
  };
}

/** Cut between characters. */
export function withinBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const room = most - Buffer.byteLength('…');
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return `${kept}…`;
}
