/** Identity numbers as they are stored: encrypted, with a mask to show. */
import { statement } from './statement.ts';

export const setIdentity = statement<
  [subject: string, keyId: string, sealed: Buffer, mask: string, by: string, at: Date]
>()(
  'identities.set',
  {},
  `INSERT INTO subject_identities (subject, key_id, sealed, mask, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)
   ON CONFLICT (subject) DO UPDATE
     SET key_id = excluded.key_id, sealed = excluded.sealed, mask = excluded.mask, set_by = excluded.set_by, set_at = excluded.set_at`,
);

export const findIdentity = statement<[subject: string]>()(
  'identities.find',
  { key_id: 'text', sealed: 'bytea', mask: 'text' },
  'SELECT key_id, sealed, mask FROM subject_identities WHERE subject = $1',
);

export const listMasks = statement<[subjects: readonly string[]]>()(
  'identities.masks',
  { subject: 'text', mask: 'text' },
  'SELECT subject, mask FROM subject_identities WHERE subject = ANY ($1)',
);

/** Those that another key sealed, after a subject. */
export const listSealedOtherwise = statement<[keyId: string, after: string, limit: number]>()(
  'identities.sealed-otherwise',
  { subject: 'text', key_id: 'text', sealed: 'bytea' },
  `SELECT subject, key_id, sealed FROM subject_identities WHERE key_id <> $1 AND subject > $2 ORDER BY subject LIMIT $3`,
);

/** No row: it was set anew meanwhile. */
export const resealIdentity = statement<[subject: string, was: Buffer, keyId: string, sealed: Buffer]>()(
  'identities.reseal',
  { subject: 'text' },
  'UPDATE subject_identities SET key_id = $3, sealed = $4 WHERE subject = $1 AND sealed = $2 RETURNING subject',
);
