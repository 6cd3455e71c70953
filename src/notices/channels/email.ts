/** E-mail over SMTP. The `Message-ID` is the delivery's, so that a mailbox that looks for doubles finds them. */
import { createTransport } from 'nodemailer';
import { type EmailSettings, hostOf } from '../channel-settings.ts';
import type { Send } from './sender.ts';

const TIMEOUT_MS = 10_000;

export function createEmail(settings: EmailSettings): Send {
  const transport = createTransport({
    url: settings.url,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = settings.from.split('@').at(-1)?.replace(/>.*$/, '') ?? hostOf(settings);
  return async ({ id, recipient, message }) => {
    try {
      const info = await transport.sendMail({
        from: settings.from,
        // As an address, not as a header: a list or a display name in it would be one address that is none.
        to: { name: '', address: recipient },
        subject: message.title,
        text: message.text,
        messageId: `<${id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      return { isSent: true, answer: `smtp ${info.response.slice(0, 3)}` };
    } catch (error) {
      const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number };
      if (responseCode === undefined)
        return { isSent: false, answer: String(code ?? 'unreachable').toLowerCase(), isFinal: false };
      // 535 and the like are the installation's fault, which somebody mends; 5xx of a recipient is final.
      const isFinal = responseCode >= 500 && code !== 'EAUTH';
      return { isSent: false, answer: `smtp ${responseCode}`, isFinal };
    }
  };
}
