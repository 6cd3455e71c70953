/** Organisations by the name that people know them by; a path for what has none. Asked for once, when a room first needs it. */
import { shallowRef } from 'vue';
import { allOrganisations, type Organisation } from '../api/administration.ts';
import { text } from '../i18n/language.ts';

const names = shallowRef<ReadonlyMap<string, string> | null>(null);
const list = shallowRef<readonly Organisation[]>([]);
let isAsked = false;

export function useOrganisationNames() {
  if (!isAsked) {
    isAsked = true;
    void allOrganisations().then((answer) => {
      isAsked = answer.ok;
      if (!answer.ok) return;
      list.value = answer.value;
      names.value = new Map(answer.value.map(({ path, name }) => [path, name]));
    });
  }
  const nameOf = (path: string): string =>
    names.value?.get(path) ?? (path === '' ? text.value.forms.wholeTree : path);
  return { nameOf, organisations: list };
}
