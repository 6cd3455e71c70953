/** Sends quarantined bytes through the intake again, by the protocol in which they came. */
import { fail, ok, type Refusal, type Result, refuse } from '../kernel/result.ts';
import { isUncollected } from './collection.ts';
import type { Intake, Origin } from './intake.ts';
import { parseJson } from './native-http.ts';
import { unsealing } from './owntracks-take.ts';
import { jt808 } from './protocols/jt808.ts';
import { decodeMlp } from './protocols/mlp.ts';
import { bareNumber } from './protocols/mlp-request.ts';
import { decodeOsmand, readOsmandRequest } from './protocols/osmand.ts';
import { decodeOwntracks } from './protocols/owntracks.ts';
import { readOwntracksMessage } from './protocols/owntracks-message.ts';
import type { Decoded } from './protocols/record.ts';
import { watch } from './protocols/watch.ts';
import type { QuarantineItem, Retry, Source } from './quarantine.ts';
import type { Devices } from './roster-cache.ts';
import type { TakeDecoded } from './take-decoded.ts';

export interface RetryDeps {
  /** Both with a quarantine that keeps nothing: the item stands in the real one already. */
  readonly intake: Intake;
  readonly take: TakeDecoded['take'];
  /** The secret that is set for an id on the wire. */
  secretOf(address: string): string | undefined;
  readonly devices: Pick<Devices, 'clockOf'>;
  /** A terminal's kept lines, with what its clock was off. */
  retryTerminal(item: QuarantineItem): Promise<Result<void, Refusal>>;
}

export function createRetry(deps: RetryDeps): Retry {
  return async (item) => {
    const { feed, receivedMs } = item;
    const source = item.source as Source;
    if (source === 'zkteco') return deps.retryTerminal(item);
    if (isDecoded(source)) {
      const decoded = decode(source, item, deps);
      return decoded.ok
        ? first(await deps.take(decoded.value, { source, feed, receivedMs, protocol: source }))
        : decoded;
    }
    const json = parseJson(Buffer.from(item.raw).toString());
    const origin: Origin = { source, feed, receivedMs, trustReceived: source === 'file' };
    return first(await deps.intake.take([{ json, raw: () => item.raw }], origin));
  };
}

type Decodable = 'osmand' | 'owntracks' | 'jt808' | 'watch' | 'mlp';

function isDecoded(source: Source): source is Decodable {
  return source !== 'native' && source !== 'file' && source !== 'log';
}

function first({ refused }: { readonly refused: readonly Refusal[] }): Result<void, Refusal> {
  const [refusal] = refused;
  // It should not stand here: it leaves quarantine, and is counted.
  return refusal === undefined || isUncollected(refusal.code) ? ok(undefined) : fail(refusal);
}

/** That somebody presses the button is what proves a message whose secret was wrong. */
function decode(
  source: Decodable,
  { raw, receivedMs, device }: QuarantineItem,
  { secretOf, devices }: RetryDeps,
): Result<readonly Decoded[], Refusal> {
  if (source === 'osmand') {
    const request = readOsmandRequest(raw);
    return request === undefined ? NOT_OURS : ok(decodeOsmand(request, receivedMs));
  }
  if (source === 'mlp') {
    const answer = decodeMlp(Buffer.from(raw).toString());
    if (!answer.ok) return answer;
    // The phone by the id under which it was asked for, where it was.
    const named = answer.value.targets.map(({ raw: _, ...target }) => ({
      ...target,
      device: device ?? (target.device === null ? null : bareNumber(target.device)),
      raw,
    }));
    return named.length === 0 ? NOT_OURS : ok(named);
  }
  if (source === 'jt808' || source === 'watch') {
    // Whole frames; a message in sub-packets stands here with all of them.
    const frames = WIRES[source]
      .open({ authCode: () => '', clockOf: (address) => devices.clockOf?.(address, source) })
      .push(raw, receivedMs);
    return frames.length === 0 ? NOT_OURS : ok(frames);
  }
  const message = readOwntracksMessage(raw);
  return message === undefined ? NOT_OURS : ok(decodeOwntracks(message, receivedMs, unsealing({ secretOf })));
}

const WIRES = { jt808, watch };

const NOT_OURS = refuse('bad-shape', '', 'these bytes are not what this port keeps');
