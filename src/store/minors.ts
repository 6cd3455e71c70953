/** Who of the named is or was on the roster as a minor: for what names people by id and was made for readers of any clearance. */
import { statement } from './statement.ts';

export const listMinors = statement<[subjects: readonly string[]]>()(
  'minors.among',
  { id: 'text' },
  'SELECT DISTINCT id FROM unnest($1::text[]) AS given (id) WHERE is_minor(id)',
);

/** Those of them that a reader who is `cleared` or not must not be told of. */
export async function hiddenFrom(
  db: Parameters<typeof listMinors>[0],
  cleared: boolean,
  subjects: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const named = cleared ? [] : [...new Set(subjects)];
  return new Set(named.length === 0 ? [] : (await listMinors(db, named)).map(({ id }) => id));
}
