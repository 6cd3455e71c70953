/** What a subject's entry names must be there. In the reach of who changes it: what that one may not see, is not there. */
import { collectFaults, show } from '../kernel/field.ts';
import type { Refusal } from '../kernel/result.ts';
import type { SubjectProfile } from '../kernel/roster.ts';
import { findUnknownZones } from '../kernel/roster-file.ts';
import type { Db } from '../ports/database.ts';
import { listFeedCrs } from '../store/feeds.ts';
import { listCategories, listKnownZones, listTaken } from '../store/roster.ts';
import { listOffices } from '../store/roster-views.ts';

export interface Known {
  /** Organisations by path. */
  readonly offices: ReadonlyMap<string, string>;
  /** Key-person categories that can be given, by code. */
  readonly categories: ReadonlyMap<string, string>;
  readonly feeds: ReadonlySet<string>;
}

export async function readKnown(db: Db): Promise<Known> {
  const offices = await listOffices(db);
  const categories = (await listCategories(db)).filter(({ retired }) => !retired);
  const feeds = await listFeedCrs(db);
  return {
    offices: new Map(offices.map(({ path, name }) => [path, name])),
    categories: new Map(categories.map(({ code, name }) => [code, name])),
    feeds: new Set(feeds.map(({ id }) => id)),
  };
}

/** `before`: what stood already is not asked about again: a category may be retired and an office renamed meanwhile. */
export async function findStrays(
  db: Db,
  known: Known,
  profile: SubjectProfile,
  before: SubjectProfile | undefined,
): Promise<Refusal[]> {
  const faults = collectFaults();
  if (profile.office !== before?.office && !known.offices.has(profile.office))
    faults.add('unknown-reference', 'office', `there is no organisation ${show(profile.office)}`);
  const had = new Set(before?.record?.categories);
  for (const code of profile.record?.categories ?? [])
    if (!had.has(code) && !known.categories.has(code))
      faults.add('unknown-reference', 'categories', `${show(code)} is not on the list of categories`);
  const hadFeeds = new Set(before?.devices.map(({ feed }) => feed));
  for (const { id, feed } of profile.devices)
    if (feed !== null && !hadFeeds.has(feed) && !known.feeds.has(feed))
      faults.add('unknown-reference', `devices ${id}: feed`, `there is no feed ${show(feed)}`);
  const zones = [
    ...profile.zones.map(({ zone }) => zone),
    ...profile.curfews.map(({ zone }) => zone),
    ...profile.permits.flatMap(({ destination }) => destination ?? []),
  ];
  const there = zones.length === 0 ? [] : await listKnownZones(db, zones);
  const roster = { subjects: [profile], musters: [], calendar: { days: {}, timeZone: '' } };
  const unknownZones = findUnknownZones(roster, new Set(there.map(({ id }) => id)));
  for (const { code, where, message } of unknownZones)
    faults.add(code, where.replace('subjects[0].', ''), message);
  const others = profile.noContact.filter((id) => before?.noContact.includes(id) !== true);
  if (others.length > 0) {
    const taken = new Set((await listTaken(db, [...others])).map(({ id }) => id));
    for (const id of others)
      if (id === profile.id || !taken.has(id))
        faults.add('unknown-reference', 'noContact', `there is no other subject ${show(id)}`);
  }
  return faults.list;
}
