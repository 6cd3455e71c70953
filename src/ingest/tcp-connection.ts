/**
 * One connection of a device (or of a gateway of many): bytes in, frames to the log, replies out when what was said is durable, in the
 * order in which it was said. What is under way is bounded: beyond it the socket is not read. While the log can't take it, nothing
 * more is read and nothing acknowledged; what was read is kept and tried again, since not every protocol has a device that repeats.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../kernel/instant.ts';
import { LogUnavailable } from '../ports/observation-log.ts';
import { createClaims, NOT_PROVEN } from './claims.ts';
import { isUncollected, mayCollect } from './collection.ts';
import type { DeviceCommand, WireFrame } from './protocols/wire.ts';
import type { Refused } from './quarantine.ts';
import { createSparing } from './sparing.ts';
import { createStrapMemory } from './strap-memory.ts';
import { type Arrived, createTakeDecoded } from './take-decoded.ts';
import type { TcpHub } from './tcp-server.ts';
import { createTokenBucket } from './token-bucket.ts';

export type CloseReason =
  | 'by-peer'
  | 'idle'
  | 'silent'
  | 'too-many'
  | 'replaced'
  | 'no-frame'
  | 'junk'
  | 'not-reading'
  | 'overload'
  | 'fault'
  | 'stop';

export interface DeviceConnection {
  readonly connectedMs: Instant;
  /** When bytes last came. */
  readonly heardMs: Instant;
  /** Whether it has said anything of a device on the roster. */
  readonly isKnown: boolean;
  /** Writes a command to `device`; undefined where the protocol has no word for it, or somebody else spoke here last. */
  send(device: string, command: DeviceCommand): { readonly serial: number | null } | undefined;
  /** Lets replies out that are written already. */
  close(reason: CloseReason): void;
  /** Ends when all that was read is answered or given up. */
  settled(): Promise<void>;
}

/** Bytes read and not yet durable, at which the socket is no longer read. */
const MAX_UNDER_WAY = 64 * 1024;
/** Bytes of replies that the peer does not fetch. */
const MAX_UNSENT = 64 * 1024;
/** Bytes without a frame in them: many times the longest frame of any protocol. */
const MAX_UNFRAMED = 256 * 1024;
/** Unreadable frames with no readable one between them. */
const MAX_JUNK = 200;
/** One that is too long may be a voice that nobody wants; a few are no device of ours. */
const TOO_LARGE_JUNK = 25;
const RETRY_MS = 1000;
/** For a peer that does not let go, or does not fetch its replies. */
const LINGER_MS = 5000;
/** A device that beats more often says nothing new with it. */
const BEAT_EVERY_MS = 60_000;
/** Devices of a gateway whose proof or beat is remembered. */
const MAX_DEVICES = 5000;
/** Refused frames that go into quarantine: a device that is not on the roster yet reports every few seconds. */
const QUARANTINE = { burst: 100, perS: 1 };

interface Judged {
  readonly frame: WireFrame;
  readonly arrived: Arrived;
  readonly isBelieved: boolean;
  /** Roster's id; null: nobody of the roster, or not believed. */
  readonly device: string | null;
  /** Whether a place that it tells now may be kept, be it as an answer. */
  readonly mayTellPlace: boolean;
}

