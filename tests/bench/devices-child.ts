/**
 * Devices in a process of their own: so many TCP connections, each reporting every so many seconds, spread evenly. Prints one JSON line:
 * frames sent and answered, connections lost, latencies. Arguments: port devices everyS seconds.
 */
import { connect, type Socket } from 'node:net';
import { locationFrame } from './jt808-frame.ts';

const [port = '0', devices = '100', everyS = '10', seconds = '30'] = process.argv.slice(2);
const count = Number(devices);
const everyMs = Number(everyS) * 1000;
const CONNECT_AT_ONCE = 200;
/** A device's position moves a little with each report. */
const STEP_DEG = 0.00005;

interface Device {
  readonly phone: string;
  readonly socket: Socket;
  serial: number;
  /** When each frame that is not answered yet was sent. */
  readonly waiting: number[];
}

const latencies: number[] = [];
let sent = 0;
let lost = 0;
let isOver = false;

function open(i: number): Promise<Device> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    const device: Device = { phone: phoneOf(i), socket, serial: 0, waiting: [] };
    let signs = 0;
    socket.once('connect', () => resolve(device));
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      // A frame has its sign on both sides; nothing in these replies is escaped to more of them.
      for (const byte of chunk) if (byte === 0x7e) signs++;
      for (; signs >= 2; signs -= 2) {
        const sentMs = device.waiting.shift();
        if (sentMs !== undefined) latencies.push(performance.now() - sentMs);
      }
    });
    socket.on('close', () => {
      if (!isOver) lost++;
    });
  });
}

function phoneOf(i: number): string {
  return String(139_0000_0000 + i).padStart(12, '0');
}

function report(device: Device, i: number): void {
  const lat = 23.5 + (i % 100) * 0.001 + device.serial * STEP_DEG;
  const lon = 116.3 + Math.floor(i / 100) * 0.001;
  const frame = locationFrame(device.phone, device.serial++, Date.now(), lat, lon);
  device.waiting.push(performance.now());
  device.socket.write(frame);
  sent++;
}

const all: Device[] = [];
for (let i = 0; i < count; i += CONNECT_AT_ONCE)
  all.push(
    ...(await Promise.all(
      Array.from({ length: Math.min(CONNECT_AT_ONCE, count - i) }, (_, n) => open(i + n)),
    )),
  );
const startedMs = performance.now();
const untilMs = startedMs + Number(seconds) * 1000;
/** Which device is next, counted over all rounds. */
let next = 0;
while (performance.now() < untilMs) {
  const due = Math.floor(((performance.now() - startedMs) / everyMs) * count);
  for (; next < due; next++) {
    const device = all[next % count];
    if (device !== undefined) report(device, next % count);
  }
  await new Promise((resolve) => setTimeout(resolve, 2));
}
// What is under way has a while to be answered.
const graceMs = performance.now() + 10_000;
while (latencies.length < sent && performance.now() < graceMs)
  await new Promise((resolve) => setTimeout(resolve, 20));
isOver = true;
const elapsedS = (performance.now() - startedMs) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
console.log(
  JSON.stringify({
    sent,
    answered: latencies.length,
    lost,
    seconds: elapsedS,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: latencies.at(-1),
  }),
);
process.exit(0);
