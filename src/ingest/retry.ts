/** Sends quarantined bytes through the intake again, by the protocol in which they came. */
import { isObject } from '../kernel/field.ts';
import { fail, ok, type Refusal, type Result } from '../kernel/result.ts';
import type { Draft, Intake, Origin } from './intake.ts';
import { parseJson } from './native-http.ts';
import { decodeOsmand } from './protocols/osmand.ts';
import type { QuarantineItem, Retry, Source } from './quarantine.ts';

/** `intake` must have a quarantine that keeps nothing: the item stands in the real one already. */
export function createRetry(intake: Intake): Retry {
  return async (item) => {
    const drafts = draftsOf(item);
    if (!drafts.ok) return drafts;
    const origin: Origin = {
      source: item.source as Source,
      feed: item.feed,
      receivedMs: item.receivedMs,
      trustReceived: item.source === 'file',
      ...(item.source === 'osmand' ? { protocol: 'osmand' as const } : {}),
    };
    const { refused } = await intake.take(drafts.value, origin);
    const [first] = refused;
    return first === undefined ? ok(undefined) : fail(first);
  };
}

function draftsOf(item: QuarantineItem): Result<Draft[], Refusal> {
  const raw = () => item.raw;
  const json = parseJson(Buffer.from(item.raw).toString());
  if (item.source !== 'osmand' || !json.ok || !isObject(json.value)) return ok([{ json, raw }]);
  const { query, contentType, body, record } = json.value;
  const report = decodeOsmand(
    { query: String(query ?? ''), contentType: String(contentType ?? ''), body: String(body ?? '') },
    item.receivedMs,
  );
  if (!report.ok) return report;
  const { device, observations } = report.value;
  return ok(
    observations
      .filter((_, i) => typeof record !== 'number' || i === record)
      .map((observation) => ({ json: observation.json, device, raw })),
  );
}
