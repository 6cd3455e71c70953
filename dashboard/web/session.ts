/** Who sits at this desk: one for the whole page. */
import { shallowRef } from 'vue';
import { currentSession, findMe, type Session, signOut, type Tiles } from './api/session.ts';

/** Null: nobody is signed in. */
export const session = shallowRef<Session | null>(null);
/** Undefined: not known. The server decides; a page that could not ask shows what it has and lets it be refused there. */
export const actions = shallowRef<ReadonlySet<string> | undefined>(undefined);
/** What the maps lie on; null: what the page brings. */
export const tiles = shallowRef<Tiles | null>(null);
/** The session ended by itself, which is not the same as never having begun. */
export const hasEnded = shallowRef(false);

export const may = (action: string): boolean => actions.value === undefined || actions.value.has(action);

export async function enter(entered: Session): Promise<void> {
  const answer = await findMe();
  actions.value = answer.ok ? new Set(answer.value.actions) : undefined;
  if (answer.ok) tiles.value = answer.value.tiles;
  hasEnded.value = false;
  session.value = entered;
}

/** Takes up the session that the browser has a cookie of, if there is one. */
export async function resume(): Promise<void> {
  const answer = await currentSession();
  if (answer.ok) await enter(answer.value);
}

export async function leave(): Promise<void> {
  if (session.value !== null) await signOut();
  session.value = null;
}

/** For a call that was answered "signed out". */
export function endSession(): void {
  hasEnded.value = true;
  session.value = null;
}
