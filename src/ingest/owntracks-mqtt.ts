/**
 * OwnTracks by way of a broker. Wardline is a client with a session that the broker keeps (QoS 1): a message is acknowledged when it
 * is durable here, and what came while nobody of us was there is delivered afterwards.
 *
 * `mqtt` acknowledges a message when `handleMessage` calls back, and hands over the next one only then: 240 messages a second, and
 * Mosquitto throws away what waits beyond 1000. So we call back at once with an error, which `mqtt` takes for "do not
 * acknowledge", and acknowledge ourselves. A log that is away still holds the broker back: so many messages are under way at most.
 */
import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import type { Json } from '../kernel/field.ts';
import { type OwntracksDeps, takeOwntracks } from './owntracks-take.ts';

export interface OwntracksMqttDeps extends OwntracksDeps {
  /** `mqtt://user:password@host:1883`, `mqtts://…`, `ws(s)://…`. */
  readonly url: string;
  /** By which the broker knows our session: one connection at a time may use it. */
  readonly clientId: string;
  readonly logger: Logger;
  /** After a message of a device was taken: what waits for it can go out. */
  onHeard?(device: string): void;
}

export interface OwntracksMqtt {
  readonly isConnected: boolean;
  /** Publishes to the device's `/cmd`. False: not connected, or the broker did not take it. */
  send(device: string, message: Json): Promise<boolean>;
  stop(): Promise<void>;
}

/** Locations and last wills; events, waypoints, status and the like below them. */
const TOPICS = ['owntracks/+/+', 'owntracks/+/+/+'];
const RECONNECT_MS = 2000;
const RETRY_MS = 1000;
const SEND_WITHIN_MS = 5000;
/** Brokers send 20 (Mosquitto) to some hundred without acknowledgement. */
const MAX_UNDER_WAY = 200;
const LATER = new Error('acknowledged later');
/** A message is some hundred bytes, with a picture some hundred thousand. */
const MAX_BYTES = 4 * 1024 * 1024;

export function connectOwntracks(deps: OwntracksMqttDeps): OwntracksMqtt {
  const { logger } = deps;
  let isStopped = false;
  const client = connect(deps.url, {
    clientId: deps.clientId,
    clean: false,
    protocolVersion: 4,
    reconnectPeriod: RECONNECT_MS,
    // Done below, and only where the broker has lost our session: it would send all that it retains again.
    resubscribe: false,
    queueQoSZero: false,
    manualConnect: true,
  });
  /** Which connection this is: an acknowledgement must not go out by a later one, where its number may mean another message. */
  let connection = 0;

  /** Ends when all that was handed over so far is acknowledged, or given up. */
  let acknowledged: Promise<void> = Promise.resolve();
  let underWay = 0;
  let goOn: (() => void) | undefined;

  client.handleMessage = (packet, callback) => {
    const own = connection;
    const { qos, messageId } = packet as IPublishPacket;
    const taking = take(packet as IPublishPacket, () => isStopped || own !== connection);
    underWay++;
    // In the order of arrival, as MQTT asks for (4.6.0-2).
    acknowledged = acknowledged.then(async () => {
      const isDurable = await taking;
      underWay--;
      goOn?.();
      goOn = undefined;
      if (isDurable && own === connection && qos === 1 && messageId !== undefined)
        client.stream.write(acknowledgement(messageId));
    });
    if (underWay < MAX_UNDER_WAY) callback(LATER);
    else goOn = () => callback(LATER);
  };

  /** False when it was given up: the broker has it still. */
  async function take(packet: IPublishPacket, isOver: () => boolean): Promise<boolean> {
    const { topic, payload, retain } = packet;
    // Our own words to the phones.
    if (topic.endsWith('/cmd')) return true;
    if (payload.length > MAX_BYTES) {
      logger.warn(
        { event: 'owntracks.too-large', bytes: payload.length },
        'a message of a broker was left out',
      );
      return true;
    }
    const message = { topic, user: null, deviceName: null, retained: retain, body: payload.toString() };
    while (!isOver()) {
      try {
        const { devices } = await takeOwntracks(deps, message, 'broker');
        for (const device of devices) deps.onHeard?.(device);
        return true;
      } catch (error) {
        // The log or the store is away: the broker keeps what is not acknowledged.
        logger.warn({ event: 'owntracks.waits', error: String(error) }, 'a message can not be taken now');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    return false;
  }

  client.on('connect', ({ sessionPresent }) => {
    connection++;
    logger.info({ event: 'owntracks.connected', sessionPresent }, 'connected to the broker');
    if (!sessionPresent) void subscribe(client, logger);
  });
  client.on('close', () => {
    connection++;
  });
  client.on('error', (error) => {
    // The library goes on trying; a refused password is told here as well.
    logger.warn({ event: 'owntracks.broker-away', error: error.message }, 'the broker can not be used');
  });
  client.connect();

  return {
    get isConnected() {
      return client.connected;
    },
    send: async (device, message) => {
      if (!client.connected) return false;
      const isLate = new Promise<false>((resolve) =>
        setTimeout(() => resolve(false), SEND_WITHIN_MS).unref(),
      );
      const sent = client.publishAsync(`${device}/cmd`, JSON.stringify(message), { qos: 1 }).then(
        () => true,
        () => false,
      );
      return Promise.race([sent, isLate]);
    },
    stop: async () => {
      isStopped = true;
      await acknowledged;
      await client.endAsync(true);
    },
  };
}

/** PUBACK, MQTT 3.1.1, 3.4. */
function acknowledgement(messageId: number): Uint8Array {
  return Uint8Array.of(0x40, 2, messageId >> 8, messageId & 0xff);
}

async function subscribe(client: MqttClient, logger: Logger): Promise<void> {
  try {
    const granted = await client.subscribeAsync(TOPICS, { qos: 1 });
    const refused = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
    if (refused.length > 0)
      logger.error(
        { event: 'owntracks.not-allowed', topics: refused },
        'the broker refuses us these topics: allow them',
      );
  } catch (error) {
    // The connection went in the middle: the next one subscribes.
    logger.warn({ event: 'owntracks.not-subscribed', error: String(error) }, 'not subscribed');
    client.reconnect();
  }
}
