/** The words of the notices that casework, sender, server and page share. What follows from them: src/notices. */

/** What somebody can be told of. */
export const NOTICES = [
  'alert-opened',
  'alert-assigned',
  'alert-overdue',
  'alert-reopened',
  'task-sent',
  'task-answered',
  'task-returned',
  'task-supervised',
  'task-overdue',
  'task-handed-over',
  'shelving-asked',
  'shelving-ended',
  'hazard-opened',
  'shift-handed-over',
  'self-test-late',
] as const;
export type NoticeName = (typeof NOTICES)[number];

export const CHANNEL_KINDS = ['email', 'webhook', 'wecom', 'dingtalk', 'feishu', 'sms'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];
/** The others have one receiver, whom the configuration names. */
export const needsRecipient = (kind: ChannelKind): boolean => kind === 'email' || kind === 'sms';

/** Whom a message names: a person by masked name and office, or a place without either. Never both. */
export const TELLS = ['person', 'place'] as const;
export const NOTICE_LANGUAGES = ['zh', 'en'] as const;

export const DELIVERY_STATES = ['gathering', 'sending', 'failed', 'sent', 'dead', 'withdrawn'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
