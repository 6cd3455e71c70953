/** REST as the page uses it. The answers of our own server are trusted; only types here. */
import type { FeatureCollection } from 'geojson';

export interface Session {
  readonly login: string;
  readonly role: string;
  readonly organisation: string;
  readonly csrf: string;
  /** Signed in by a one-time password: nothing but another is open. */
  readonly mustChangePassword: boolean;
}

/** What went wrong, as the page tells it; `unreachable`: no answer at all. */
export type Fault =
  | 'wrong'
  | 'weak'
  | 'signed-out'
  | 'forbidden'
  | 'gone'
  | 'too-many'
  | 'unreachable'
  | 'failed';
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

const FAULTS: Readonly<Record<number, Fault>> = {
  401: 'signed-out',
  403: 'forbidden',
  404: 'gone',
  409: 'gone',
  429: 'too-many',
};

async function call<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
  try {
    const answer = await fetch(`/api/v1/${path}`, init);
    if (!answer.ok) return { ok: false, fault: FAULTS[answer.status] ?? 'failed' };
    return { ok: true, value: (answer.status === 204 ? undefined : await answer.json()) as T };
  } catch {
    // fetch throws for a network that is gone, and says no more than that.
    return { ok: false, fault: 'unreachable' };
  }
}

const json = (method: string, csrf: string | null, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...(csrf === null ? {} : { 'x-csrf-token': csrf }) },
  body: JSON.stringify(body),
});

export const currentSession = () => call<Session>('session');

export async function signIn(login: string, password: string): Promise<Answer<Session>> {
  const answer = await call<Session>('session', json('POST', null, { login, password }));
  return !answer.ok && answer.fault === 'signed-out' ? { ok: false, fault: 'wrong' } : answer;
}

/** Ends every session of the account, so it signs in again. */
export async function choosePassword(
  session: Session,
  password: string,
  next: string,
): Promise<Answer<Session>> {
  const answer = await call<void>('session/password', json('PUT', session.csrf, { password, next }));
  if (answer.ok) return signIn(session.login, next);
  if (answer.fault === 'signed-out') return { ok: false, fault: 'wrong' };
  return answer.fault === 'failed' ? { ok: false, fault: 'weak' } : answer;
}

export const signOut = ({ csrf }: Session) =>
  call<void>('session', { method: 'DELETE', headers: { 'x-csrf-token': csrf } });

/** What the caller may do, as the server's table has it. */
export const myActions = async (): Promise<Answer<ReadonlySet<string>>> => {
  const answer = await call<{ actions: string[] }>('me');
  return answer.ok ? { ok: true, value: new Set(answer.value.actions) } : answer;
};

export interface Acknowledgement {
  readonly alert: string;
  /** Who was first: another than the caller when somebody else had it already. */
  readonly acknowledgedBy: string;
}
export const acknowledge = ({ csrf }: Session, alert: string, note = '') =>
  call<Acknowledgement>(
    `alerts/${encodeURIComponent(alert)}/acknowledge`,
    json('POST', csrf, note === '' ? {} : { note }),
  );

export type ZoneProperties = { readonly name?: string; readonly radiusM?: number; readonly widthM?: number };
/** At most so many pages: the map draws the zone of one alert, it need not know all of a country. */
const MOST_PAGES = 20;

export async function allZones(): Promise<FeatureCollection['features']> {
  const features: FeatureCollection['features'] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer: Answer<FeatureCollection & { nextCursor: string | null }> = await call(
      `zones?limit=500${query}`,
    );
    if (!answer.ok) return features;
    features.push(...answer.value.features);
    cursor = answer.value.nextCursor;
    if (cursor === null) return features;
  }
  return features;
}
