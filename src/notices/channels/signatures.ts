/** Signatures of webhooks and robots. Pure but for the hash. */
import { createHmac } from 'node:crypto';

/** O3: of the timestamp in seconds, a dot and the body. */
export function signWebhook(secret: string, timestampS: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex')}`;
}

/**
 * DingTalk custom robot with 加签: HMAC-SHA256 keyed by the secret, of milliseconds, newline and the secret, in base64; it goes into
 * the query with its timestamp and holds for an hour.
 */
export function signDingtalk(secret: string, timestampMs: number): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64');
}

/** Feishu custom robot with 签名校验: keyed by seconds, newline and the secret, of nothing, in base64. */
export function signFeishu(secret: string, timestampS: number): string {
  return createHmac('sha256', `${timestampS}\n${secret}`).update('').digest('base64');
}
