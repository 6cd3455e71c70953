/**
 * Derives the numbers of `src/demo/trace-quantiles.ts` from real phone traces (MobilityNet). The data is not copied:
 * only these few quantiles are.
 *
 *   node scripts/derive-trace-quantiles.ts <folder with mobilitynet_phones.csv.gz and mobilitynet_battery.csv.gz>
 *
 * Truth is where the always-on phones (mn-android-1, mn-ios-1), carried together with the others, say they are: their
 * fixes before and after the moment claim 25 m or better and are at most 60 s apart, or at most two hours and 30 m;
 * where both phones say something they must agree within 50 m, and their mean is taken.
 * An error is a fix of another phone minus that truth while the truth moves slower than 0.5 m/s.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Fix {
  readonly atS: number;
  readonly x: number;
  readonly y: number;
  readonly accuracyM: number;
}

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
const METRES_PER_DEGREE = 111_195;
const folder = process.argv[2];
if (folder === undefined) {
  console.error('usage: node scripts/derive-trace-quantiles.ts <folder of the MobilityNet traces>');
  process.exit(1);
}

const phones = new Map<string, Fix[]>();
for (const [subject = '', ts = '', lat = '', lon = '', accuracy = ''] of rows('mobilitynet_phones.csv.gz')) {
  if (accuracy === '') continue;
  const cos = Math.cos((37.5 * Math.PI) / 180);
  const fix = {
    atS: Date.parse(ts) / 1000,
    x: Number(lon) * METRES_PER_DEGREE * cos,
    y: Number(lat) * METRES_PER_DEGREE,
    accuracyM: Number(accuracy),
  };
  const list = phones.get(subject);
  if (list === undefined) phones.set(subject, [fix]);
  else list.push(fix);
}

console.log('claimed accuracy, m');
for (const [subject, fixes] of phones) print(subject, quantiles(fixes.map((fix) => fix.accuracyM)), 1);

const android = phones.get('mn-android-1') ?? [];
const ios = phones.get('mn-ios-1') ?? [];
const ratios = new Map<string, number[]>();
const errors = new Map<string, { atS: number; dx: number; dy: number; accuracyM: number }[]>();
for (const [subject, fixes] of phones) {
  if (subject === 'mn-android-1' || subject === 'mn-ios-1') continue;
  for (const fix of fixes) {
    const now = truthAt(fix.atS);
    const before = truthAt(fix.atS - 30);
    const after = truthAt(fix.atS + 30);
    if (now === undefined || before === undefined || after === undefined) continue;
    if (Math.hypot(after.x - before.x, after.y - before.y) > 30) continue;
    const error = { atS: fix.atS, dx: fix.x - now.x, dy: fix.y - now.y, accuracyM: fix.accuracyM };
    errors.set(subject, [...(errors.get(subject) ?? []), error]);
    ratios.set(subject, [...(ratios.get(subject) ?? []), Math.hypot(error.dx, error.dy) / fix.accuracyM]);
  }
}

console.log('\nerror / claimed accuracy while slow, and the quantile 0.68');
for (const [subject, list] of ratios) {
  print(`${subject} n=${list.length} q68=${quantile(list, 0.68).toFixed(2)}`, quantiles(list), 2);
}

console.log('\nerrors go together in time: correlation of error / claimed accuracy by lag');
for (const lagS of [30, 60, 120, 300, 600, 1200]) {
  let product = 0;
  let square = 0;
  let pairs = 0;
  for (const list of errors.values()) {
    for (let i = 0; i < list.length; i++) {
      const a = list[i];
      const b = list.find(
        (later, j) => j > i && j < i + 400 && Math.abs(later.atS - (a?.atS ?? 0) - lagS) < lagS * 0.2,
      );
      if (a === undefined || b === undefined) continue;
      const scaleA = a.accuracyM;
      const scaleB = b.accuracyM;
      if (Math.hypot(a.dx, a.dy) > 4 * scaleA || Math.hypot(b.dx, b.dy) > 4 * scaleB) continue;
      product += (a.dx * b.dx + a.dy * b.dy) / (scaleA * scaleB);
      square += (a.dx ** 2 + a.dy ** 2) / scaleA ** 2 / 2 + (b.dx ** 2 + b.dy ** 2) / scaleB ** 2 / 2;
      pairs++;
    }
  }
  console.log(`${lagS} s: ${(product / square).toFixed(2)} (${pairs} pairs)`);
}

const all = [...errors.values()].flat();
const wild = all.filter((error) => error.accuracyM <= 50 && Math.hypot(error.dx, error.dy) > 200);
console.log(`\nwild: claimed 50 m or better, truly off by more than 200 m: ${wild.length} of ${all.length}`);
let jumps = 0;
let steps = 0;
for (const fixes of phones.values()) {
  for (let i = 1; i < fixes.length; i++) {
    const a = fixes[i - 1];
    const b = fixes[i];
    if (a === undefined || b === undefined || b.atS - a.atS < 1 || b.atS - a.atS > 3600) continue;
    steps++;
    if (Math.hypot(b.x - a.x, b.y - a.y) / (b.atS - a.atS) > 70) jumps++;
  }
}
console.log(`jumps faster than 70 m/s: ${jumps} of ${steps}`);

console.log(
  '\ntime between fixes, s (the two always-on phones; only up to 6 h: beyond that the phone was put away)',
);
for (const subject of ['mn-android-1', 'mn-ios-1']) {
  const fixes = phones.get(subject) ?? [];
  const gaps = fixes.slice(1).map((fix, i) => fix.atS - (fixes[i]?.atS ?? 0));
  const real = gaps.filter((gap) => gap > 120 && gap < 21_600);
  print(`${subject} over 120 s: ${real.length} of ${gaps.length}`, quantiles(real), 0);
}

console.log('\ndischarge, % an hour, over stretches of at least an hour without charging');
const battery = new Map<string, { atS: number; pct: number }[]>();
for (const [subject = '', ts = '', pct = ''] of rows('mobilitynet_battery.csv.gz')) {
  battery.set(subject, [...(battery.get(subject) ?? []), { atS: Date.parse(ts) / 1000, pct: Number(pct) }]);
}
const everyRate: number[] = [];
for (const [subject, list] of battery) {
  const rates: number[] = [];
  let start = list[0];
  for (let i = 1; i < list.length; i++) {
    const before = list[i - 1];
    const now = list[i];
    if (start === undefined || before === undefined || now === undefined) continue;
    const ends = now.pct > before.pct || now.atS - before.atS > 7200 || i === list.length - 1;
    if (!ends) continue;
    const hours = (before.atS - start.atS) / 3600;
    if (hours >= 1 && start.pct > before.pct) rates.push((start.pct - before.pct) / hours);
    start = now;
  }
  everyRate.push(...rates);
  print(`${subject} n=${rates.length}`, quantiles(rates), 1);
}
print('all', quantiles(everyRate), 1);

function truthAt(atS: number): { x: number; y: number } | undefined {
  const a = interpolated(android, atS);
  const b = interpolated(ios, atS);
  if (a === undefined || b === undefined) return a ?? b;
  if (Math.hypot(a.x - b.x, a.y - b.y) > 50) return undefined;
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function interpolated(fixes: readonly Fix[], atS: number): { x: number; y: number } | undefined {
  let low = 0;
  let high = fixes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fixes[middle]?.atS ?? 0) <= atS) low = middle + 1;
    else high = middle;
  }
  const a = fixes[low - 1];
  const b = fixes[low];
  if (a === undefined || b === undefined || a.accuracyM > 25 || b.accuracyM > 25) return undefined;
  const stays = b.atS - a.atS <= 7200 && Math.hypot(b.x - a.x, b.y - a.y) <= 30;
  if (b.atS - a.atS > 60 && !stays) return undefined;
  const share = b.atS === a.atS ? 0 : (atS - a.atS) / (b.atS - a.atS);
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

function rows(name: string): string[][] {
  const text = gunzipSync(readFileSync(join(folder as string, name))).toString('utf8');
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split(','));
}

function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function quantiles(list: readonly number[]): number[] {
  return QUANTILES.map((share) => quantile(list, share));
}

function print(name: string, values: readonly number[], decimals: number): void {
  console.log(`${name}: ${values.map((value) => value.toFixed(decimals)).join(' ')}`);
}
