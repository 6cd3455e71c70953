/**
 * What is due: asked after each tick by the clock's leader. Deadlines are rows; each missed one is one transaction that moves its
 * own row on, so that a process killed at any step neither loses nor doubles it. Rules: casework/SPEC.md, D.
 */
import type { Logger } from 'pino';
import type { Instant } from '../src/kernel/instant.ts';
import type { Database, Db } from '../src/ports/database.ts';
import { clearEscalations, listOverdueAlerts } from '../src/store/alert-work.ts';
import { addHazard } from '../src/store/hazards.ts';
import { listDueShelvings } from '../src/store/shelvings.ts';
import { listMovedTasks, listOverdueTasks, lockTask } from '../src/store/tasks.ts';
import { workOnLocked } from './alert-work.ts';
import { organisationTold, stepsUp } from './casework/deadlines.ts';
import { MACHINE } from './follow-ledger.ts';
import { lockLedger } from './ledger-lock.ts';
import { type Noticed, noticed } from './noticed.ts';
import { endDue } from './shelving.ts';
import { actLocked, toldOf } from './tasks.ts';

/** So many in one transaction: officers' deeds wait for its lock. */
const BATCH = 50;
/** A task that the office and the organisation above it let pass is a hazard. */
const HAZARD_AFTER_MISSES = 2;
const HAZARD_DUE_MS = 7 * 86_400_000;

/** Everything that is due at `atMs`; answers how many things were. `batch`: in one transaction at most. */
export async function runDue(
  database: Pick<Database, 'transaction'>,
  atMs: Instant,
  batch = BATCH,
): Promise<number> {
  let count = 0;
  for (const work of [endShelvings, tellAlerts, handOver, tellTasks]) {
    for (;;) {
      const done = await database.transaction(async (db) => {
        await lockLedger(db);
        return work(db, atMs, batch);
      });
      count += done;
      if (done < batch) break;
    }
  }
  return count;
}

async function endShelvings(db: Db, atMs: Instant, batch: number): Promise<number> {
  const rows = await listDueShelvings(db, new Date(atMs), batch);
  for (const row of rows) await endDue(db, row, atMs);
  return rows.length;
}

async function tellAlerts(db: Db, atMs: Instant, batch: number): Promise<number> {
  const rows = await listOverdueAlerts(db, new Date(atMs), batch);
  const told: Noticed[] = [];
  const settled: string[] = [];
  for (const row of rows) {
    const office = row.office ?? '';
    const command = { do: 'overdue', steps: stepsUp(office) } as const;
    const done = await workOnLocked(db, row, command, { account: MACHINE, atMs, note: '' });
    if (!done.ok) {
      // Taken back by the machine, or closed: nothing is due any more.
      settled.push(row.alert);
      continue;
    }
    told.push({
      what: 'alert-overdue',
      about: 'alert',
      ref: row.alert,
      subject: row.subject,
      office: organisationTold(office, done.value.work.escalation),
      account: done.value.work.escalation === 1 ? row.owner : null,
      severity: row.severity,
      atMs,
    });
  }
  if (settled.length > 0) await clearEscalations(db, settled);
  await noticed(db, told);
  return rows.length;
}

async function tellTasks(db: Db, atMs: Instant, batch: number): Promise<number> {
  const rows = await listOverdueTasks(db, new Date(atMs), batch);
  const told: Noticed[] = [];
  for (const row of rows) {
    const command = { do: 'overdue', steps: stepsUp(row.office) } as const;
    const done = await actLocked(db, row, command, { account: MACHINE, atMs, note: '' });
    if (!done.ok) throw new Error(`task ${row.id} is ${row.stage} and has a deadline: ${done.error.message}`);
    const { escalation } = done.value;
    told.push(toldOf(row, 'task-overdue', organisationTold(row.office, escalation), atMs));
    if (escalation === HAZARD_AFTER_MISSES) told.push(...(await openHazard(db, done.value, atMs)));
  }
  await noticed(db, told);
  return rows.length;
}

/** 隐患台账: what was sent and not answered stands there until it is put right. */
async function openHazard(
  db: Db,
  task: Awaited<ReturnType<typeof lockTask>>[number],
  atMs: Instant,
): Promise<Noticed[]> {
  const [hazard] = await addHazard(
    db,
    task.id,
    task.subject,
    task.office,
    task.kind,
    task.what,
    '查明原因并答复任务',
    task.office,
    '',
    new Date(atMs + HAZARD_DUE_MS),
    MACHINE,
    new Date(atMs),
  );
  if (hazard === undefined) return [];
  return [
    {
      ...toldOf(task, 'hazard-opened', organisationTold(task.office, 2), atMs),
      about: 'hazard',
      ref: hazard.id,
    },
  ];
}

/** The subject moved: the task goes to where they are now. */
async function handOver(db: Db, atMs: Instant, batch: number): Promise<number> {
  const moved = await listMovedTasks(db, batch);
  for (const { id, now_office: office } of moved) {
    const [row] = await lockTask(db, id);
    if (row === undefined) throw new Error(`task ${id} vanished under its lock`);
    const done = await actLocked(db, row, { do: 'hand-over', office }, { account: MACHINE, atMs, note: '' });
    if (!done.ok) throw new Error(`task ${id} can not be handed over: ${done.error.message}`);
  }
  return moved.length;
}

export interface DeadlineWatch {
  /** After each tick of the leader; never waits. One that is under way will see what is due now at the next tick. */
  look(nowMs: Instant): void;
  settle(): Promise<void>;
}

export function createDeadlineWatch(deps: {
  readonly database: Database;
  readonly logger: Logger;
  /** What else time alone brings about; answers how many things it did. */
  also?(database: Database, nowMs: Instant): Promise<number>;
}): DeadlineWatch {
  let isUnderWay = false;
  let current: Promise<void> = Promise.resolve();
  const run = async (nowMs: Instant) => {
    const count = await runDue(deps.database, nowMs);
    const settled = (await deps.also?.(deps.database, nowMs)) ?? 0;
    if (settled > 0)
      deps.logger.info({ event: 'legal.settled', count: settled }, 'ends and begins by law were settled');
    if (count > 0) deps.logger.info({ event: 'deadlines.told', count }, 'missed deadlines were told');
  };
  return {
    look: (nowMs) => {
      if (isUnderWay) return;
      isUnderWay = true;
      current = run(nowMs)
        .catch((error: unknown) =>
          deps.logger.error(
            { event: 'deadlines.failed', error: String(error) },
            'deadlines could not be looked at: at the next tick again',
          ),
        )
        .finally(() => {
          isUnderWay = false;
        });
    },
    settle: () => current,
  };
}
