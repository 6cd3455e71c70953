/** How what a device says gets to the server: by requests of a phone, over a connection of its own, or by its vendor's platform. */
import { type Counts, createPhone, type HttpSender, type Platform } from './devices.ts';
import { createJt808Dialect } from './jt808-dialect.ts';
import { createMqttSender } from './mqtt-sender.ts';
import type { Report } from './report.ts';
import { createTcpDevice } from './tcp-device.ts';
import { createWatchDialect } from './watch-dialect.ts';
import { owntracksRequest, phoneRequest, positionLine } from './wire.ts';
import type { DemoDevice, DemoSubject } from './world.ts';

export interface Carrier {
  report(report: Report): void;
  /** Sends what is stored, if it is time; the network is there. */
  drain(nowMs: number): void;
  /** The device is dark. */
  rest(): void;
  readonly stored: number;
}

export interface CarrierDeps {
  readonly sender: HttpSender;
  readonly platform: Platform;
  readonly counts: Counts;
  readonly clock: () => number;
  readonly onRefused: (status: number, body: string) => void;
  readonly osmand: URL;
  readonly owntracks: URL;
  /** Undefined: devices of that protocol are not played. */
  readonly jt808: URL | undefined;
  readonly watch: URL | undefined;
  /** Broker of the phones with OwnTracks; undefined: they speak HTTP. */
  readonly mqtt: URL | undefined;
}

/** Undefined: somebody else asks for the device (the operator), or it is not played. */
export function carrierFor(
  subject: DemoSubject,
  device: DemoDevice,
  deps: CarrierDeps,
  own: { look(): Report; onInterval(intervalS: number): void },
): Carrier | undefined {
  const shared = { ...deps, key: device.number };
  switch (device.speaks) {
    case 'mlp':
      return undefined;
    case 'jt808':
    case 'watch': {
      const url = deps[device.speaks];
      if (url === undefined) return undefined;
      const dialect =
        device.speaks === 'watch'
          ? createWatchDialect({ id: device.address })
          : createJt808Dialect({ phone: device.address, is2019: device.number % 4 === 1 });
      const made = createTcpDevice({ ...shared, ...own, url, dialect });
      return {
        report: made.keep,
        drain: made.drain,
        rest: made.rest,
        get stored() {
          return made.stored;
        },
      };
    }
    case 'platform': {
      // Lines that wait for the wristband's network.
      let held: string[] = [];
      return {
        report: ({ fix }) => void held.push(positionLine(subject.id, device, fix)),
        drain: () => {
          for (const line of held) deps.platform.keep(line);
          held = [];
        },
        rest: () => {},
        get stored() {
          return held.length;
        },
      };
    }
    case 'owntracks': {
      // In the answer to a request, or from the broker.
      const obey = (body: string) => {
        if (body.includes('reportLocation')) phone.keep(owntracksRequest(device, own.look().fix, 'r'));
      };
      const { mqtt } = deps;
      const line = mqtt && createMqttSender({ topic: device.address, clock: deps.clock, onCommand: obey });
      const phone = createPhone({
        ...shared,
        ...(line && { sender: line }),
        base: mqtt ?? deps.owntracks,
        onAccepted: obey,
      });
      return {
        report: ({ fix }) => phone.keep(owntracksRequest(device, fix, 't')),
        drain: phone.drain,
        rest: () => line?.drop(),
        get stored() {
          return phone.stored;
        },
      };
    }
    case 'osmand': {
      const phone = createPhone({ ...shared, base: deps.osmand });
      return {
        report: ({ fix }) => phone.keep(phoneRequest(device, fix)),
        drain: phone.drain,
        rest: () => {},
        get stored() {
          return phone.stored;
        },
      };
    }
  }
}
