/** MapLibre behind the few things that the board asks of a map. Its worker is a file of our own: the page's policy allows no blob. */
import type { FeatureCollection, Position } from 'geojson';
import { type GeoJSONSource, Map as MapView, Marker, Popup, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import './maplibre.css';
import { tiles } from '../session.ts';
import type { SubjectFeature } from './features.ts';
import type { Bounds } from './geometry.ts';
import { drawCluster, drawHatch, drawMarks, PIXEL_RATIO } from './marks.ts';
import { pageScale, scaledStyle } from './scale.ts';
import { deadColour, FONTS, HATCH, mapStyle, PALETTES, type Theme } from './style.ts';

/** By the index of the card; null: nowhere. */
export type Subjects = readonly (SubjectFeature | null)[];

export interface BoardMap {
  /** For what draws on it by itself (`zone-drawing.ts`). */
  readonly view: MapView;
  setTheme(theme: Theme): void;
  /** Hands on what is another object than it was at the last call. */
  drawSubjects(features: Subjects): void;
  /** How long the last drawing of the subjects took until all of it was on the screen. */
  drawingTookMs(): number;
  drawSelection(features: FeatureCollection): void;
  /** Areas that are known to have no signal. */
  drawDeadGround(features: FeatureCollection): void;
  /** A label above a place; its first child is kept within the map. Undefined takes it away. */
  label(at: Position | undefined, element: HTMLElement): void;
  /** Undefined: the whole map. */
  show(bounds: Bounds | undefined): void;
  zoomBy(levels: number): void;
  resize(): void;
  remove(): void;
}

export interface BoardMapEvents {
  /** Index of the subject's card. */
  click(index: number): void;
  /** What is under the pointer in words; null: nothing to say. */
  hover(index: number): string | null;
}

/** The counties of the base map that is shipped. */
const WHOLE: Bounds = { west: 115.58, south: 22.88, east: 116.63, north: 23.79 };
const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };
/** Evidence can be within metres: closer than this there is nothing around it to know the place by. */
const CLOSEST_ZOOM = 13.5;
/** Drawing that takes so long is done without a graphics card. */
const SLOW_MS = 300;
const LABEL_MARGIN = 8;
/** A pointer that misses by so much has hit. */
const NEAR_PX = 6;
const SMALL_PX = 300;
/** From here on everybody has a mark of their own (style.ts, `calm`). */
const CLUSTERED_BELOW_ZOOM = 10.2;

setWorkerUrl(workerUrl);

/** Those who are heard and in bounds are many and alike: they have a source of their own, which gathers them (style.ts). */
const sourceOf = ({ properties }: SubjectFeature) =>
  properties.rank === 0 && properties.image === 'heard' ? 'calm' : 'subjects';

function changesBetween(before: Subjects, after: Subjects) {
  const diffs = {
    calm: { remove: [] as number[], add: [] as SubjectFeature[] },
    subjects: { remove: [] as number[], add: [] as SubjectFeature[] },
  };
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    const [old, now] = [before[index] ?? null, after[index] ?? null];
    if (old === now) continue;
    if (old !== null) diffs[sourceOf(old)].remove.push(index);
    if (now !== null) diffs[sourceOf(now)].add.push(now);
  }
  return diffs;
}

