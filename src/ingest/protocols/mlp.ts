/**
 * Answers of an operator's location server (OMA-TS-MLP-V3_5, Le interface; protocols.md, part G): `slia`, `slirep`, `slrep`, `eme_lia`,
 * `emerep`, `tlrep` and the like, bare or in `svc_result`. Pure: one document in, one `Decoded` for each phone out.
 */
import { fail, ok, type Refusal, type Result, refuse } from '../../kernel/result.ts';
import { type MlpResult, readResult } from './mlp-results.ts';
import { readShape } from './mlp-shape.ts';
import { numberIn, readMlpTime } from './mlp-values.ts';
import { attributeOf, childOf, readXml, textOf, type XmlElement } from './mlp-xml.ts';
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

function targetOf(pos: XmlElement, text: string): Decoded {
  const msid = childOf(pos, 'msid');
  const device = msid === undefined || msid.text === '' ? null : msid.text;
  const record = recordOf(pos, msid);
  if (!record.ok) return new Target(device, [], record.error, text, pos);
  return device === null
    ? new Target(null, [], { ...NOBODY, where: `${pos.name}.msid` }, text, pos)
    : new Target(device, [record.value], null, text, pos);
}

const NOBODY = { code: 'missing-field', message: 'is missing: whose position it is' } as const;

/** What is refused is kept as the phone's own piece of the document: cut out only when it is asked for. */
class Target implements Decoded {
  readonly device: string | null;
  readonly records: readonly DeviceRecord[];
  readonly refusal: Refusal | null;
  readonly #document: string;
  readonly #piece: XmlElement;

  constructor(
    device: string | null,
    records: readonly DeviceRecord[],
    refusal: Refusal | null,
    document: string,
    piece: XmlElement,
  ) {
    this.device = device;
    this.records = records;
    this.refusal = refusal;
    this.#document = document;
    this.#piece = piece;
  }

  get raw(): Uint8Array {
    return new TextEncoder().encode(this.#document.slice(this.#piece.from, this.#piece.to));
  }
}

type Fields = { kind: DeviceRecord['kind'] } & Record<string, RecordValue>;

function recordOf(pos: XmlElement, msid: XmlElement | undefined): Result<DeviceRecord, Refusal> {
  const error = childOf(pos, 'poserr');
  const read = error === undefined ? positionOf(pos, msid) : ok(errorOf(error, msid));
  if (!read.ok) return read;
  const fields = read.value;
  const method = attributeOf(pos, 'pos_method');
  const trigger = attributeOf(pos, 'trl_trigger');
  if (method !== undefined) fields.pos_method = method;
  if (trigger !== undefined) fields.trigger = trigger;
  putNetwork(fields, childOf(pos, 'gsm_net_param'));
  return read;
}

function positionOf(pos: XmlElement, msid: XmlElement | undefined): Result<Fields, Refusal> {
  const data = childOf(pos, 'pd');
  if (data === undefined)
    return refuse('missing-field', `${pos.name}.pd`, 'is missing: neither a position nor an error');
  const place = readShape(childOf(data, 'shape'), `${pos.name}.pd.shape`);
  if (!place.ok) return place;
  const { shape, lat, lon, accuracyM, measures } = place.value;
  const fields: Fields = {
    kind: 'position',
    msid: msid?.text ?? '',
    msid_type: attributeOf(msid, 'type') ?? 'MSISDN',
    valid: true,
    time: timeOf(data),
    lat,
    lon,
    shape,
    method: methodOf(attributeOf(pos, 'pos_method')),
  };
  if (accuracyM !== undefined) fields.accuracy_m = accuracyM;
  for (const [name, value] of measures) fields[name] = value;
  putMotion(fields, data);
  return ok(fields);
}

function errorOf(error: XmlElement, msid: XmlElement | undefined): Fields {
  const { resid, slogan, reachability } = readResult(childOf(error, 'result'));
  const fields: Fields = {
    kind: 'position_error',
    msid: msid?.text ?? '',
    msid_type: attributeOf(msid, 'type') ?? 'MSISDN',
    resid,
    slogan,
    reachability,
  };
  const info = textOf(error, 'add_info');
  if (childOf(error, 'time') !== undefined) fields.time = timeOf(error);
  if (info !== undefined) fields.add_info = info;
  return fields;
}

function timeOf(holder: XmlElement): string | null {
  const time = childOf(holder, 'time');
  const atMs = readMlpTime(time?.text, attributeOf(time, 'utc_off'));
  return atMs === undefined ? null : recordTime(atMs);
}

const KMH_PER_MPS = 3.6;
/** What is out of its range is left out. */
const MOTION = [
  { element: 'alt', name: 'altitude_m', min: -1000, max: 100_000, factor: 1 },
  { element: 'alt_acc', name: 'vertical_accuracy_m', min: 0, max: 100_000, factor: 1 },
  { element: 'alt_unc', name: 'vertical_accuracy_m', min: 0, max: 100_000, factor: 1 },
  { element: 'speed', name: 'speed_kmh', min: 0, max: 1000, factor: KMH_PER_MPS },
  { element: 'direction', name: 'course_deg', min: 0, max: 360, factor: 1 },
  { element: 'lev_conf', name: 'confidence_percent', min: 0, max: 100, factor: 1 },
] as const;

function putMotion(fields: Fields, data: XmlElement): void {
  for (const { element, name, min, max, factor } of MOTION) {
    const value = numberIn(textOf(data, element));
    if (value !== undefined && value >= min && value <= max) fields[name] = value * factor;
  }
}

/** How the network found it, in the three words of the log; a network that does not say measured by its cells. */
function methodOf(method: string | undefined): 'gnss' | 'wifi' | 'cell' {
  if (method === undefined) return 'cell';
  if (/GPS|GNSS/i.test(method)) return 'gnss';
  return /WLAN|WI-?FI/i.test(method) ? 'wifi' : 'cell';
}

/** The cell in which the phone is, as other protocols have their lists. */
function putNetwork(fields: Fields, params: XmlElement | undefined): void {
  const cgi = childOf(params, 'cgi');
  if (cgi === undefined) return;
  const [mcc, mnc, lac, cid] = ['mcc', 'mnc', 'lac', 'cellid'].map((name) => numberIn(textOf(cgi, name)));
  if (mcc === undefined || mnc === undefined || lac === undefined || cid === undefined) return;
  fields.cells = [{ mcc, mnc, lac, cid }];
}
