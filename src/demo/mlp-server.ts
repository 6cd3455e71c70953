/**
 * A small location server of an operator (OMA MLP 3.x) for the demo and for tests: answers `slir` at once with what its network knows,
 * and can be told to be slow, congested, to cut its answers off, or to refuse. Its XML is made and read without Wardline's own code, so
 * that a fault there does not cancel itself out here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the network knows of one phone. Times ms, places WGS-84, lengths in metres. */
export type MlpWord =
  | {
      readonly kind: 'located';
      readonly atMs: number;
      readonly lat: number;
      readonly lon: number;
      readonly shape: 'circle' | 'arc' | 'ellipse';
      /** Of the circle, the arc's outer edge, the longer half-axis. */
      readonly reachM: number;
      readonly confidencePct: number;
    }
  | { readonly kind: 'error'; readonly resid: number; readonly atMs: number };

export interface MlpAsked {
  readonly msids: readonly string[];
  readonly isUrgent: boolean;
  readonly xml: string;
}

export interface MlpServer {
  readonly url: string;
  /** May be changed at any time; holds for requests that come afterwards. */
  behaviour: MlpBehaviour;
  readonly requests: readonly MlpAsked[];
  stop(): Promise<void>;
}

export interface MlpBehaviour {
  readonly delayMs?: number;
  /** Answers nobody: 101. */
  readonly isCongested?: boolean;
  /** Ends the connection in the middle of the answer. */
  readonly isCut?: boolean;
  /** This HTTP status instead of an answer. */
  readonly status?: number;
}

export interface MlpServerOptions {
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Who is served; anybody where absent. */
  readonly client?: { readonly id: string; readonly password: string };
  wordOf(msid: string): MlpWord;
  /** The whole answer to a request, instead of what `wordOf` gives. */
  script?(asked: MlpAsked): string | undefined;
  onAsked?(asked: MlpAsked): void;
}

const SLOGANS: Readonly<Record<number, string>> = {
  1: 'SYSTEM FAILURE',
  3: 'UNAUTHORIZED APPLICATION',
  4: 'UNKNOWN SUBSCRIBER',
  5: 'ABSENT SUBSCRIBER',
  6: 'POSITION METHOD FAILURE',
  7: 'TIMEOUT',
  101: 'CONGESTION IN LOCATION SERVER',
  105: 'FORMAT ERROR',
  201: 'QOP NOT ATTAINABLE',
  202: 'POSITIONING NOT ALLOWED',
  203: 'CONGESTION IN MOBILE NETWORK',
};
const MAX_REQUEST = 1_000_000;
/** Those kept for looking at. */
const MAX_REMEMBERED = 1000;

export async function startMlpServer(options: MlpServerOptions): Promise<MlpServer> {
  const requests: MlpAsked[] = [];
  const waiting = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    void readAll(request).then((xml) => {
      const { delayMs = 0 } = self.behaviour;
      if (xml === undefined) response.destroy();
      else if (delayMs === 0) answer(xml, response);
      else {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          answer(xml, response);
        }, delayMs);
        waiting.add(timer);
      }
    });
  });

  function answer(xml: string, response: ServerResponse): void {
    const asked: MlpAsked = {
      msids: [...xml.matchAll(/<msid[^>]*>([^<]+)<\/msid>/g)].map(([, msid = '']) => msid),
      isUrgent: /<prio type="HIGH"/.test(xml),
      xml,
    };
    requests.push(asked);
    if (requests.length > MAX_REMEMBERED) requests.shift();
    options.onAsked?.(asked);
    const { behaviour } = self;
    if (behaviour.status !== undefined) {
      response.writeHead(behaviour.status, { 'retry-after': '1' }).end();
      return;
    }
    const text =
      behaviour.isCongested === true ? failure(101) : (options.script?.(asked) ?? reply(asked, options));
    response.writeHead(200, {
      'content-type': 'text/xml; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    if (behaviour.isCut !== true) response.end(text);
    else response.write(text.slice(0, text.length / 2), () => response.destroy());
  }

  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const self: MlpServer = {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/`,
    behaviour: {},
    requests,
    stop: () => {
      for (const timer of waiting) clearTimeout(timer);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}

async function readAll(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk as string;
      if (text.length > MAX_REQUEST) return undefined;
    }
    return text;
  } catch {
    // The client has gone.
    return undefined;
  }
}

function reply({ msids, xml }: MlpAsked, { client, wordOf }: MlpServerOptions): string {
  const said = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? '';
  if (client !== undefined && (said('id') !== client.id || said('pwd') !== client.password))
    return failure(3);
  if (msids.length === 0) return failure(105);
  return slia(
    msids.map(
      (msid) => `<pos pos_method="CELL"><msid type="MSISDN">${msid}</msid>${told(wordOf(msid))}</pos>`,
    ),
  );
}

const failure = (resid: number) => slia([result(resid)]);
const result = (resid: number) => `<result resid="${resid}">${SLOGANS[resid] ?? 'VENDOR ERROR'}</result>`;

function slia(parts: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svc_result SYSTEM "MLP_SVC_RESULT_320.DTD">\n<svc_result ver="3.2.0"><slia ver="3.2.0">${parts.join('\n')}</slia></svc_result>\n`;
}

function told(word: MlpWord): string {
  const time = `<time utc_off="+0800">${new Date(word.atMs + 8 * 3_600_000).toISOString().slice(0, 19).replace(/[-T:]/g, '')}</time>`;
  if (word.kind === 'error') return `<poserr>${result(word.resid)}${time}</poserr>`;
  const { lat, lon, reachM, confidencePct } = word;
  const coord = `<coord><X>${dms(lat, 'N', 'S')}</X><Y>${dms(lon, 'E', 'W')}</Y></coord>`;
  const units = '<angularUnit>Degrees</angularUnit><distanceUnit>meter</distanceUnit>';
  const shapes = {
    circle: `<CircularArea srsName="www.epsg.org#4326">${coord}<radius>${Math.round(reachM)}</radius></CircularArea>`,
    arc: `<CircularArcArea srsName="www.epsg.org#4326">${coord}<inRadius>${Math.round(reachM / 2)}</inRadius><outRadius>${Math.round(reachM)}</outRadius><startAngle>0</startAngle><stopAngle>120</stopAngle>${units}</CircularArcArea>`,
    ellipse: `<EllipticalArea srsName="www.epsg.org#4326">${coord}<angle>45</angle><semiMajor>${Math.round(reachM)}</semiMajor><semiMinor>${Math.round(reachM / 3)}</semiMinor>${units}</EllipticalArea>`,
  };
  return `<pd>${time}<shape>${shapes[word.shape]}</shape><lev_conf>${confidencePct}</lev_conf></pd>`;
}

/** `31 14 22.500N`. */
function dms(degrees: number, positive: string, negative: string): string {
  const thousandths = Math.round(Math.abs(degrees) * 3_600_000);
  const whole = Math.floor(thousandths / 3_600_000);
  const minutes = Math.floor(thousandths / 60_000) % 60;
  const seconds = ((thousandths % 60_000) / 1000).toFixed(3);
  return `${whole} ${minutes} ${seconds}${degrees < 0 ? negative : positive}`;
}
