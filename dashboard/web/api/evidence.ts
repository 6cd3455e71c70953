/** Evidence packs: a signed ZIP, which `wardline verify --pack` checks; it goes to the browser's downloads. */
import { download } from '../download.ts';
import { type Answer, makeFile } from './call.ts';

async function save(body: object, name: string): Promise<Answer<Blob>> {
  const answer = await makeFile('evidence-packs', body);
  if (answer.ok) download(name, answer.value);
  return answer;
}

export const packAboutAlert = (alert: string, reason: string) =>
  save({ alert, reason }, `evidence-${alert}.zip`);
export const packAboutSubject = (subject: string, fromMs: number, toMs: number, reason: string) =>
  save(
    { subject, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), reason },
    `evidence-${subject}.zip`,
  );