export function createDeviceConnection(socket: Socket, hub: TcpHub, connectedMs: Instant): DeviceConnection {
  const { logger, source } = hub;
  const session = hub.wire.open({
    authCode: hub.authCode,
    clockOf: (address) => hub.devices.clockOf?.(address, hub.wire.protocol),
  });
  const bucket = createTokenBucket(QUARANTINE);
  const claims = createClaims(hub.secretOf, MAX_DEVICES);
  const beats = createSparing(BEAT_EVERY_MS, MAX_DEVICES);
  const straps = createStrapMemory(MAX_DEVICES, hub.wire.protocol);
  let heardMs = connectedMs;
  let isKnown = false;
  let lastDevice: string | null = null;
  let unframed = 0;
  let junk = 0;
  let underWay = 0;
  let closedFor: CloseReason | undefined;
  let answered: Promise<void> = Promise.resolve();

  function receive(chunk: Buffer): void {
    if (closedFor !== undefined) return;
    heardMs = hub.now();
    // Only while the log is away does so much gather: those who lose the connection come again.
    if (!hub.hold(chunk.length)) {
      close('overload');
      return;
    }
    const frames = session.push(chunk, heardMs);
    const judged = frames.map((frame) => judge(frame, heardMs));
    if (frames.length === 0) {
      hub.letGo(chunk.length);
      unframed += chunk.length;
      if (unframed > MAX_UNFRAMED) close('no-frame');
      return;
    }
    unframed = 0;
    underWay += chunk.length;
    if (underWay >= MAX_UNDER_WAY) socket.pause();
    const receivedMs = heardMs;
    const taking = take(judged, receivedMs);
    answered = answered.then(async () => {
      const kept = await taking;
      underWay -= chunk.length;
      hub.letGo(chunk.length);
      judged.forEach((each, i) => {
        answer(each, kept[i] === true, receivedMs);
      });
      if (underWay < MAX_UNDER_WAY && closedFor === undefined) socket.resume();
    });
    if (junk > MAX_JUNK) close('junk');
  }

  /** Whose it is, whether that is believed, and what of it goes to the log. */
  function judge(frame: WireFrame, receivedMs: Instant, isOver = false): Judged {
    const { device: address, refusal } = frame;
    // A whole frame of a device that says what we don't know is no junk.
    junk = address !== null ? 0 : junk + (refusal?.code === 'too-large' ? TOO_LARGE_JUNK : 1);
    hub.onFrame(refusal);
    const nobody = { isBelieved: false, device: null, mayTellPlace: false };
    if (address === null) return { frame, arrived: frame, ...nobody };
    if (!claims.isProven(address, frame)) {
      const arrived: Arrived = { device: address, records: [], refusal: NOT_PROVEN, raw: frame.raw };
      return { frame, arrived, ...nobody };
    }
    const found = hub.devices.resolve(address, receivedMs, hub.wire.protocol);
    const device = found.ok ? found.value.device : null;
    const isChatter = device !== null && frame.isUnsupported === true;
    if (device !== null && (refusal === null || isChatter) && !isOver) {
      isKnown = true;
      lastDevice = device;
      hub.claim(device, self, address);
    }
    const mayTellPlace = found.ok && mayCollect(found.value, 'position', receivedMs).ok;
    const arrived = isChatter ? chatter(frame, address, receivedMs) : beating(frame, address, receivedMs);
    const alsoTold = device === null ? [] : straps.heard(frame, address, receivedMs);
    return {
      frame,
      arrived: alsoTold.length === 0 ? arrived : { ...arrived, alsoTold },
      isBelieved: true,
      device,
      mayTellPlace,
    };
  }

  /** A word without content (a heartbeat, a login) says that the device is there. */
  function beating(frame: WireFrame, address: string, receivedMs: Instant): Arrived {
    if (frame.records.length > 0 || frame.refusal !== null || !beats.isDue(address, receivedMs)) return frame;
    const { device, records, refusal, raw } = frame;
    return { device, records, refusal, raw, isSignOfLife: true };
  }

  /** What is not read is kept once in a while and counted: it says no less than a word without content. */
  function chatter(frame: WireFrame, address: string, receivedMs: Instant): Arrived {
    const { device, records, refusal, raw } = frame;
    const isKept = refusal !== null && hub.isSample(address, refusal.where, receivedMs);
    if (refusal !== null && !isKept) hub.onRefused(refusal, false);
    const arrived = { device, records, refusal: isKept ? refusal : null, raw };
    return beats.isDue(address, receivedMs) ? { ...arrived, isSignOfLife: true } : arrived;
  }

  /** For each frame whether it is durable, or nothing is lost with it. */
  async function take(judged: readonly Judged[], receivedMs: Instant): Promise<boolean[]> {
    const frames = judged.map(({ arrived }) => arrived);
    const kept = judged.map(() => true);
    if (frames.every(isEmpty)) return kept;
    const origin = { source, feed: null, protocol: hub.wire.protocol, receivedMs } as const;
    while (!hub.isStopped) {
      let room = frames.length;
      const quarantine = {
        add: (refused: readonly Refused[]) => {
          room = hub.roomFor(bucket.take(refused.length, receivedMs), receivedMs);
          return hub.quarantine.add(refused.slice(0, room));
        },
      };
      try {
        const { refused } = await createTakeDecoded({ ...hub, quarantine }).take(frames, origin);
        refused.forEach(({ index, ...refusal }, nth) => {
          // What nobody may collect is acknowledged: else the device sends it for ever.
          const isKept = nth < room || isUncollected(refusal.code);
          if (!isKept) kept[index] = false;
          hub.onRefused(refusal, isKept);
        });
        return kept;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) {
          logger.error({ event: 'device.fault', source, error: String(error) }, 'frames could not be taken');
          close('fault');
          return kept.fill(false);
        }
        socket.pause();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    return kept.fill(false);
  }

  function answer(
    { frame, isBelieved, device, mayTellPlace }: Judged,
    isKept: boolean,
    receivedMs: Instant,
  ): void {
    const isTaken = isKept && (isBelieved || frame.device === null);
    if (!socket.destroyed && frame.reply !== undefined && !hub.isStopped) write(frame.reply(isTaken));
    if (!isTaken || device === null) return;
    hub.onHeard({ device, frame: mayTellPlace ? frame : { ...frame, records: [] }, receivedMs });
  }

  function write(bytes: Uint8Array): void {
    if (bytes.length === 0 || socket.destroyed || !socket.writable) return;
    socket.write(bytes);
    if (socket.writableLength > MAX_UNSENT) {
      close('not-reading');
      socket.destroy();
    }
  }

  function close(reason: CloseReason): void {
    if (closedFor !== undefined) return;
    closedFor = reason;
    hub.onClosed(self, reason);
    socket.pause();
    // A session that has failed is not asked again.
    const rest = reason === 'fault' ? [] : (session.end?.(heardMs) ?? []);
    if (rest.length > 0) {
      const taking = take(
        rest.map((frame) => judge(frame, heardMs, true)),
        heardMs,
      );
      answered = answered.then(() => taking).then(() => {});
    }
    // What is under way may still be answered.
    void answered.then(() => socket.destroySoon());
    const late = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(late));
  }

  socket.setNoDelay(true);
  socket.setKeepAlive(true, BEAT_EVERY_MS);
  socket.on('data', (chunk: Buffer) => {
    try {
      receive(chunk);
    } catch (error) {
      // A fault of ours in a decoder must not end the connections of all the others.
      logger.error({ event: 'device.fault', source, error: String(error) }, 'a decoder failed');
      close('fault');
    }
  });
  // The peer has said all: what it said is taken and answered.
  socket.on('end', () => close('by-peer'));
  // 'close' follows.
  socket.on('error', () => {});
  socket.on('close', () => close('by-peer'));

  const self: DeviceConnection = {
    connectedMs,
    get heardMs() {
      return heardMs;
    },
    get isKnown() {
      return isKnown;
    },
    send: (device, command) => {
      if (device !== lastDevice || closedFor !== undefined) return undefined;
      const sent = session.command(command);
      if (sent === undefined) return undefined;
      write(sent.bytes);
      return { serial: sent.serial };
    },
    close,
    settled: () => answered,
  };
  return self;
}

function isEmpty({ records, refusal, isSignOfLife }: Arrived): boolean {
  return records.length === 0 && refusal === null && isSignOfLife !== true;
}
