/** Response cards as the authority has written them, every version. */
import { statement } from './statement.ts';

export const addResponseCard = statement<
  [organisation: string, kind: string, card: string, account: string, at: Date]
>()(
  'response-cards.add',
  {},
  'INSERT INTO response_cards (organisation, kind, card, account, at) VALUES ($1, $2, $3::jsonb, $4, $5)',
);

/** The one in force for an office: the newest of the nearest organisation above it. */
export const findResponseCard = statement<[kind: string, office: string]>()(
  'response-cards.in-force',
  { organisation: 'text', card: 'jsonb', account: 'text', at: 'timestamptz' },
  `SELECT organisation, card, account, at FROM response_cards
   WHERE kind = $1 AND (organisation = '' OR organisation = $2 OR starts_with($2, organisation || '/'))
   ORDER BY length(organisation) DESC, seq DESC LIMIT 1`,
);
