/** REST as the page uses it. Types only; the server's answers are trusted. */

export interface Session {
  readonly login: string;
  readonly role: string;
  readonly organisation: string;
  readonly csrf: string;
}

export type SignIn =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly status: number };

export async function currentSession(): Promise<Session | null> {
  const answer = await fetch('/api/v1/session');
  return answer.ok ? ((await answer.json()) as Session) : null;
}

/** `status` 0: the server was not reached. */
export async function signIn(login: string, password: string): Promise<SignIn> {
  try {
    const answer = await fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login, password }),
    });
    return answer.ok
      ? { ok: true, session: (await answer.json()) as Session }
      : { ok: false, status: answer.status };
  } catch {
    return { ok: false, status: 0 };
  }
}

export async function signOut({ csrf }: Session): Promise<void> {
  await fetch('/api/v1/session', { method: 'DELETE', headers: { 'x-csrf-token': csrf } });
}

export async function acknowledge({ csrf }: Session, alert: string): Promise<boolean> {
  try {
    const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(alert)}/acknowledge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
      body: '{}',
    });
    return answer.ok;
  } catch {
    return false;
  }
}
