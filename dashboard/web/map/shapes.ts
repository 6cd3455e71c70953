/** The dots of the map, drawn once for each theme: shape tells the state, colour only that somebody must act. */
import type { SubjectStatus } from '../live/subject-status.ts';

const SIZE = 32;

export interface Palette {
  readonly ink: string;
  readonly paper: string;
  readonly act: string;
}

export function drawShape(status: SubjectStatus, { ink, paper, act }: Palette): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('a canvas without 2d context');
  const middle = SIZE / 2;
  context.lineWidth = 3;
  context.strokeStyle = ink;
  context.fillStyle = ink;
  switch (status) {
    case 'alert':
      context.fillStyle = act;
      context.strokeStyle = paper;
      context.beginPath();
      context.moveTo(middle, 3);
      context.lineTo(SIZE - 3, middle);
      context.lineTo(middle, SIZE - 3);
      context.lineTo(3, middle);
      context.closePath();
      context.fill();
      context.stroke();
      break;
    case 'silent':
      context.fillStyle = paper;
      context.fillRect(8, 8, SIZE - 16, SIZE - 16);
      context.strokeRect(8, 8, SIZE - 16, SIZE - 16);
      break;
    case 'off':
      context.beginPath();
      context.moveTo(9, 9);
      context.lineTo(SIZE - 9, SIZE - 9);
      context.moveTo(SIZE - 9, 9);
      context.lineTo(9, SIZE - 9);
      context.stroke();
      break;
    default:
      context.beginPath();
      context.arc(middle, middle, 7, 0, 2 * Math.PI);
      context.fill();
      context.strokeStyle = paper;
      context.stroke();
  }
  return context.getImageData(0, 0, SIZE, SIZE);
}
