/** Subjects, their recorded track, the alerts about them, why a rule concluded what it did. */
import type { Contact, Disposition } from '../../../src/kernel/casework.ts';
import type { Schedule, ZoneAssignment } from '../../../src/kernel/roster.ts';
import { type Answer, get, getAll, type Page, send } from './call.ts';
import type { KeptSubject, LegalType, PROTOCOLS } from './roster.ts';

export interface SubjectRow {
  readonly id: string;
  readonly name: string;
  readonly office: string;
  readonly grade: 'strict' | 'standard' | 'relaxed';
}
export interface Profile {
  readonly devices?: readonly {
    readonly id: string;
    readonly kind: 'phone' | 'wristband';
    readonly feed: string | null;
    readonly protocol?: (typeof PROTOCOLS)[number];
    readonly address?: string;
    readonly intervalS: number;
    readonly from: string;
    readonly until: string | null;
    readonly order?: { readonly ground: string; readonly from: string; readonly until: string };
  }[];
  readonly zones?: readonly ZoneAssignment[];
  readonly curfews?: readonly (Schedule & { readonly zone: string })[];
  readonly checkins?: readonly (Schedule & { readonly id: string })[];
  readonly permits?: readonly {
    readonly id: string;
    readonly from: string;
    readonly until: string;
    readonly destination: string | null;
    readonly returnedAt: string | null;
  }[];
  readonly noContact?: readonly string[];
  readonly pins?: readonly {
    readonly terminal: string;
    readonly pin: string;
    readonly from: string;
    readonly until: string | null;
  }[];
  readonly contacts?: readonly { readonly whom: Contact; readonly name: string; readonly phone: string }[];
}
export interface SubjectInFull extends SubjectRow {
  readonly profile: Profile;
  readonly lastKnown: {
    readonly at: string | null;
    readonly lat: number | null;
    readonly lon: number | null;
    readonly accuracyM: number | null;
    readonly heardAt: string | null;
    readonly batteryPct: number | null;
    readonly off: boolean;
  } | null;
}

export interface RecordedFix {
  readonly at: string;
  readonly receivedAt: string;
  readonly device: string;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number | null;
  readonly speedMps: number | null;
  readonly batteryPct: number | null;
  readonly method: string | null;
}

export interface SubjectAlert {
  readonly alert: string;
  readonly kind: string;
  readonly state: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  readonly startedAt: string;
  readonly clearedAt: string | null;
  readonly reason: string;
  readonly reasonEn: string;
  readonly disposition: Disposition | null;
}

const one = (id: string) => `subjects/${encodeURIComponent(id)}`;

export interface SubjectFilter {
  readonly text: string;
  readonly state?: 'current' | 'ended' | 'all';
  readonly grade?: SubjectRow['grade'];
  readonly legalType?: LegalType;
}
export const listSubjects = (text: string, cursor: string | null) =>
  get<Page<SubjectRow>>('subjects', { text, cursor, limit: 50 });
export const findSubjects = (filter: SubjectFilter, cursor: string | null) =>
  get<Page<KeptSubject>>('subjects', { ...filter, cursor, limit: 50 });

export const findSubject = (id: string) => get<SubjectInFull & KeptSubject>(one(id));

/** A day of one fix a second is 86,400: what is more is cut, and the page says so. */
export const MOST_FIXES = 90_000;

export const trackOf = (id: string, fromMs: number, toMs: number, reason: string) =>
  getAll<RecordedFix>(
    `${one(id)}/track`,
    { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), limit: 10_000, reason },
    MOST_FIXES,
  );

export const alertsOf = (id: string): Promise<Answer<Page<SubjectAlert>>> =>
  get('alerts', { subject: id, limit: 200 });

export interface SpotCheckAnswer {
  readonly state: string;
}
export const locateNow = (id: string) => send<SpotCheckAnswer>('POST', `${one(id)}/locate`, {});
