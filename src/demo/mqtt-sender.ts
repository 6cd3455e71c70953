/**
 * OwnTracks' MQTT mode: a connection of the phone's own, with its last will, and commands on `<topic>/cmd`. What it answers is what
 * an HTTP request would: a phone's store (devices.ts) needs not know which way it has.
 */
import { connect, type MqttClient } from 'mqtt';
import type { Answer } from './devices.ts';
import type { WireRequest } from './wire.ts';

export interface MqttSender {
  /** Accepted: the broker has it (QoS 1). Never rejects. */
  send(base: URL, wire: WireRequest): Promise<Answer>;
  /** The connection breaks without a farewell, as when a phone is switched off: the broker tells the last will. */
  drop(): void;
}

const WITHIN_MS = 15_000;
const RETRY_MS = 5_000;
const LATER: Answer = { outcome: 'later', waitMs: RETRY_MS };

export function createMqttSender(deps: {
  /** Of the device: `owntracks/<user>/<device>`. */
  readonly topic: string;
  readonly clock: () => number;
  readonly onCommand: (body: string) => void;
}): MqttSender {
  const { topic, clock, onCommand } = deps;
  let client: MqttClient | undefined;

  function open(url: string): MqttClient {
    const will = JSON.stringify({ _type: 'lwt', tst: Math.floor(clock() / 1000) });
    const made = connect(url, {
      clientId: topic.replaceAll('/', '-'),
      // The broker keeps commands for a phone that is away.
      clean: false,
      reconnectPeriod: RETRY_MS,
      queueQoSZero: false,
      will: { topic, payload: Buffer.from(will), qos: 1, retain: false },
    });
    made.on('connect', ({ sessionPresent }) => {
      if (!sessionPresent) made.subscribe(`${topic}/cmd`, { qos: 1 });
    });
    made.on('message', (_topic, payload) => onCommand(payload.toString()));
    // It goes on trying by itself; what it could not send comes again.
    made.on('error', () => {});
    return made;
  }

  return {
    send: (base, wire) => {
      client ??= open(base.href);
      const sending = client;
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(LATER), WITHIN_MS);
        const done = (answer: Answer) => {
          clearTimeout(timer);
          sending.off('close', isAway);
          resolve(answer);
        };
        const isAway = () => done(LATER);
        sending.once('close', isAway);
        sending.publish(topic, wire.body, { qos: 1 }, (error) =>
          done(error ? LATER : { outcome: 'accepted', body: '' }),
        );
      });
    },
    drop: () => {
      client?.end(true);
      client = undefined;
    },
  };
}
