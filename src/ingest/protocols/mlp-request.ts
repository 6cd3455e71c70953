/** Requests to an operator's location server: `slir` in `svc_init` (OMA-TS-MLP-V3_5, 5.2.2, 5.2.3.1), answered at once. */
import { escapeXml } from './mlp-xml.ts';

export interface Msid {
  /** `MSISDN`, `IMSI` … */
  readonly type: string;
  readonly id: string;
}

export interface LocationRequest {
  readonly msids: readonly Msid[];
  readonly client: string;
  readonly password: string;
  /** Name of the service in the contract with the operator; undefined: none. */
  readonly serviceId: string | undefined;
  /** Of the protocol, `3.2.0`. */
  readonly version: string;
  /** How long the server may look for a phone, seconds. */
  readonly timerS: number;
  /** Somebody waits for it. */
  readonly isUrgent: boolean;
}

/**
 * Only where a phone is now: a place of the server's memory would pass for one. No accuracy is asked for: whatever the network has is
 * taken for what it says it is.
 */
export function encodeSlir(request: LocationRequest): string {
  const { msids, client, password, serviceId, version, timerS, isUrgent } = request;
  const ver = escapeXml(version);
  const service = serviceId === undefined ? '' : `<serviceid>${escapeXml(serviceId)}</serviceid>`;
  const asked = msids
    .map(({ type, id }) => `<msid type="${escapeXml(type)}">${escapeXml(id)}</msid>`)
    .join('');
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<svc_init ver="${ver}"><hdr ver="${ver}"><client>` +
    `<id>${escapeXml(client)}</id><pwd>${escapeXml(password)}</pwd>${service}</client></hdr>` +
    `<slir ver="${ver}" res_type="SYNC"><msids>${asked}</msids>` +
    `<eqop><resp_req type="${isUrgent ? 'LOW_DELAY' : 'DELAY_TOL'}"/><resp_timer>${timerS}</resp_timer></eqop>` +
    '<geo_info><CoordinateReferenceSystem><Identifier><code>4326</code><codeSpace>EPSG</codeSpace><edition>6.1</edition>' +
    '</Identifier></CoordinateReferenceSystem></geo_info>' +
    `<loc_type type="CURRENT"/><prio type="${isUrgent ? 'HIGH' : 'NORMAL'}"/></slir></svc_init>`
  );
}

/** An id on the roster: a number, or `IMSI:…` and the like where it is another kind of id. A number's `+` is no digit of it. */
export function readMsid(address: string, type = 'MSISDN'): Msid {
  const found = /^([A-Z_0-9]{2,12}):(.+)$/.exec(address);
  const [kind = type, id = address] = found === null ? [] : [found[1], found[2]];
  return { type: kind, id: bareNumber(id) };
}

export function bareNumber(id: string): string {
  return id.replace(/^\+/, '').replace(/^00(?=\d{8})/, '');
}
