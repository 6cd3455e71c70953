/** Tasks of offices: what they have to find out, and answering. */
import type { Contact, Disposition, TaskCause, TaskStage } from '../../../src/kernel/casework.ts';
import { get, getAll, send, sendFile } from './call.ts';

export interface Task {
  readonly task: string;
  readonly alert: string | null;
  readonly subject: string;
  readonly subjectName: string | null;
  readonly office: string;
  readonly kind: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  readonly what: string;
  readonly steps: readonly {
    readonly whom: Contact;
    readonly zh: string;
    readonly en: string;
    readonly at: string;
  }[];
  readonly stage: TaskStage;
  readonly sentBy: string;
  readonly sentAt: string;
  readonly dueAt: string | null;
  readonly escalation: number;
  readonly supervisedBy: string | null;
  readonly answeredBy: string | null;
  readonly cause: TaskCause | null;
  readonly disposition: Disposition | null;
}
export interface TaskInFull extends Task {
  /** What who sent it wrote for the office. */
  readonly instruction: string | null;
  readonly evidence: {
    readonly startedAt: string;
    readonly reason: string;
    readonly reasonEn: string;
    readonly fixes: readonly {
      readonly at: string;
      readonly lat: number;
      readonly lon: number;
      readonly accuracyM: number;
    }[];
  } | null;
  readonly actions: readonly {
    readonly action: string;
    readonly account: string;
    readonly note: string;
    readonly at: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }[];
  readonly files: readonly { readonly id: string; readonly name: string; readonly sizeBytes: number }[];
}

const one = (id: string) => `tasks/${encodeURIComponent(id)}`;
export const openTasks = () => getAll<Task>('tasks', { limit: 200 }, 1000);
export const findTask = (id: string) => get<TaskInFull>(one(id));
export const actOnTask = (id: string, deed: string, body: object) =>
  send<Task>('POST', `${one(id)}/${deed}`, body);
export const sendTaskFile = (id: string, file: File) =>
  sendFile<{ file: string }>(`${one(id)}/files`, file, { name: file.name });
export const fileAddress = (task: string, file: string) => `/api/v1/${one(task)}/files/${file}`;
export const sendTaskAbout = (alert: string, note: string) => send<Task>('POST', 'tasks', { alert, note });
