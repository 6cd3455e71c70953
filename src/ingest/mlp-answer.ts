/** What an operator's answer means for each phone that was asked for. Pure. */
import type { Result } from '../kernel/result.ts';
import { type Refusal, refuse } from '../kernel/result.ts';
import type { MlpPhone, Outcome } from './mlp-schedule.ts';
import { decodeMlp, type MlpAnswer } from './protocols/mlp.ts';
import { bareNumber, type Msid, readMsid } from './protocols/mlp-request.ts';
import { isServerBusy, isTransient } from './protocols/mlp-results.ts';
import type { Decoded, DeviceRecord } from './protocols/record.ts';

export interface MlpMeaning {
  /** For the intake: under the roster's id on the wire where the phone was asked for, else as the answer names it. */
  readonly decoded: readonly Decoded[];
  readonly phones: readonly {
    readonly phone: MlpPhone;
    readonly outcome: Outcome;
    /** `located`, a class of result, `unreadable`, `unanswered`, or `refused` with the request as a whole. */
    readonly result: string;
  }[];
  /** The server can't now, or will not have us at all. */
  readonly failure: 'busy' | 'unauthorized' | 'refused' | 'unreadable' | 'asynchronous' | null;
  /** The result for the request as a whole, for those who run the platform. */
  readonly error: MlpAnswer['error'];
}

const MAX_KEPT = 65_536;

export function meaningOf(text: string, asked: readonly MlpPhone[]): MlpMeaning {
  const answer = decodeMlp(text);
  if (!answer.ok) return all(asked, 'unreadable', 'unreadable', [kept(text, answer)]);
  const { targets, error, reqId } = answer.value;
  if (targets.length > 0) return byPhone(targets, asked, error);
  if (error === null)
    return reqId === null
      ? all(asked, null, 'unanswered', [kept(text, NO_ANSWER)], null, 'again')
      : all(asked, 'asynchronous', 'unanswered', []);
  if (isServerBusy(error)) return all(asked, 'busy', error.reachability, [], error);
  if (error.reachability === 'unauthorized') return all(asked, 'unauthorized', 'unauthorized', [], error);
  if (error.reachability === 'other') return all(asked, 'refused', 'refused', [], error);
  // It is about a phone, and says not which: where one was asked for, that one.
  const [phone] = asked;
  if (asked.length > 1 || phone === undefined) return all(asked, null, 'refused', [], error, 'alone');
  const msid = readMsid(phone.address);
  const { addInfo, ...result } = error;
  const record: DeviceRecord = {
    msid: msid.id,
    msid_type: msid.type,
    kind: 'position_error',
    ...result,
    ...(addInfo === null ? {} : { add_info: addInfo }),
  };
  return byPhone(
    [{ device: msid.id, records: [record], refusal: null, raw: new TextEncoder().encode(text) }],
    asked,
    error,
  );
}

const NO_ANSWER = refuse('missing-field', 'pos', 'the operator’s answer tells of no phone');

function kept(text: string, refused: Result<unknown, Refusal>): Decoded {
  return {
    device: null,
    records: [],
    refusal: refused.ok ? null : refused.error,
    raw: new TextEncoder().encode(text.slice(0, MAX_KEPT)),
  };
}

function all(
  asked: readonly MlpPhone[],
  failure: MlpMeaning['failure'],
  result: string,
  decoded: readonly Decoded[],
  error: MlpAnswer['error'] = null,
  outcome: Outcome = 'unasked',
): MlpMeaning {
  return { decoded, phones: asked.map((phone) => ({ phone, outcome, result })), failure, error };
}

function byPhone(
  targets: readonly Decoded[],
  asked: readonly MlpPhone[],
  error: MlpAnswer['error'],
): MlpMeaning {
  const phones = new Map(asked.map((phone) => [keyOf(readMsid(phone.address)), phone]));
  const found = new Map<MlpPhone, { outcome: Outcome; result: string }>();
  const decoded = targets.map((target): Decoded => {
    const [record] = target.records;
    const type = typeof record?.msid_type === 'string' ? record.msid_type : undefined;
    const id = target.device === null ? undefined : bareNumber(target.device);
    const phone = id === undefined ? undefined : (phones.get(keyOf({ type, id })) ?? phones.get(id));
    if (phone === undefined) return id === undefined ? target : renamed(target, id);
    found.set(phone, saidBy(target));
    return renamed(target, phone.address);
  });
  const rest = { outcome: 'again' as const, result: 'unanswered' };
  return {
    decoded,
    phones: asked.map((phone) => ({ phone, ...(found.get(phone) ?? rest) })),
    failure: null,
    error,
  };
}

/** Numbers by themselves; other kinds of id can look like one. */
function keyOf({ type, id }: { readonly type: Msid['type'] | undefined; readonly id: string }): string {
  return type === undefined || type === 'MSISDN' ? id : `${type}:${id}`;
}

/** Not by spreading: the bytes are made only where they are asked for. */
function renamed(target: Decoded, device: string): Decoded {
  return {
    device,
    records: target.records,
    refusal: target.refusal,
    get raw() {
      return target.raw;
    },
  };
}

function saidBy({ records, refusal }: Decoded): { outcome: Outcome; result: string } {
  const [record] = records;
  if (refusal !== null || record === undefined) return { outcome: 'done', result: 'unreadable' };
  if (record.kind === 'position') return { outcome: 'done', result: 'located' };
  const { reachability } = record;
  return { outcome: isTransient(reachability) ? 'again' : 'done', result: String(reachability) };
}
