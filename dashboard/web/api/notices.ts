/** What the account is told in the page; who gets notices by what outside it, and what came of them. */
import type { Severity } from '../../../src/kernel/alert-event.ts';
import type {
  ChannelKind,
  DeliveryState,
  NOTICE_LANGUAGES,
  NoticeName,
  TELLS,
} from '../../../src/kernel/notices.ts';
import { get, type Page, send } from './call.ts';

export interface Notice {
  readonly id: string;
  readonly what: NoticeName;
  readonly about: 'alert' | 'task' | 'shelving' | 'shift' | 'hazard' | 'self-test';
  readonly ref: string;
  readonly subject: string | null;
  readonly subjectName: string | null;
  readonly office: string;
  readonly officeName: string | null;
  readonly kind: string | null;
  readonly severity: Severity | null;
  readonly at: string;
  readonly isRead: boolean;
}
export interface Unread {
  readonly unread: number;
  readonly newest: string | null;
}
export const myNotices = (cursor: string | null) => get<Page<Notice>>('notices', { cursor, limit: 50 });
export const unreadNotices = () => get<Unread>('notices/unread');
export const readNotices = (upTo: string) => send<Unread>('POST', 'notices/read', { upTo });

export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly organisation: string;
  readonly host: string;
  readonly needsRecipient: boolean;
}
export const noticeChannels = () => get<{ readonly items: readonly Channel[] }>('notice-channels');
export const testChannel = (name: string, organisation: string, recipient: string) =>
  send<Delivery>('POST', `notice-channels/${encodeURIComponent(name)}/test`, { organisation, recipient });

export interface NewSubscription {
  readonly organisation: string;
  readonly reach: 'own' | 'subtree';
  readonly kinds: readonly NoticeName[] | null;
  readonly fromSeverity: Severity;
  readonly channel: string;
  readonly recipient: string;
  readonly language: (typeof NOTICE_LANGUAGES)[number];
  readonly tells: (typeof TELLS)[number];
  readonly quiet: { readonly from: string; readonly until: string } | null;
}
export interface Subscription extends NewSubscription {
  readonly id: string;
  readonly madeBy: string;
  readonly madeAt: string;
}
export const noticeSubscriptions = () => get<Page<Subscription>>('notice-subscriptions', { limit: 1000 });
export const subscribe = (given: NewSubscription) =>
  send<Subscription>('POST', 'notice-subscriptions', given);
export const unsubscribe = (id: string) => send<Subscription>('DELETE', `notice-subscriptions/${id}`);

export interface Delivery {
  readonly id: string;
  readonly organisation: string;
  readonly subscription: string | null;
  readonly channel: string;
  readonly recipient: string;
  readonly isUrgent: boolean;
  readonly state: DeliveryState;
  readonly madeAt: string;
  readonly dueAt: string;
  readonly notices: number;
  readonly attempts: number;
  readonly answer: string | null;
  readonly sentAt: string | null;
}
export const noticeDeliveries = (state: DeliveryState | null, cursor: string | null) =>
  get<Page<Delivery>>('notice-deliveries', { state, cursor, limit: 50 });
export const sendAgain = (id: string) => send<Delivery>('POST', `notice-deliveries/${id}/retry`);
