/** Names of subjects by id, asked for once when somebody first needs them. */
import { shallowRef } from 'vue';
import { getAll } from '../api/call.ts';
import type { SubjectRow } from '../api/subjects.ts';

const MOST = 20_000;
const names = shallowRef<ReadonlyMap<string, string>>(new Map());
let isAsked = false;

async function ask() {
  isAsked = true;
  const answer = await getAll<SubjectRow>('subjects', { limit: 1000 }, MOST);
  if (answer.ok) names.value = new Map(answer.value.map(({ id, name }) => [id, name]));
  else isAsked = false;
}

export function useSubjectNames(): (id: string) => string {
  if (!isAsked) void ask();
  return (id) => names.value.get(id) ?? id;
}
