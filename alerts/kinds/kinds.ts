/** The kinds that the detector judges of each subject, in the order in which it does. A new kind is a new file and a line here. */
import { abscond } from './abscond.ts';
import { curfew } from './curfew.ts';
import { deviceExpiry } from './device-expiry.ts';
import { exclusionEntry } from './exclusion-entry.ts';
import { implausibleFix } from './implausible-fix.ts';
import type { AlertKind } from './kind.ts';
import { leaveDeviation } from './leave-deviation.ts';
import { lowBattery } from './low-battery.ts';
import { missedCheckin } from './missed-checkin.ts';
import { outOfBounds } from './out-of-bounds.ts';
import { overdueLeave } from './overdue-leave.ts';
import { phoneOff } from './phone-off.ts';
import { separation } from './separation.ts';
import { silent } from './silent.ts';
import { strapTamper } from './strap-tamper.ts';

export const ALERT_KINDS_JUDGED: readonly AlertKind[] = [
  exclusionEntry,
  outOfBounds,
  curfew,
  leaveDeviation,
  overdueLeave,
  phoneOff,
  silent,
  strapTamper,
  separation,
  lowBattery,
  missedCheckin,
  implausibleFix,
  deviceExpiry,
  // Of what the others have concluded, so after them.
  abscond,
];
