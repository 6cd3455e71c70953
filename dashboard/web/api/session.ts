/** Signing in and out, and what the caller may do. */
import { type Answer, get, send, useCsrf } from './call.ts';

export interface Session {
  readonly login: string;
  readonly role: string;
  readonly organisation: string;
  readonly csrf: string;
  /** Signed in by a one-time password: nothing but another is open. */
  readonly mustChangePassword: boolean;
}

function entered(answer: Answer<Session>): Answer<Session> {
  if (answer.ok) useCsrf(answer.value.csrf);
  return answer;
}

export const currentSession = async () => entered(await get<Session>('session'));

export async function signIn(login: string, password: string): Promise<Answer<Session>> {
  const answer = entered(await send<Session>('POST', 'session', { login, password }));
  return !answer.ok && answer.fault === 'signed-out' ? { ...answer, fault: 'wrong' } : answer;
}

/** Ends every session of the account, so it signs in again. */
export async function choosePassword(
  session: Session,
  password: string,
  next: string,
): Promise<Answer<Session>> {
  const answer = await send<void>('PUT', 'session/password', { password, next });
  if (answer.ok) return signIn(session.login, next);
  if (answer.fault === 'signed-out') return { ...answer, fault: 'wrong' };
  return answer.fault === 'invalid' ? { ...answer, fault: 'weak' } : answer;
}

export const signOut = () => send<void>('DELETE', 'session');

/** Map tiles of another origin: addresses with {z}, {x} and {y}, the lowest first. */
export interface Tiles {
  readonly urls: readonly string[];
  readonly attribution: string | null;
  readonly maxZoom: number;
}

/** What the caller may do, as the server's table has it, and what the maps lie on. */
export const findMe = () => get<{ readonly actions: readonly string[]; readonly tiles: Tiles | null }>('me');
