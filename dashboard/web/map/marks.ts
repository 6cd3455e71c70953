/**
 * The marks of the board, once for the page (svg) and once for the map (canvas): shape tells the state, colour only that
 * somebody must act. Outlines in a box of 16.
 */
import type { Severity } from '../../../src/kernel/alert-event.ts';
import { SEVERITIES } from '../../../src/kernel/alert-event.ts';
import { SUBJECT_STATUSES, type SubjectStatus } from '../live/subject-status.ts';

export const BOX = 16;

interface Mark {
  readonly outline: string;
  readonly isFilled: boolean;
}

export const SEVERITY_MARKS: Readonly<Record<Severity, Mark>> = {
  critical: { outline: 'M8 .8 15.2 8 8 15.2 .8 8z', isFilled: true },
  high: { outline: 'M8 1.6 15.2 14.4H.8z', isFilled: true },
  medium: { outline: 'M2 2h12v12H2z', isFilled: true },
  low: { outline: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z', isFilled: false },
};

export const STATUS_MARKS: Readonly<Record<SubjectStatus | 'leave' | 'alert', Mark>> = {
  heard: { outline: 'M8 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8z', isFilled: true },
  silent: { outline: 'M3.5 3.5h9v9h-9z', isFilled: false },
  off: { outline: 'M3.5 3.5h9v9h-9zM3.5 12.5l9-9', isFilled: false },
  leave: { outline: 'M8 2.8 13.6 12.6H2.4z', isFilled: false },
  unknown: { outline: 'M6 8h4', isFilled: false },
  alert: { outline: 'M8 .8 15.2 8 8 15.2 .8 8z', isFilled: true },
};

export interface Palette {
  readonly mark: string;
  readonly paper: string;
  /** Of the number in a cluster. */
  readonly ink: string;
  readonly severity: Readonly<Record<Severity, string>>;
}

/** Drawn four times as large as shown, so that it stays sharp on a wall and when zoomed. */
export const PIXEL_RATIO = 4;

/** The map's images by name: `heard`, `silent`, `off`, `alert-critical`, … */
export function drawMarks(palette: Palette): Map<string, ImageData> {
  const images = new Map<string, ImageData>();
  for (const status of [...SUBJECT_STATUSES, 'leave'] as const) {
    const mark = STATUS_MARKS[status];
    images.set(status, draw(mark, palette.mark, palette.paper));
  }
  for (const severity of SEVERITIES) {
    images.set(
      `alert-${severity}`,
      draw(STATUS_MARKS.alert, palette.severity[severity], palette.paper, true),
    );
  }
  return images;
}

/** Slanting lines that meet at the edges of the tile. */
export function drawHatch(colour: string): ImageData {
  const size = 8 * PIXEL_RATIO;
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('a canvas without a 2d context');
  context.strokeStyle = colour;
  context.globalAlpha = 0.55;
  context.lineWidth = PIXEL_RATIO;
  for (const x of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(x, size);
    context.lineTo(x + size, 0);
    context.stroke();
  }
  return context.getImageData(0, 0, size, size);
}

const CLUSTER = 'cluster-';
/** `cluster-<n>`: so many people who are all heard and in bounds, as one disc with the number. Undefined: another image. */
export function drawCluster(name: string, palette: Palette): ImageData | undefined {
  if (!name.startsWith(CLUSTER)) return undefined;
  const number = name.slice(CLUSTER.length);
  const radius = 7 + 2.2 * number.length;
  const size = Math.ceil(2 * (radius + 1)) * PIXEL_RATIO;
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('a canvas without a 2d context');
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  const middle = size / PIXEL_RATIO / 2;
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
  context.fillStyle = palette.paper;
  context.fill();
  context.lineWidth = 1.4;
  context.strokeStyle = palette.mark;
  context.stroke();
  context.fillStyle = palette.ink;
  context.font = '600 10px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(number, middle, middle + 0.5);
  return context.getImageData(0, 0, size, size);
}

function draw(mark: Mark, colour: string, paper: string, isCalling = false): ImageData {
  const margin = 2;
  const size = (BOX + 2 * margin) * PIXEL_RATIO;
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('a canvas without a 2d context');
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  context.translate(margin, margin);
  const outline = new Path2D(mark.outline);
  context.lineJoin = 'round';
  // A rim of paper keeps neighbours apart where people stand close together.
  context.strokeStyle = paper;
  context.lineWidth = mark.isFilled ? 1.4 : 4;
  context.stroke(outline);
  context.fillStyle = mark.isFilled ? colour : paper;
  context.fill(outline);
  if (!mark.isFilled) {
    context.strokeStyle = colour;
    context.lineWidth = 1.8;
    context.stroke(outline);
  }
  if (isCalling) {
    context.fillStyle = paper;
    context.fill(new Path2D('M7 4h2l-.4 5.2h-1.2zM7.1 10.4h1.8v1.7h-1.8z'));
  }
  return context.getImageData(0, 0, size, size);
}
