/**
 * What a device said, in the one form that all decoders give and `/api/v1/devices/:id/messages` shows: a kind, a time and the
 * fields of that kind in snake case with their units (`speed_kmh`, `accuracy_m`). Fields that the frame does not carry are absent.
 */
import type { Refusal } from '../../kernel/result.ts';

export type RecordKind =
  | 'position'
  | 'status'
  | 'health'
  | 'network'
  | 'attendance'
  | 'oplog'
  | 'user'
  | 'fingerprint'
  | 'face'
  | 'device_info'
  | 'command_result'
  | 'transition'
  | 'waypoint'
  | 'lwt'
  | 'position_error';

export type RecordValue =
  | string
  | number
  | boolean
  | null
  | readonly RecordValue[]
  | { readonly [key: string]: RecordValue };

export interface DeviceRecord {
  readonly kind: RecordKind;
  /** ISO 8601, UTC; null: the device's time can't be used. Absent where the kind has none. */
  readonly time?: string | null;
  readonly [key: string]: RecordValue | undefined;
}

/** One frame or request of a device, decoded. Nothing about it is looked up yet. */
export interface Decoded {
  /** Id on the wire; null where it names none. */
  readonly device: string | null;
  readonly records: readonly DeviceRecord[];
  /** Why it, or a part of it, could not be read: goes into quarantine with `raw`. */
  readonly refusal: Refusal | null;
  /** Its bytes as they came. */
  readonly raw: Uint8Array;
}
