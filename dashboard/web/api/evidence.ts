/** Evidence packs: a signed ZIP, which `wardline verify --pack` checks. */
import { saveFile } from './call.ts';

export const packAboutAlert = (alert: string, reason: string) =>
  saveFile('evidence-packs', { alert, reason }, `evidence-${alert}.zip`);
export const packAboutSubject = (subject: string, fromMs: number, toMs: number, reason: string) =>
  saveFile(
    'evidence-packs',
    { subject, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), reason },
    `evidence-${subject}.zip`,
  );
