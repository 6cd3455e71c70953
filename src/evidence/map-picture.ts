/** The picture of zones and fixes, drawn by us: no map of others is fetched. Pure. Flat around the middle, north up. */
import { scaleX, scaleY } from '../../geofences/metres.ts';
import type { Instant } from '../kernel/instant.ts';
import type { LonLat, ZoneFeature } from '../kernel/roster.ts';

export interface DrawnFix {
  readonly atMs: Instant;
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number | null;
  /** One that an alert is based on. */
  readonly isEvidence: boolean;
}

export interface DrawnZone {
  readonly zone: ZoneFeature;
  readonly rule: string;
}

const WIDTH = 1000;
const HEIGHT = 700;
const MARGIN = 60;
const MAX_FIXES = 3000;
/** Of a zone that is this much larger than what happened only the nearest corner of its edge is brought into sight. */
const FAR = 12;

interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** An SVG document, or one line that says that there is nothing to draw. */
export function mapPicture(zones: readonly DrawnZone[], fixes: readonly DrawnFix[]): string {
  const view = viewOf(zones, fixes);
  if (view === undefined)
    return svg('<text x="500" y="350" text-anchor="middle">没有定位点 / no fixes</text>');
  const [midLon, midLat] = [(view.west + view.east) / 2, (view.south + view.north) / 2];
  const [mx, my] = [scaleX(midLat), scaleY(midLat)];
  const metresWide = Math.max((view.east - view.west) * mx, 100);
  const metresHigh = Math.max((view.north - view.south) * my, 100);
  const pixels = Math.min((WIDTH - 2 * MARGIN) / metresWide, (HEIGHT - 2 * MARGIN) / metresHigh);
  const x = (lon: number) => WIDTH / 2 + (lon - midLon) * mx * pixels;
  const y = (lat: number) => HEIGHT / 2 - (lat - midLat) * my * pixels;
  const at = ([lon, lat]: LonLat) => `${n(x(lon))},${n(y(lat))}`;
  const every = Math.max(1, Math.ceil(fixes.length / MAX_FIXES));
  const drawn = fixes.filter(({ isEvidence }, i) => isEvidence || i % every === 0);
  const circles = drawn.map(({ lon, lat, accuracyM, isEvidence }) => {
    const centre = `cx="${n(x(lon))}" cy="${n(y(lat))}"`;
    const error =
      accuracyM === null
        ? ''
        : `<circle ${centre} r="${n(accuracyM * pixels)}" class="error${isEvidence ? ' proof' : ''}"/>`;
    return `${error}<circle ${centre} r="${isEvidence ? 4 : 2.5}" class="fix${isEvidence ? ' proof' : ''}"/>`;
  });
  const line = drawn.map(({ lon, lat }) => at([lon, lat])).join(' ');
  return svg(
    [
      ...zones.map(({ zone, rule }) => zoneShape(zone, rule, at, pixels)),
      `<polyline points="${line}" class="way"/>`,
      ...circles,
      scaleBar(pixels),
      '<g transform="translate(950 70)"><path d="M0 -30 L8 0 L0 -6 L-8 0 Z"/><text y="18" text-anchor="middle">北 N</text></g>',
      legend(),
    ].join('\n'),
  );
}

function zoneShape(
  { geometry, id, name, radiusM, widthM }: ZoneFeature,
  rule: string,
  at: (point: LonLat) => string,
  pixels: number,
): string {
  const title = `<title>${escaped(name ?? id)}</title>`;
  const kind = rule === 'keep-out' ? 'zone out' : 'zone';
  if (geometry.type === 'Point') {
    const [cx, cy] = at(geometry.coordinates).split(',');
    return `<circle cx="${cx}" cy="${cy}" r="${n((radiusM ?? 0) * pixels)}" class="${kind}">${title}</circle>`;
  }
  if (geometry.type === 'LineString') {
    const width = n(Math.max(2, (widthM ?? 0) * pixels));
    return `<polyline points="${geometry.coordinates.map(at).join(' ')}" class="${kind} road" stroke-width="${width}">${title}</polyline>`;
  }
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  const path = polygons.flatMap((rings) => rings.map((ring) => `M${ring.map(at).join('L')}Z`)).join('');
  return `<path d="${path}" fill-rule="evenodd" class="${kind}">${title}</path>`;
}

