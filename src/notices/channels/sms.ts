/** A gateway of short messages over HTTP: whatever request its maker asks for, as a template. */
import type { SmsSettings } from '../channel-settings.ts';
import { post } from './http-post.ts';
import { judge } from './judge.ts';
import type { Send } from './sender.ts';

/** Three parts of a long message: 67 characters each. */
const MOST_CHARACTERS = 201;

export function createSms(settings: SmsSettings): Send {
  const { url, method = 'POST', headers = {}, body = '', success, isPrivate = false } = settings;
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const escaped = escapeFor(type);
  return async ({ id, recipient, message }) => {
    const text = [...message.text].slice(0, MOST_CHARACTERS).join('');
    const values = { phone: recipient, text, id };
    const answer = await post({
      url: fill(url, values, encodeURIComponent),
      method,
      headers,
      body: fill(body, values, escaped),
      isPrivate,
    });
    return judge(answer, (said) =>
      success === undefined || said.includes(success) ? undefined : { code: 'not-taken', isFinal: false },
    );
  };
}

/** What a value becomes within a body of this type, so that no value can end its place in it. */
function escapeFor(contentType: string): (value: string) => string {
  if (/json/.test(contentType)) return (value) => JSON.stringify(value).slice(1, -1);
  if (/xml/.test(contentType))
    return (value) => value.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return encodeURIComponent;
}

/** Each place once, from the left: a value that looks like a place stays as it is. */
export function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  escaped: (value: string) => string,
): string {
  return template.replace(/\{(phone|text|id)\}/g, (_, name: string) => escaped(values[name] ?? ''));
}
