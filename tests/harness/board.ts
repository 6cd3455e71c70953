/** Boards, facts and connections for tests of the live board's pure parts. */

import {
  type AlertCard,
  LIVE_PROTOCOL,
  type Patch,
  type ServerMessage,
  type Snapshot,
  type SubjectCard,
  unpackWhereabouts,
  type Whereabouts,
} from '../../dashboard/protocol.ts';
import { type Board, createBoard } from '../../dashboard/server/board.ts';
import type { Seat } from '../../dashboard/server/live-board.ts';
import { type ByeReason, createViewer } from '../../dashboard/server/viewer.ts';
import type { LastKnown } from '../../src/ports/live-state.ts';

const card = (id: string): SubjectCard => ({
  id,
  name: `测试人员${id}`,
  office: '445281/liusha-east',
  officeName: '流沙东',
  county: '445281',
  grade: 'standard',
});
export const SUBJECTS = ['S0', 'S1', 'S2', 'S3', 'S4'];
export const known = (subject: string, lat: number): LastKnown => ({
  subject,
  device: 'D1',
  atMs: 1000 * lat,
  lat,
  lon: 116,
  accuracyM: 10,
  speedMps: null,
  method: null,
  batteryPct: null,
  heardMs: 1000 * lat,
  off: false,
});
export const alert = (id: string, version: number): AlertCard => ({
  alert: id,
  version,
  subject: 'S0',
  kind: 'out-of-bounds',
  state: 'opened',
  severity: 'high',
  startedAtMs: 0,
  detectedAtMs: 0,
  recordedAtMs: 0,
  clearedAtMs: null,
  zone: null,
  zoneName: null,
  device: null,
  confidence: 1,
  late: false,
  reason: { zh: '', en: '' },
  evidence: [],
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  work: {
    stage: 'opened',
    owner: null,
    dueAtMs: null,
    escalation: 0,
    incident: null,
    shelvedUntilMs: null,
    task: null,
    disposition: null,
  },
});
export const board = (epoch = 'e', maxDepartures = 3) =>
  createBoard({ epoch, demo: false, cards: SUBJECTS.map(card), maxDepartures });

export interface View {
  whereabouts: Map<number, Whereabouts>;
  alerts: Map<string, AlertCard>;
}
export const viewOf = (snapshot: Snapshot): View => ({
  whereabouts: new Map(unpackWhereabouts(snapshot.whereabouts).map((tuple) => [tuple[0], tuple])),
  alerts: new Map(snapshot.alerts.map((item) => [item.alert, item])),
});
export function applyPatch(view: View, patch: Patch): void {
  if (patch.whereabouts !== undefined)
    for (const tuple of unpackWhereabouts(patch.whereabouts)) view.whereabouts.set(tuple[0], tuple);
  for (const item of patch.alerts ?? []) view.alerts.set(item.alert, item);
  for (const id of patch.gone ?? []) view.alerts.delete(id);
}
/** A viewer over a line whose network can be stopped: what is sent then waits, as in a socket's buffer. */
export function connect(room: { board: Board }, cursor?: { epoch: string; seq: number }) {
  const sent: ServerMessage[] = [];
  const ends: ByeReason[] = [];
  let buffered = 0;
  const viewer = createViewer(
    {
      send: (text) => void sent.push(JSON.parse(text.toString())),
      bufferedBytes: () => buffered,
      end: (reason) => void ends.push(reason),
    },
    0,
  );
  const seat: Seat = {
    room: {
      board: () => room.board,
      snapshot: () => Buffer.from(JSON.stringify(room.board.snapshot())),
      since: (seq) => {
        const patch = room.board.since(seq);
        return patch && Buffer.from(JSON.stringify(patch));
      },
    },
    leave: () => {},
  };
  viewer.sit(seat);
  const hello = () => viewer.receive(JSON.stringify({ type: 'hello', protocol: LIVE_PROTOCOL, ...cursor }));
  return {
    viewer,
    sent,
    ends,
    hello,
    block: (bytes: number) => {
      buffered = bytes;
    },
  };
}
