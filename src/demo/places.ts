/**
 * Where the demo's offices and people are: offices spread over the counties by area and residents, homes around them
 * inside the county, work and errands along the roads.
 */
import { COUNTIES, type County, isLineInside, isWellInside } from './counties.ts';
import { distanceM, distanceToLineM, moved, type Point } from './plane.ts';
import { createRandom, type RandomStream } from './random.ts';
import { nearestNode, type Roads, route } from './roads.ts';
import type { Place, Role } from './world.ts';

export interface Office {
  /** Organisation path, e.g. `445202/office-01`. */
  readonly path: string;
  readonly county: County;
  /** 1 for the county's first. */
  readonly number: number;
  readonly centre: Point;
}

export interface HomeGround {
  readonly role: Role;
  readonly office: Office;
  readonly home: Place;
  readonly work: Place | null;
  readonly errand: Place | null;
  readonly beyond: { readonly point: Point; readonly insideM: number; readonly outsideM: number } | null;
  readonly exclusion: { readonly centre: Point; readonly radiusM: number } | null;
}

/** Most homes are so far from the county's edge that no honest error reaches it. */
export const HOME_MARGIN_M = 600;
/** Those that walk over the edge live near it, but not at it. */
export const EDGE_HOME_M = { opener: [220, 300], 'out-of-bounds': [260, 600] } as const;
/** Half of the ordinary strict subjects' exclusion zones: as many as an office can watch. */
const ORDINARY_EXCLUSIONS = 60;

export function placeOffices(roads: ReadonlyMap<string, Roads>, total: number, seed: number): Office[] {
  const areas = COUNTIES.map(areaOf);
  const area = sum(areas);
  const weight = sum(COUNTIES.map((county) => county.weight));
  const counts = apportion(
    COUNTIES.map((county, i) => (areas[i] ?? 0) / area / 2 + county.weight / weight / 2),
    total,
  );
  return COUNTIES.flatMap((county, i) => {
    const random = createRandom(seed, Number(county.code), 21);
    const nodes = (roads.get(county.code)?.nodes ?? []).filter((node) => isWellInside(county, node, 1000));
    const centres: Point[] = [];
    while (centres.length < (counts[i] ?? 0)) {
      // The best of some tries keeps towns apart without forbidding anything.
      const tries = Array.from({ length: 8 }, () => random.pick(nodes));
      const apart = (node: Point) => Math.min(...centres.map((centre) => distanceM(centre, node)), 1e9);
      centres.push(tries.reduce((best, node) => (apart(node) > apart(best) ? node : best)));
    }
    return centres.map((centre, k) => ({
      path: `${county.code}/office-${String(k + 1).padStart(2, '0')}`,
      county,
      number: k + 1,
      centre,
    }));
  });
}

export function findHomes(
  offices: readonly Office[],
  roads: ReadonlyMap<string, Roads>,
  roles: readonly Role[],
  seed: number,
): HomeGround[] {
  // Largest remainder by residents, then evenly over the county's offices.
  const weight = sum(COUNTIES.map((county) => county.weight));
  const perCounty = apportion(
    COUNTIES.map((county) => county.weight / weight),
    roles.length,
  );
  const taken = new Set<Point>();
  let exclusions = 0;
  let next = 0;
  return COUNTIES.flatMap((county, i) => {
    const own = offices.filter((office) => office.county === county);
    const network = roads.get(county.code);
    if (network === undefined) throw new Error(`no roads in ${county.code}`);
    return Array.from({ length: perCounty[i] ?? 0 }, (_, k): HomeGround => {
      const office = own[k % own.length] as Office;
      const role = roles[next++] ?? 'ordinary';
      const random = createRandom(seed, next, 22);
      if (role === 'opener' || role === 'out-of-bounds') {
        return {
          role,
          office,
          work: null,
          errand: null,
          exclusion: null,
          ...edgeHome(office, role, taken, random),
        };
      }
      if (role === 'exclusion-entry') {
        const home = placeNear(county, network, office.centre, 1200, random);
        const exclusion = exclusionNear(county, home, random);
        return { role, office, home, work: null, errand: null, beyond: null, exclusion };
      }
      const home = placeNear(county, network, office.centre, HOME_MARGIN_M, random);
      const work = random.next() < 0.65 ? placeAway(county, network, home, random) : null;
      const errand = random.next() < 0.7 ? placeAway(county, network, home, random, 3000) : null;
      const wanted = role === 'ordinary' && exclusions < ORDINARY_EXCLUSIONS && random.next() < 0.06;
      const exclusion = wanted ? exclusionOffTheWay(county, network, home, [work, errand], random) : null;
      if (exclusion !== null) exclusions++;
      return { role, office, home, work, errand, beyond: null, exclusion };
    });
  });
}

