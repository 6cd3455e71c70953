/** A program of somebody else: JSON, signed (SPEC.md, O3). */
import { post } from './http-post.ts';
import { judge } from './judge.ts';
import type { Send } from './sender.ts';
import { signWebhook } from './signatures.ts';

export function createWebhook(
  { url, secret, isPrivate = false }: { url: string; secret: string; isPrivate?: boolean },
  now: () => number,
): Send {
  return async ({ id, message, data }) => {
    const timestampS = Math.floor(now() / 1000);
    const body = JSON.stringify({ id, text: message.text, notices: data });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': id,
      'x-wardline-timestamp': String(timestampS),
      'x-wardline-signature': signWebhook(secret, timestampS, body),
    };
    return judge(await post({ url, headers, body, isPrivate }));
  };
}
