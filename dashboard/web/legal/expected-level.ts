/** Who will decide on a leave that is not yet asked for, by the rules that the server decides by. Pure. */
import { createWallClock } from '../../../src/kernel/wall-clock.ts';
import { dayOf } from '../../../src/legal/local-days.ts';
import { measuresOn } from '../../../src/legal/measures.ts';
import {
  type Leave,
  leaveDays,
  type NeededLevel,
  neededLevel,
  spentDays,
} from '../../../src/legal/permit.ts';
import { isOurs } from '../../../src/legal/profile.ts';
import type { LeavePermit } from '../api/legal.ts';
import type { Profile } from '../api/subjects.ts';

const wall = createWallClock('Asia/Shanghai');
const APPROVED: readonly LeavePermit['state'][] = ['approved', 'away', 'returned'];

/** `permits`: of the subject, as REST has them; `imported`: those of the subject's profile. */
export function expectedLevel(
  asked: Leave,
  permits: readonly LeavePermit[],
  imported: Profile['permits'] = [],
): NeededLevel {
  const others = [
    ...permits.filter(({ kind, state }) => kind === 'leave' && APPROVED.includes(state)),
    ...imported.filter((permit) => !isOurs(permit)),
  ].map(({ from, until, returnedAt }) =>
    spentDays(
      { fromMs: Date.parse(from), untilMs: Date.parse(until) },
      returnedAt === null ? null : Date.parse(returnedAt),
      wall,
    ),
  );
  return neededLevel(leaveDays(asked, wall), others, measuresOn(dayOf(asked.fromMs, wall)));
}
