/**
 * Answers of an operator's location server (OMA-TS-MLP-V3_5, Le interface; protocols.md, part G): `slia`, `slirep`, `slrep`, `eme_lia`,
 * `emerep`, `tlrep` and the like, bare or in `svc_result`. Pure: one document in, one `Decoded` for each phone out.
 */
import { fail, ok, type Refusal, type Result } from '../../kernel/result.ts';
import { type MlpResult, readResult } from './mlp-results.ts';
import { readShape } from './mlp-shape.ts';
import { numberIn, readMlpTime } from './mlp-values.ts';
import { childOf, readXml, textOf, type XmlElement } from './mlp-xml.ts';
import type { Decoded, DeviceRecord, RecordValue } from './record.ts';
import { recordTime } from './record-time.ts';

export interface MlpAnswer {
  /** Element of the service: `slia`, `tlrep` …; null where the document holds none that we know. */
  readonly service: string | null;
  /** By which a later report will name the request; null where there is none. */
  readonly reqId: string | null;
  /** One for each phone; `device` is its number as the answer has it. */
  readonly targets: readonly Decoded[];
  /** A result for the request as a whole. */
  readonly error: (MlpResult & { readonly addInfo: string | null }) | null;
}

/** What tells of phones, or of a request about them. */
const SERVICES: ReadonlySet<string> = new Set([
  'slia',
  'slirep',
  'slrep',
  'slra',
  'eme_lia',
  'emerep',
  'tlra',
  'tlrep',
  'tlrsa',
]);
const POSITIONS: ReadonlySet<string> = new Set(['pos', 'trl_pos', 'eme_pos']);
/** What only a client says: nothing in it is about where a phone is. */
const REQUESTS: ReadonlySet<string> = new Set(['svc_init', 'slir', 'eme_lir', 'tlrr', 'tlrsr']);

/** Never throws. */
export function decodeMlp(text: string): Result<MlpAnswer, Refusal> {
  const read = readXml(text);
  if (!read.ok) return read;
  const root = read.value;
  if (POSITIONS.has(root.name))
    return ok({ service: null, reqId: null, targets: [targetOf(root, text)], error: null });
  if (REQUESTS.has(root.name)) return ok(NOTHING);
  const service = SERVICES.has(root.name) ? root : root.children.find(({ name }) => SERVICES.has(name));
  if (service === undefined)
    return root.name === 'svc_result'
      ? ok(NOTHING)
      : fail({ code: 'bad-shape', where: root.name.slice(0, 40), message: 'is no answer of MLP' });
  const result = childOf(service, 'result');
  return ok({
    service: service.name,
    reqId: textOf(service, 'req_id') ?? null,
    targets: service.children.filter(({ name }) => POSITIONS.has(name)).map((each) => targetOf(each, text)),
    error:
      result === undefined || readResult(result).resid === 0
        ? null
        : { ...readResult(result), addInfo: textOf(service, 'add_info') ?? null },
  });
}

const NOTHING: MlpAnswer = { service: null, reqId: null, targets: [], error: null };

/** `text` is the whole document: what is refused is kept as the phone's own piece of it. */
function targetOf(pos: XmlElement, text: string): Decoded {
  const msid = childOf(pos, 'msid');
  const device = msid === undefined || msid.text === '' ? null : msid.text;
  const records = recordOf(pos, msid);
  return {
    device,
    records: records.ok && device !== null ? [records.value] : [],
    refusal: !records.ok
      ? records.error
      : device === null
        ? { code: 'missing-field', where: `${pos.name}.msid`, message: 'is missing: whose position it is' }
        : null,
    get raw() {
      return new TextEncoder().encode(text.slice(pos.from, pos.to));
    },
  };
}

function recordOf(pos: XmlElement, msid: XmlElement | undefined): Result<DeviceRecord, Refusal> {
  const head: Record<string, RecordValue> = {
    msid: msid?.text ?? '',
    msid_type: msid?.attributes.type ?? 'MSISDN',
  };
  const { pos_method: method, trl_trigger: trigger } = pos.attributes;
  if (method !== undefined) head.pos_method = method;
  if (trigger !== undefined) head.trigger = trigger;
  const network = networkOf(childOf(pos, 'gsm_net_param'));
  const error = childOf(pos, 'poserr');
  if (error !== undefined) return ok({ ...head, ...errorOf(error), ...network });
  const data = childOf(pos, 'pd');
  if (data === undefined)
    return fail({
      code: 'missing-field',
      where: `${pos.name}.pd`,
      message: 'is missing: neither a position nor an error',
    });
  const place = readShape(childOf(data, 'shape'), `${pos.name}.pd.shape`);
  if (!place.ok) return place;
  const { shape, lat, lon, accuracyM, measures } = place.value;
  return ok({
    ...head,
    kind: 'position',
    valid: true,
    time: timeOf(data),
    lat,
    lon,
    ...(accuracyM === undefined ? {} : { accuracy_m: accuracyM }),
    shape,
    ...measures,
    ...motionOf(data),
    method: methodOf(method),
    ...network,
  });
}

function errorOf(error: XmlElement): DeviceRecord {
  const info = textOf(error, 'add_info');
  const time = childOf(error, 'time');
  return {
    kind: 'position_error',
    ...(time === undefined ? {} : { time: timeOf(error) }),
    ...readResult(childOf(error, 'result')),
    ...(info === undefined ? {} : { add_info: info }),
  };
}

function timeOf(holder: XmlElement): string | null {
  const time = childOf(holder, 'time');
  const atMs = readMlpTime(time?.text, time?.attributes.utc_off);
  return atMs === undefined ? null : recordTime(atMs);
}

const KMH_PER_MPS = 3.6;

function motionOf(data: XmlElement): Record<string, RecordValue> {
  const fields: Record<string, RecordValue> = {};
  const put = (element: string, name: string, min: number, max: number, factor = 1) => {
    const value = numberIn(textOf(data, element));
    if (value !== undefined && value >= min && value <= max) fields[name] = value * factor;
  };
  put('alt', 'altitude_m', -1000, 100_000);
  put('alt_acc', 'vertical_accuracy_m', 0, 100_000);
  put('alt_unc', 'vertical_accuracy_m', 0, 100_000);
  put('speed', 'speed_kmh', 0, 1000, KMH_PER_MPS);
  put('direction', 'course_deg', 0, 360);
  put('lev_conf', 'confidence_percent', 0, 100);
  return fields;
}

/** How the network found it, in the three words of the log; a network that does not say measured by its cells. */
function methodOf(method: string | undefined): 'gnss' | 'wifi' | 'cell' {
  if (method === undefined) return 'cell';
  if (/GPS|GNSS/i.test(method)) return 'gnss';
  return /WLAN|WI-?FI/i.test(method) ? 'wifi' : 'cell';
}

/** The cell in which the phone is, as other protocols have their lists. */
function networkOf(params: XmlElement | undefined): Record<string, RecordValue> {
  const cgi = childOf(params, 'cgi');
  const [mcc, mnc, lac, cid] = ['mcc', 'mnc', 'lac', 'cellid'].map((name) => numberIn(textOf(cgi, name)));
  if (mcc === undefined || mnc === undefined || lac === undefined || cid === undefined) return {};
  return { cells: [{ mcc, mnc, lac, cid }] };
}