/** At the nearest place, not yet taken, where a straight way leads over the county's edge. */
function edgeHome(
  office: Office,
  role: 'opener' | 'out-of-bounds',
  taken: Set<Point>,
  random: RandomStream,
): Pick<HomeGround, 'home' | 'beyond'> {
  const { county } = office;
  const [low, high] = EDGE_HOME_M[role];
  const insideM = random.between(low, high);
  const outsideM = role === 'opener' ? random.between(450, 700) : random.logBetween(400, 1400);
  const near = county.crossings.toSorted(
    (a, b) => distanceM(a.at, office.centre) - distanceM(b.at, office.centre),
  );
  for (const free of [true, false]) {
    for (const { at, outwardsDeg } of near) {
      if (free && taken.has(at)) continue;
      const home = moved(at, outwardsDeg + 180, insideM);
      if (!isWellInside(county, home, low * 0.9)) continue;
      taken.add(at);
      return {
        home: { ...home, node: -1 },
        beyond: { point: moved(at, outwardsDeg, outsideM), insideM, outsideM },
      };
    }
  }
  throw new Error(`${county.code} has no edge to cross`);
}

function placeNear(
  county: County,
  roads: Roads,
  centre: Point,
  marginM: number,
  random: RandomStream,
): Place {
  for (let tries = 0; tries < 80; tries++) {
    const spreadM = 900 + tries * 60;
    const point = { x: centre.x + random.gaussian() * spreadM, y: centre.y + random.gaussian() * spreadM };
    if (!isWellInside(county, point, marginM)) continue;
    const node = nearestNode(county, roads, point);
    if (node !== undefined) return { ...point, node };
  }
  const node = roads.nodes.findIndex((point) => isWellInside(county, point, marginM));
  const point = roads.nodes[node];
  if (point === undefined)
    throw new Error(`${county.code} is too narrow for a home ${marginM} m from its edge`);
  return { ...point, node };
}

/** Beside a road, about as far as people go to work: more near than far. */
function placeAway(county: County, roads: Roads, home: Place, random: RandomStream, mostM = 12_000): Place {
  const wantedM = random.logBetween(700, mostM);
  const node = Array.from({ length: 12 }, () => Math.floor(random.next() * roads.nodes.length)).reduce(
    (best, i) => (missM(roads, home, i, wantedM) < missM(roads, home, best, wantedM) ? i : best),
  );
  const at = roads.nodes[node] ?? home;
  const beside = moved(at, random.between(0, 360), random.between(10, 120));
  return isLineInside(county, at, beside, 120) ? { ...beside, node } : { x: at.x, y: at.y, node };
}

function missM(roads: Roads, home: Point, node: number, wantedM: number): number {
  return Math.abs(distanceM(roads.nodes[node] ?? home, home) - wantedM);
}

function exclusionNear(
  county: County,
  home: Point,
  random: RandomStream,
): { centre: Point; radiusM: number } {
  for (;;) {
    const centre = moved(home, random.between(0, 360), random.between(420, 900));
    const radiusM = Math.round(random.between(80, 150));
    // A home 1,200 m inside leaves 300 m at the least around any such place.
    if (isWellInside(county, centre, radiusM)) return { centre, radiusM };
  }
}

function exclusionOffTheWay(
  county: County,
  roads: Roads,
  home: Place,
  places: readonly (Place | null)[],
  random: RandomStream,
): { centre: Point; radiusM: number } | null {
  const ways = places.flatMap((place) =>
    place === null ? [] : [route(roads, home, home.node, place, place.node).points],
  );
  for (let tries = 0; tries < 30; tries++) {
    const centre = moved(home, random.between(0, 360), random.between(1500, 4000));
    if (!isWellInside(county, centre, 300)) continue;
    if (ways.every((way) => distanceToLineM(way, centre) > 900))
      return { centre, radiusM: Math.round(random.between(80, 200)) };
  }
  return null;
}

/** Whole numbers in the proportion of `shares`, which sum to one, with sum `total` (largest remainder). */
export function apportion(shares: readonly number[], total: number): number[] {
  const counts = shares.map((share) => Math.floor(share * total));
  const byRemainder = shares
    .map((share, i) => ({ i, rest: share * total - Math.floor(share * total) }))
    .sort((a, b) => b.rest - a.rest);
  for (const { i } of byRemainder.slice(0, total - sum(counts))) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
}

function areaOf(county: County): number {
  return Math.abs(
    sum(
      county.rings.map((ring) =>
        sum(
          ring.map((a, i) => {
            const b = ring[(i + 1) % ring.length] ?? a;
            return (a.x * b.y - b.x * a.y) / 2;
          }),
        ),
      ),
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
