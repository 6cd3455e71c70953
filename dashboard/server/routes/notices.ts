/** `notices`: what the caller is told in the page, and up to where it was read. Names as the caller may see them, no position. */
import { type Static, Type } from 'typebox';
import type { AlertKindName, Severity } from '../../../src/kernel/alert-event.ts';
import { told } from '../../../src/kernel/fault.ts';
import { NOTICES, type NoticeName } from '../../../src/kernel/notices.ts';
import type { Database } from '../../../src/ports/database.ts';
import { countUnread, listMyNotices, markRead } from '../../../src/store/notices.ts';
import type { Actor } from '../auth/access.ts';
import { callerOf } from '../auth/route-guard.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import {
  answers,
  beforeOf,
  Cursor,
  encodeCursor,
  Limit,
  Nullable,
  Page,
  SeverityName,
  Time,
  toPage,
} from './schemas.ts';

/** More is shown as more. */
const MOST_COUNTED = 100;

const ABOUT = ['alert', 'task', 'shelving', 'shift', 'hazard', 'self-test'] as const;
const Notice = Type.Object({
  id: Type.String(),
  what: Type.Enum(NOTICES),
  about: Type.Enum(ABOUT),
  ref: Type.String({ description: 'Its id' }),
  subject: Nullable(Type.String()),
  subjectName: Nullable(Type.String()),
  office: Type.String({ description: 'Organisation that is told' }),
  officeName: Nullable(Type.String()),
  kind: Nullable(Type.String({ description: 'Of the alert or the task' })),
  severity: Nullable(SeverityName),
  at: Time,
  isRead: Type.Boolean(),
});
const Unread = Type.Object({
  unread: Type.Integer({ description: `${MOST_COUNTED}: so many or more` }),
  newest: Nullable(Type.String({ description: 'Id of the newest unread one' })),
});

export function registerNoticeRoutes(app: App, deps: { readonly database: Database }): void {
  const db = deps.database;
  const tags = ['notices'];
  const unreadOf = async (actor: Actor): Promise<Static<typeof Unread>> => {
    const [found] = await countUnread(db, ownerOf(actor), actor.organisation, MOST_COUNTED);
    return { unread: found?.unread ?? 0, newest: found?.newest ?? null };
  };

  app.get(
    '/api/v1/notices',
    {
      config: { action: 'notices.read' },
      schema: {
        tags,
        summary: 'What you are told, newest first: you, your own organisation, and what is critical below it',
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: answers(Page(Notice)),
      },
    },
    async (request) => {
      const { cursor, limit = 100 } = request.query;
      const { actor } = callerOf(request);
      const before = beforeOf(cursor);
      const rows = await listMyNotices(db, ownerOf(actor), actor.organisation, before, limit + 1);
      return toPage(rows, limit, toNotice, (last) => encodeCursor(last.id));
    },
  );

  app.get(
    '/api/v1/notices/unread',
    {
      config: { action: 'notices.read' },
      schema: { tags, summary: 'How many of them you have not read', response: answers(Unread) },
    },
    (request) => unreadOf(callerOf(request).actor),
  );

  app.post(
    '/api/v1/notices/read',
    {
      config: { action: 'notices.read' },
      schema: {
        tags,
        summary: 'You have read them up to this one',
        body: Type.Object({ upTo: Type.String({ pattern: '^\\d{1,18}$' }) }),
        response: answers(Unread),
      },
    },
    async (request) => {
      const { actor } = callerOf(request);
      if (actor.kind === 'token') throw new Problem('conflict', told('token-reads-nothing'));
      await markRead(db, actor.name, request.body.upTo);
      return unreadOf(actor);
    },
  );
}

/** What is addressed to an account is no token's of the same name. */
const ownerOf = (actor: Actor): string => (actor.kind === 'account' ? actor.name : '');

function toNotice(row: Awaited<ReturnType<typeof listMyNotices>>[number]): Static<typeof Notice> {
  return {
    id: row.id,
    // The columns are written from these types only (alerts/noticed.ts).
    what: row.what as NoticeName,
    about: row.about as (typeof ABOUT)[number],
    ref: row.ref,
    subject: row.subject,
    subjectName: row.subject_name,
    office: row.office,
    officeName: row.office_name,
    kind: row.kind as AlertKindName | null,
    severity: row.severity as Severity | null,
    at: row.at.toISOString(),
    isRead: row.is_read,
  };
}
