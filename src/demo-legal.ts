/** Leave, orders and dates of the demo's people, entered once: its pages would else have nothing due. */
import type { World } from './demo/world.ts';
import type { Instant } from './kernel/instant.ts';
import { collectionEndMs, NO_DATES, type SupervisionDates } from './legal/clocks.ts';
import { dayOf } from './legal/local-days.ts';
import { MEASURES } from './legal/measures.ts';
import { decideTerm, proposeExtension, proposeOrder } from './legal/order-desk.ts';
import { askPermit, decideLeave } from './legal/permit-desk.ts';
import { rosterWall, settleSubject } from './legal/settle.ts';
import type { Database, Db } from './ports/database.ts';
import { listDates, setDates } from './store/legal-clocks.ts';
import { addPermit, decidePermit, departOnPermit, listPermits } from './store/permits.ts';

const DAY_MS = 86_400_000;
const OFFICER = { account: 'demo-office', level: 'office' } as const;
const HEAD = { account: 'demo-county', level: 'county' } as const;
/** Where the demo's office officer is. */
const OFFICE = '445281/office-01';

export async function enterDemoLaw(database: Database, world: World, nowMs: Instant): Promise<void> {
  await database.transaction(async (db) => {
    const known = await listPermits(db, '', '', null, null, false, false, new Date(nowMs), null, 1);
    if (known.length > 0) return;
    const ordinary = world.subjects.filter(({ role, leave }) => role === 'ordinary' && leave === null);
    const own = ordinary.filter(({ office }) => office === OFFICE);
    const others = ordinary.filter(({ office }) => office !== OFFICE);
    await enterLeave(
      db,
      [...own.slice(0, 4), ...others.slice(0, 3)].map(({ id }) => id),
      nowMs,
    );
    await enterDates(
      db,
      [...own.slice(4, 8), ...others.slice(3, 7)].map(({ id }) => id),
      nowMs,
    );
    await enterOrders(db, world, nowMs);
  });
}

/** To be decided at each level, approved, and one that is overdue. */
async function enterLeave(db: Db, subjects: readonly string[], nowMs: Instant): Promise<void> {
  const asked = (
    subject: string,
    fromDays: number,
    days: number,
    ground: 'medical' | 'work' | 'family',
    destination: string,
  ) => ({
    subject,
    kind: 'leave' as const,
    schedule: null,
    ground,
    explanation: '演示：附证明材料一份',
    destination,
    zone: null,
    fromMs: nowMs + fromDays * DAY_MS,
    untilMs: nowMs + (fromDays + days) * DAY_MS,
  });
  const [first, second, third, fourth, fifth, sixth, seventh] = subjects;
  if (first !== undefined)
    await askPermit(db, asked(first, 4, 3, 'medical', '演示市第一医院'), OFFICER, nowMs);
  if (second !== undefined) await askPermit(db, asked(second, 5, 12, 'work', '演示市工地'), OFFICER, nowMs);
  if (third !== undefined) await askPermit(db, asked(third, 2, 35, 'family', '演示省演示县'), OFFICER, nowMs);
  for (const subject of [fifth, sixth])
    if (subject !== undefined) {
      const made = await askPermit(db, asked(subject, 6, 4, 'family', '演示市'), OFFICER, nowMs);
      if (made.ok) await decideLeave(db, made.value.id, 'approve', '', OFFICER, nowMs);
    }
  for (const subject of [fourth, seventh]) if (subject !== undefined) await enterOverdue(db, subject, nowMs);
}

async function enterOverdue(db: Db, subject: string, nowMs: Instant): Promise<void> {
  const ago = (days: number) => new Date(nowMs - days * DAY_MS);
  const version = MEASURES[0]?.version ?? '';
  const [made] = await addPermit(
    db,
    subject,
    'leave',
    null,
    'work',
    '演示：附单位证明',
    '演示市客户处',
    null,
    ago(4),
    ago(0.3),
    version,
    'office',
    5,
    5,
    OFFICER.account,
    ago(8),
  );
  if (made === undefined) return;
  await decidePermit(db, made.id, 'approved', OFFICER.account, ago(7), 'office', '', 'office', 5, 5);
  await departOnPermit(db, made.id, ago(4));
  await settleSubject(db, subject, nowMs);
}

/** Near the end of the time to report in, late to report in, out of supervision, and one like most. Where correction ends stands in the record. */
async function enterDates(db: Db, subjects: readonly string[], nowMs: Instant): Promise<void> {
  const wall = await rosterWall(db);
  const day = (days: number) => dayOf(nowMs + days * DAY_MS, wall);
  const entered: readonly SupervisionDates[] = [
    { ...NO_DATES, effectiveOn: day(-8) },
    { ...NO_DATES, effectiveOn: day(-15) },
    { ...NO_DATES, effectiveOn: day(-200), reportedOn: day(-195), lostSinceMs: nowMs - 3 * DAY_MS },
    { ...NO_DATES, effectiveOn: day(-350), reportedOn: day(-345) },
  ];
  const known = new Map((await listDates(db, subjects)).map((row) => [row.subject, row]));
  for (const [i, subject] of subjects.entries()) {
    const given = entered[i % entered.length];
    if (given === undefined) continue;
    const { ends_on: endsOn = null, version = 0 } = known.get(subject) ?? {};
    const dates = { ...given, endsOn };
    const at = new Date(nowMs);
    const endMs = collectionEndMs(dates, wall);
    const lost = dates.lostSinceMs === null ? null : new Date(dates.lostSinceMs);
    await setDates(
      db,
      subject,
      version,
      dates.effectiveOn,
      dates.reportedOn,
      lost,
      dates.endsOn,
      null,
      endMs === null ? null : new Date(endMs),
      OFFICER.account,
      at,
    );
    await settleSubject(db, subject, nowMs);
  }
}

/** Proposed, in force, and in force with an extension that waits. */
async function enterOrders(db: Db, world: World, nowMs: Instant): Promise<void> {
  const worn = world.subjects.flatMap(({ id, wristband }) =>
    wristband === null ? [] : [{ subject: id, device: wristband.id }],
  );
  for (const [i, whose] of worn.slice(0, 4).entries()) {
    const term = { fromMs: nowMs, untilMs: nowMs + (i === 1 ? 5 : 80) * DAY_MS };
    const made = await proposeOrder(db, { ...whose, ground: 'left-without-leave', ...term }, OFFICER, nowMs);
    if (!made.ok || i === 0) continue;
    await decideTerm(db, made.value.id, true, '演示：经审查同意', HEAD, nowMs);
    if (i < 3)
      await proposeExtension(
        db,
        made.value.id,
        term.untilMs + 60 * DAY_MS,
        '演示：经评估仍有必要继续使用',
        OFFICER,
        nowMs,
      );
  }
}
