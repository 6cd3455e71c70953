/** The sender of each configured channel. */
import type { ChannelSettings } from '../channel-settings.ts';
import { createEmail } from './email.ts';
import { createDingtalk, createFeishu, createWecom } from './robots.ts';
import type { Send } from './sender.ts';
import { createSms } from './sms.ts';
import { createWebhook } from './webhook.ts';

export function createSender(settings: ChannelSettings, now: () => number): Send {
  switch (settings.kind) {
    case 'email':
      return createEmail(settings);
    case 'webhook':
      return createWebhook(settings, now);
    case 'wecom':
      return createWecom(settings);
    case 'dingtalk':
      return createDingtalk(settings, now);
    case 'feishu':
      return createFeishu(settings, now);
    case 'sms':
      return createSms(settings);
  }
}
