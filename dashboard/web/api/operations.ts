/** What came in and was not taken, who is not believed, feeds, and whether the program is well. */
import { type Answer, get, getAll, type Page, send } from './call.ts';

export interface QuarantineItem {
  readonly id: string;
  readonly receivedAt: string;
  readonly source: string;
  readonly feed: string | null;
  readonly device: string | null;
  readonly code: string;
  readonly field: string;
  readonly message: string;
  readonly rawBase64: string;
}
export interface DeviceNotice {
  readonly protocol: string;
  readonly address: string;
  readonly code: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly count: number;
}
export const CRS = ['wgs84', 'gcj02', 'bd09'] as const;
export interface Feed {
  readonly id: string;
  readonly name: string;
  readonly crs: (typeof CRS)[number];
  readonly devices: number;
}

export const listQuarantine = (device: string, cursor: string | null) =>
  get<Page<QuarantineItem>>('quarantine', { device, cursor, limit: 50 });
export const replayQuarantine = (what: { ids: readonly string[] } | { device: string }) =>
  send<{ replayed: number; stillRefused: number }>('POST', 'quarantine/replay', what);
export const listNotices = () => get<Page<DeviceNotice>>('device-notices', { limit: 100 });
export const listFeeds = () => get<Page<Feed>>('feeds');
export const declareFeed = (id: string, crs: Feed['crs']) =>
  send<Feed>('PUT', `feeds/${encodeURIComponent(id)}`, { crs });

export interface Readiness {
  readonly status: 'ready' | 'not-ready';
  /** Name of the check → 'ok', or what is not. */
  readonly checks: Readonly<Record<string, string>>;
}
/** Answers 503 with the same body when something is not well. */
export async function readiness(): Promise<Answer<Readiness>> {
  try {
    return { ok: true, value: (await (await fetch('/readyz')).json()) as Readiness };
  } catch {
    return { ok: false, fault: 'unreachable', detail: null };
  }
}

/** Prometheus' text, of the process that answers. */
export async function metrics(): Promise<Answer<string>> {
  try {
    const answer = await fetch('/metrics');
    return answer.ok
      ? { ok: true, value: await answer.text() }
      : { ok: false, fault: 'failed', detail: null };
  } catch {
    return { ok: false, fault: 'unreachable', detail: null };
  }
}

export interface Outage {
  /** Id of the feed. */
  readonly subject: string;
  readonly startedAt: string;
}
/** Feeds that are silent as a whole, now. */
export const openOutages = () =>
  get<Page<Outage>>('alerts', { kind: 'feed-outage', state: 'open', limit: 100 });

export interface Terminal {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  readonly address: string;
  readonly timeZone: string | null;
  readonly pins: number;
  readonly heardAt: string | null;
  /** What its clock is ahead of true time. */
  readonly driftS: number | null;
  readonly driftFoundBy: 'date' | 'live' | 'ahead' | 'none' | null;
}
export const listTerminals = () => getAll<Terminal>('terminals', { limit: 500 });

/** What nobody may collect: counted by device and day, and not kept. */
export interface Uncollected {
  readonly subject: string;
  readonly device: string;
  readonly code: string;
  readonly day: string;
  readonly count: number;
  readonly lastAt: string;
}
export const listUncollected = (cursor: string | null) =>
  get<Page<Uncollected>>('uncollected', { cursor, limit: 50 });
