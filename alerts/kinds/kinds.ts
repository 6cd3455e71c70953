/** The kinds that the detector judges, in the order in which it does. A new kind is a new file and a line here. */
import { exclusionEntry } from './exclusion-entry.ts';
import type { AlertKind } from './kind.ts';
import { outOfBounds } from './out-of-bounds.ts';
import { phoneOff } from './phone-off.ts';
import { silent } from './silent.ts';

export const ALERT_KINDS_JUDGED: readonly AlertKind[] = [exclusionEntry, outOfBounds, phoneOff, silent];
