/** Evidence packs: a signed ZIP, which `wardline verify --pack` checks; it goes to the browser's downloads. */
import { saveFile } from './call.ts';

const save = (body: object, name: string) => saveFile('evidence-packs', body, name);

export const packAboutAlert = (alert: string, reason: string) =>
  save({ alert, reason }, `evidence-${alert}.zip`);
export const packAboutSubject = (subject: string, fromMs: number, toMs: number, reason: string) =>
  save(
    { subject, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), reason },
    `evidence-${subject}.zip`,
  );