function viewOf(zones: readonly DrawnZone[], fixes: readonly DrawnFix[]): Box | undefined {
  const happened = boxOf(fixes.map(({ lon, lat }): LonLat => [lon, lat]));
  let view = happened;
  for (const { zone } of zones) {
    const box = boxOf(pointsOf(zone));
    if (box === undefined) continue;
    const isFar = happened !== undefined && sizeOf(box) > FAR * Math.max(sizeOf(happened), 0.005);
    const seen = isFar ? boxOf(nearestTo(happened, pointsOf(zone))) : box;
    if (seen !== undefined) view = view === undefined ? seen : around(view, seen);
  }
  return view;
}

function nearestTo(box: Box, points: readonly LonLat[]): LonLat[] {
  const [lon, lat] = [(box.west + box.east) / 2, (box.south + box.north) / 2];
  const flat = Math.cos((lat * Math.PI) / 180);
  let nearest: LonLat | undefined;
  let leastSquare = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const square = ((point[0] - lon) * flat) ** 2 + (point[1] - lat) ** 2;
    if (square >= leastSquare) continue;
    leastSquare = square;
    nearest = point;
  }
  return nearest === undefined ? [] : [nearest];
}

function pointsOf({ geometry, radiusM }: ZoneFeature): readonly LonLat[] {
  if (geometry.type === 'Point') {
    const [lon, lat] = geometry.coordinates;
    const [dx, dy] = [(radiusM ?? 0) / scaleX(lat), (radiusM ?? 0) / scaleY(lat)];
    return [
      [lon - dx, lat - dy],
      [lon + dx, lat + dy],
    ];
  }
  if (geometry.type === 'LineString') return geometry.coordinates;
  return geometry.type === 'Polygon' ? geometry.coordinates.flat() : geometry.coordinates.flat(2);
}

function boxOf(points: readonly LonLat[]): Box | undefined {
  let box: Box | undefined;
  for (const [lon, lat] of points) {
    const point = { west: lon, south: lat, east: lon, north: lat };
    box = box === undefined ? point : around(box, point);
  }
  return box;
}

function around(a: Box, b: Box): Box {
  return {
    west: Math.min(a.west, b.west),
    south: Math.min(a.south, b.south),
    east: Math.max(a.east, b.east),
    north: Math.max(a.north, b.north),
  };
}

function sizeOf({ west, south, east, north }: Box): number {
  return Math.max(east - west, north - south);
}

/** The longest of 1, 2, 5 × 10ⁿ metres that takes no more than a quarter of the picture. */
function scaleBar(pixels: number): string {
  const most = WIDTH / 4 / pixels;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
  const label = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  const width = n(metres * pixels);
  return `<g transform="translate(40 665)"><path d="M0 -6 V0 H${width} V-6" fill="none" stroke="#222"/><text y="18">${label}</text></g>`;
}

function legend(): string {
  const lines = [
    ['<circle cx="10" cy="-4" r="8" class="zone"/>', '应在区域 stay-in zone'],
    ['<circle cx="10" cy="-4" r="8" class="zone out"/>', '禁止区域 keep-out zone'],
    [
      '<circle cx="10" cy="-4" r="8" class="error"/><circle cx="10" cy="-4" r="2.5" class="fix"/>',
      '定位点及误差圈（68%） fix with its error (68 %)',
    ],
    ['<circle cx="10" cy="-4" r="4" class="fix proof"/>', '告警依据的定位点 fix that the alert rests on'],
  ];
  return lines
    .map(
      ([mark, text], i) =>
        `<g transform="translate(20 ${30 + i * 22})">${mark}<text x="28">${text}</text></g>`,
    )
    .join('\n');
}

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="14">
<style>.zone{fill:#2b7a3d22;stroke:#2b7a3d;stroke-width:2}.zone.out{fill:#b3261e22;stroke:#b3261e}.road{fill:none;stroke-opacity:.35}.error{fill:#1f5fa81a;stroke:#1f5fa866}.fix{fill:#1f5fa8}.proof{fill:#c2410c;stroke:#c2410c}.error.proof{fill:#c2410c1a}.way{fill:none;stroke:#1f5fa855}</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff" stroke="#999"/>
${content}
</svg>
`;
}

const n = (value: number) => String(Math.round(value * 10) / 10);

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
