/** Light by default, dark for the night shift: the desk's choice, not the computer's. */
import { ref, watchEffect } from 'vue';
import { remember, remembered } from './remembered.ts';

export const theme = ref<'light' | 'dark'>(remembered('theme') === 'dark' ? 'dark' : 'light');

watchEffect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  remember('theme', theme.value);
}
