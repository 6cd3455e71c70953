/** From an answer by HTTP to what it means. Pure. */
import type { HttpAnswer } from './http-post.ts';
import type { Sent } from './sender.ts';

/** `accepts`: looks into a 2xx; answers undefined when it means taken, else its code and whether it is final. */
export function judge(
  answer: HttpAnswer,
  accepts: (body: string) => { readonly code: string; readonly isFinal: boolean } | undefined = () =>
    undefined,
): Sent {
  if ('fault' in answer)
    return { isSent: false, answer: answer.fault, isFinal: answer.fault === 'private-address' };
  const { status, body } = answer;
  if (status < 200 || status > 299)
    return { isSent: false, answer: String(status), isFinal: isRefusal(status) };
  const refused = accepts(body);
  if (refused === undefined) return { isSent: true, answer: String(status) };
  return { isSent: false, answer: refused.code, isFinal: refused.isFinal };
}

/** A redirect is one too: it is not followed. Too many (429) and too slow (408, 425) pass. */
function isRefusal(status: number): boolean {
  return status < 500 && ![408, 425, 429].includes(status);
}

/** The robots' own word in a 2xx. `passing`: codes that another try may get by, such as a rate limit. */
export function robotCode(
  body: string,
  keys: readonly string[],
  passing: readonly number[],
): { code: string; isFinal: boolean } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { code: 'answer-unreadable', isFinal: false };
  }
  for (const key of keys) {
    const code = (json as Record<string, unknown> | null)?.[key];
    if (typeof code === 'number')
      return code === 0 ? undefined : { code: `${key} ${code}`, isFinal: !passing.includes(code) };
  }
  return { code: 'answer-unreadable', isFinal: false };
}