const edges = ({ west, south, east, north }: Bounds): [number, number, number, number] => [
  west,
  south,
  east,
  north,
];
const isMotionReduced = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Throws where the browser refuses a WebGL2 context. */
export function createBoardMap(container: HTMLElement, theme: Theme, events: BoardMapEvents): BoardMap {
  let subjects: Subjects = [];
  /** What the map has of them. */
  let drawn: Subjects = [];
  let selection = EMPTY;
  let deadGround = EMPTY;
  let isLoaded = false;
  let marker: Marker | undefined;
  let current = theme;
  /** Of the page's letters, which a larger window and the wall have larger. */
  let scale = pageScale();
  let drawnAtMs: number | undefined;
  let tookMs = 0;
  /** Marked for whoever measures (tests/bench/page.ts). */
  let isFirstDrawn = false;
  const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12, className: 'tip' });
  const map = new MapView({
    container,
    style: scaledStyle(mapStyle(theme, tiles.value), scale),
    bounds: edges(WHOLE),
    fitBoundsOptions: { padding: 24 * scale },
    localIdeographFontFamily: FONTS,
    attributionControl: tiles.value === null ? false : { compact: false },
    maxZoom: 18,
    minZoom: 4,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    // The board has keys of its own.
    keyboard: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');

  const source = (name: string) => map.getSource<GeoJSONSource>(name);
  function putSubjects() {
    for (const [name, diff] of Object.entries(changesBetween(drawn, subjects))) {
      if (diff.add.length === 0 && diff.remove.length === 0) continue;
      drawnAtMs ??= performance.now();
      void source(name)?.updateData(diff);
    }
    drawn = subjects;
  }
  map.setMissingStyleImageResolver((id) => {
    const image = drawCluster(id, PALETTES[current]);
    if (image !== undefined && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: PIXEL_RATIO });
  });
  map.on('style.load', () => {
    for (const [name, image] of drawMarks(PALETTES[current]))
      if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: PIXEL_RATIO });
    if (!map.hasImage(HATCH))
      map.addImage(HATCH, drawHatch(deadColour(current)), { pixelRatio: PIXEL_RATIO });
    isLoaded = true;
    drawn = [];
    putSubjects();
    void source('selection')?.setData(selection);
    void source('dead-ground')?.setData(deadGround);
  });
  /** The line of a label stays on its place, its words stay in sight. */
  const keepInSight = () => {
    const words = marker?.getElement().firstElementChild;
    if (marker === undefined || !(words instanceof HTMLElement)) return;
    const { x } = map.project(marker.getLngLat());
    const half = words.offsetWidth / 2 + LABEL_MARGIN;
    const width = container.clientWidth;
    const isInSight = x >= 0 && x <= width;
    const shift = isInSight ? Math.max(half, Math.min(width - half, x)) - x : 0;
    words.style.transform = `translateX(${shift}px)`;
  };
  map.on('move', keepInSight);
  const restyle = () => {
    isLoaded = false;
    map.setStyle(scaledStyle(mapStyle(current, tiles.value), scale), { diff: false });
  };
  map.on('resize', () => {
    const now = pageScale();
    if (now === scale) return;
    scale = now;
    restyle();
  });
  map.on('idle', () => {
    if (drawnAtMs === undefined) return;
    tookMs = performance.now() - drawnAtMs;
    drawnAtMs = undefined;
    if (subjects.length > 0 && !isFirstDrawn) performance.mark('map.subjects-drawn');
    isFirstDrawn ||= subjects.length > 0;
  });
  for (const layer of ['alerts', 'subjects', 'calm']) {
    map.on('mousemove', layer, ({ features, lngLat }) => {
      const words = events.hover(Number(features?.[0]?.properties.index));
      map.getCanvas().style.cursor = 'pointer';
      if (words !== null) popup.setLngLat(lngLat).setText(words).addTo(map);
    });
    map.on('mouseleave', layer, () => {
      map.getCanvas().style.cursor = '';
      popup.remove();
    });
  }
  map.on('click', ({ point, lngLat }) => {
    const near = NEAR_PX * scale;
    const found = map.queryRenderedFeatures(
      [
        [point.x - near, point.y - near],
        [point.x + near, point.y + near],
      ],
      { layers: ['alerts', 'subjects', 'calm', 'clusters'] },
    )[0];
    if (found === undefined) return;
    if (found.properties.point_count === undefined) events.click(Number(found.properties.index));
    else map.easeTo({ center: lngLat, zoom: CLUSTERED_BELOW_ZOOM, duration: isMotionReduced() ? 0 : 400 });
  });

  return {
    view: map,
    setTheme(next) {
      if (next === current) return;
      current = next;
      restyle();
    },
    drawSubjects(features) {
      subjects = features;
      if (!isLoaded) return;
      putSubjects();
    },
    drawingTookMs: () => tookMs,
    drawSelection(features) {
      selection = features;
      if (isLoaded) void source('selection')?.setData(features);
    },
    drawDeadGround(features) {
      deadGround = features;
      if (isLoaded) void source('dead-ground')?.setData(features);
    },
    label(at, element) {
      marker?.remove();
      marker = undefined;
      const [lon, lat] = at ?? [];
      if (lon === undefined || lat === undefined) return;
      marker = new Marker({ element, anchor: 'bottom', offset: [0, -44 * scale] })
        .setLngLat([lon, lat])
        .addTo(map);
      keepInSight();
    },
    show(bounds) {
      popup.remove();
      map.fitBounds(edges(bounds ?? WHOLE), {
        // A small map has nothing over it that would have to be kept free, nor the room to.
        padding:
          bounds === undefined || container.clientHeight < SMALL_PX
            ? 24 * scale
            : { top: 150 * scale, bottom: 90 * scale, left: 110 * scale, right: 110 * scale },
        maxZoom: bounds === undefined ? 18 : CLOSEST_ZOOM,
        // A flight of three frames shows nothing of the way, and takes the keys with it.
        animate: !isMotionReduced() && tookMs < SLOW_MS,
        duration: 700,
      });
    },
    zoomBy(levels) {
      map.zoomTo(map.getZoom() + levels, { duration: isMotionReduced() ? 0 : 200 });
    },
    resize: () => void map.resize(),
    remove: () => map.remove(),
  };
}
