/** How many notices are unread: one number for the bell of whichever room is open, asked for every few seconds. */
import { onBeforeUnmount, onMounted, ref } from 'vue';
import { unreadNotices } from '../api/notices.ts';
import { may } from '../session.ts';

const ASK_EVERY_MS = 15_000;
export const unread = ref(0);

async function ask() {
  if (!may('notices.read') || document.hidden) return;
  const answer = await unreadNotices();
  if (answer.ok) unread.value = answer.value.unread;
}

export function useUnread(): void {
  let asking: number | undefined;
  onMounted(() => {
    void ask();
    asking = window.setInterval(ask, ASK_EVERY_MS);
    document.addEventListener('visibilitychange', ask);
  });
  onBeforeUnmount(() => {
    window.clearInterval(asking);
    document.removeEventListener('visibilitychange', ask);
  });
}
