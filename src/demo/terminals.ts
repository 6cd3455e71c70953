/**
 * The offices' fingerprint terminals, over the real HTTP wire (iclock push): each shakes hands, polls, sends what the stamps say is
 * missing, and each punch of its people as it happens. Some terminals' clocks are ahead, as real ones are.
 */
import { aheadOf, type Punch, punchersOf, punchesBetween, serialOf, ZONE_MS } from './checkins.ts';
import { type Counts, createPhone, type HttpSender, type Phone } from './devices.ts';
import { uniform } from './random.ts';
import type { WireRequest } from './wire.ts';
import type { World } from './world.ts';

const POLL_MS = 30_000;
/** What a terminal holds: more than the days of an outage that anybody would want to see. */
const HOLDS_MS = 2 * 86_400_000;

export interface Terminals {
  /** `nowMs`: the world's time. */
  turn(nowMs: number): void;
  readonly stored: number;
}

interface Placed {
  readonly index: number;
  readonly office: string;
  readonly store: Phone;
  /** Punches up to this are sent or stored; null: not shaken hands yet. */
  sentMs: number | null;
  pollMs: number;
  isAsking: boolean;
}

export function createTerminals(deps: {
  readonly world: World;
  readonly sender: HttpSender;
  readonly base: URL;
  readonly counts: Counts;
  /** Real milliseconds, for waiting. */
  readonly clock: () => number;
  readonly onRefused: (status: number, body: string) => void;
}): Terminals {
  const { world, sender, base, clock } = deps;
  const people = punchersOf(world);
  const placed = world.offices.map(
    ({ path }, index): Placed => ({
      index,
      office: path,
      store: createPhone({ ...deps, key: 500_000 + index }),
      sentMs: null,
      // Not all at once.
      pollMs: clock() + POLL_MS * uniform(world.seed, index, 93),
      isAsking: false,
    }),
  );

  /** Never rejects: the sender answers failures. */
  async function shakeHands(terminal: Placed, nowMs: number): Promise<void> {
    const answer = await sender.send(base, handshake(terminal.index));
    if (answer.outcome !== 'accepted') return;
    const stampS = Number(/^ATTLOGStamp=(\d+)/m.exec(answer.body)?.[1] ?? 0);
    terminal.sentMs = Math.max(stampS * 1000, nowMs - HOLDS_MS);
  }

  async function poll(terminal: Placed, nowMs: number): Promise<void> {
    const answer = await sender.send(base, {
      ...GET,
      path: `/iclock/getrequest?SN=${serialOf(terminal.index)}`,
    });
    if (answer.outcome !== 'accepted') return;
    for (const [, id = '', command = ''] of answer.body.matchAll(/^C:(\d+):(.*)$/gm)) {
      if (command.startsWith('DATA QUERY ATTLOG')) send(terminal, nowMs - HOLDS_MS, nowMs);
      terminal.store.keep(result(terminal.index, id, command.split(' ')[0] ?? ''));
    }
  }

  function send(terminal: Placed, fromMs: number, untilMs: number): void {
    const punches = punchesBetween(world.seed, people.get(terminal.office) ?? [], fromMs, untilMs);
    if (punches.length > 0) terminal.store.keep(uploadOf(terminal.index, punches));
  }

  return {
    turn: (nowMs) => {
      for (const terminal of placed) {
        if (clock() >= terminal.pollMs && !terminal.isAsking) {
          terminal.pollMs = clock() + POLL_MS;
          terminal.isAsking = true;
          const asked = terminal.sentMs === null ? shakeHands(terminal, nowMs) : poll(terminal, nowMs);
          void asked.then(() => {
            terminal.isAsking = false;
          });
        }
        if (terminal.sentMs === null) continue;
        if (Math.floor(nowMs / 1000) > Math.floor(terminal.sentMs / 1000)) {
          send(terminal, terminal.sentMs, nowMs);
          terminal.sentMs = Math.max(nowMs, terminal.sentMs);
        }
        terminal.store.drain(clock());
      }
    },
    get stored() {
      return placed.reduce((sum, { store }) => sum + store.stored, 0);
    },
  };
}

const GET = { method: 'GET', contentType: null, body: '' } as const;
const POST = { method: 'POST', contentType: 'text/plain' } as const;

function handshake(index: number): WireRequest {
  return { ...GET, path: `/iclock/cdata?SN=${serialOf(index)}&options=all&pushver=2.2.14&language=83` };
}

/** The stamp is the newest punch's, in seconds. */
export function uploadOf(index: number, punches: readonly Punch[]): WireRequest {
  const stamp = Math.floor((punches.at(-1)?.atMs ?? 0) / 1000);
  const lines = punches.map(({ pin, atMs, verify }) => {
    const shown = new Date(atMs + ZONE_MS + aheadOf(index)).toISOString().slice(0, 19).replace('T', ' ');
    return `${pin}\t${shown}\t0\t${verify}\t0\t0\t0\n`;
  });
  return {
    ...POST,
    path: `/iclock/cdata?SN=${serialOf(index)}&table=ATTLOG&Stamp=${stamp}`,
    body: lines.join(''),
  };
}

function result(index: number, id: string, command: string): WireRequest {
  return {
    ...POST,
    path: `/iclock/devicecmd?SN=${serialOf(index)}`,
    body: `ID=${id}&Return=0&CMD=${command}\n`,
  };
}
