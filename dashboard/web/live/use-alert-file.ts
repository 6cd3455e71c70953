/** What is read about the alert in hand: people's deeds at once, the subject's file when somebody opens it. */
import { type Ref, shallowRef, watch } from 'vue';
import type { AlertCard } from '../../protocol.ts';
import { type Deeds, deedsOf } from '../api/alerts.ts';
import { alertsOf, findSubject, type SubjectAlert, type SubjectInFull } from '../api/subjects.ts';

export function useAlertFile(alert: () => AlertCard, wantsSubject: Ref<boolean>) {
  const deeds = shallowRef<Deeds['actions']>([]);
  const isAskable = shallowRef<boolean | null>(null);
  const subject = shallowRef<SubjectInFull | null>(null);
  const alerts = shallowRef<readonly SubjectAlert[]>([]);

  async function reload() {
    const id = alert().alert;
    const answer = await deedsOf(id);
    if (!answer.ok || alert().alert !== id) return;
    deeds.value = answer.value.actions;
    isAskable.value = answer.value.isAskable;
  }
  watch(
    () => alert().alert,
    () => {
      deeds.value = [];
      isAskable.value = null;
    },
  );
  watch(() => [alert().alert, alert().work.stage, alert().version] as const, reload, { immediate: true });
  watch(
    () => [alert().subject, wantsSubject.value] as const,
    async ([id, isWanted]) => {
      if (subject.value?.id !== id) {
        subject.value = null;
        alerts.value = [];
      }
      if (!isWanted || subject.value?.id === id) return;
      const [found, about] = await Promise.all([findSubject(id), alertsOf(id)]);
      if (alert().subject !== id) return;
      if (found.ok) subject.value = found.value;
      if (about.ok) alerts.value = about.value.items;
    },
    { immediate: true },
  );
  return { deeds, isAskable, subject, alerts, reload };
}
