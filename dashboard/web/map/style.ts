/** The map's style: the base map's own files, no glyphs; tiles from elsewhere only where they are configured. Grey is normal. */
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Tiles } from '../api/session.ts';
import type { Palette } from './marks.ts';

export type Theme = 'light' | 'dark';

const BASE = [
  'provinces',
  'guangdong',
  'guangdong-cities',
  'neighbour-counties',
  'jieyang-counties',
  'boundary-lines',
  'labels',
];
export const FONTS = '"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif';

const COLOURS = {
  light: {
    sea: '#d5dadd',
    land: '#dfe3e6',
    own: '#f1f3f4',
    line: '#9aa5ae',
    faint: '#c8cfd5',
    label: '#66727c',
    halo: '#f1f3f4',
    choice: '#1c5d9c',
    act: '#c4162a',
  },
  dark: {
    sea: '#12181e',
    land: '#182027',
    own: '#222c35',
    line: '#55626f',
    faint: '#2c3742',
    label: '#94a1ad',
    halo: '#222c35',
    choice: '#5aa2e0',
    act: '#f0525f',
  },
} as const;

export const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: {
    mark: '#7b8893',
    paper: '#fafbfb',
    ink: '#3f4c57',
    severity: { critical: '#c4162a', high: '#d9740b', medium: '#b99700', low: '#5f7f9c' },
  },
  dark: {
    mark: '#a9b6c1',
    paper: '#1a232b',
    ink: '#dbe2e8',
    severity: { critical: '#f0525f', high: '#ee9a3d', medium: '#d3b52c', low: '#86a6c2' },
  },
};

/** Of known dead ground, which binds nobody: the grey of what is written on the map. */
export const deadColour = (theme: Theme): `#${string}` => COLOURS[theme].label;
/** Of what is chosen or drawn. */
export const choiceColour = (theme: Theme): `#${string}` => COLOURS[theme].choice;

export function mapStyle(theme: Theme, tiles: Tiles | null): StyleSpecification {
  const colour = COLOURS[theme];
  const empty = { type: 'FeatureCollection' as const, features: [] };
  return {
    version: 8,
    sources: {
      ...Object.fromEntries(BASE.map((name) => [name, { type: 'geojson', data: `/map/${name}.geojson` }])),
      ...tileSources(tiles),
      // Those who are heard and in bounds are many, and nobody need act: far away they are gathered. All else keeps its own mark.
      calm: { type: 'geojson', data: empty, cluster: true, clusterRadius: 34, clusterMaxZoom: 9 },
      subjects: { type: 'geojson', data: empty },
      selection: { type: 'geojson', data: empty },
      'dead-ground': { type: 'geojson', data: empty },
    },
    layers: [
      ...baseLayers(colour, tileLayers(theme, tiles)),
      ...deadGroundLayers(colour),
      errors('calm', colour),
      errors('subjects', colour),
      ...selectionLayers(colour),
      calm(PALETTES[theme]),
      SUBJECTS,
      labels(colour),
      CLUSTERS,
      ALERTS,
    ],
  };
}

type Colours = (typeof COLOURS)[Theme];

const TILE_PX = 256;

function tileSources(tiles: Tiles | null): StyleSpecification['sources'] {
  const { urls = [], attribution = null, maxZoom = 0 } = tiles ?? {};
  return Object.fromEntries(
    urls.map((url, i) => [
      `tiles-${i}`,
      {
        type: 'raster',
        tiles: [url],
        tileSize: TILE_PX,
        maxzoom: maxZoom,
        // MapLibre takes it for HTML, which a setting is not.
        ...(attribution === null ? {} : { attribution: attribution.replace(/[&<>"]/g, escaped) }),
      },
    ]),
  );
}
const escaped = (letter: string) => `&#${letter.charCodeAt(0)};`;

/** Paler than they come, and at night darker: colour is for what has to be looked at. */
function tileLayers(theme: Theme, tiles: Tiles | null): LayerSpecification[] {
  return (tiles?.urls ?? []).map((_, i) => ({
    id: `tiles-${i}`,
    type: 'raster',
    source: `tiles-${i}`,
    paint: {
      'raster-saturation': -0.6,
      'raster-fade-duration': 0,
      ...(theme === 'dark' ? { 'raster-brightness-max': 0.5 } : {}),
    },
  }));
}

/** `tiles`: on the land, which stands where one has not come, and below the lines of the own counties. */
function baseLayers(colour: Colours, tiles: readonly LayerSpecification[]): LayerSpecification[] {
  const outline = (id: string, source: string, lineColour: string, width: number): LayerSpecification => ({
    id,
    type: 'line',
    source,
    paint: { 'line-color': lineColour, 'line-width': width },
    layout: { 'line-join': 'round' },
  });
  // Each has a line of its own or none: smoothing the edge as well would be one more pass for each tile.
  const land = (id: string, source: string, fillColour: string): LayerSpecification => ({
    id,
    type: 'fill',
    source,
    paint: { 'fill-color': fillColour, 'fill-antialias': false },
  });
  return [
    { id: 'sea', type: 'background', paint: { 'background-color': colour.sea } },
    land('provinces', 'provinces', colour.land),
    { ...land('guangdong', 'guangdong', colour.land), minzoom: 7 },
    outline('neighbours', 'neighbour-counties', colour.faint, 0.8),
    outline('cities', 'guangdong-cities', colour.faint, 1.2),
    land('own', 'jieyang-counties', colour.own),
    ...tiles,
    outline('own-line', 'jieyang-counties', colour.line, 1.2),
    outline('boundary', 'boundary-lines', colour.line, 1),
  ];
}

export const HATCH = 'hatch';
/** Hatched and dashed in grey, below all that stands on the map: what binds is drawn in the colour of what is chosen, with a whole line. */
function deadGroundLayers(colour: Colours): LayerSpecification[] {
  const source = 'dead-ground';
  return [
    { id: 'dead-ground', type: 'fill', source, paint: { 'fill-pattern': HATCH } },
    {
      id: 'dead-ground-line',
      type: 'line',
      source,
      paint: { 'line-color': colour.label, 'line-width': 1.2, 'line-dasharray': [2, 2] },
    },
  ];
}

function selectionLayers(colour: Colours): LayerSpecification[] {
  const source = 'selection';
  return [
    {
      id: 'selection-zone',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'zone'],
      paint: { 'line-color': colour.choice, 'line-width': 2 },
    },
    {
      id: 'selection-area',
      type: 'fill',
      source,
      // An outline alone is a line, and a fill of one is a wedge of nothing.
      filter: ['all', ['==', ['get', 'role'], 'zone'], ['==', ['geometry-type'], 'Polygon']],
      paint: { 'fill-color': colour.choice, 'fill-opacity': 0.1 },
    },
    {
      // As wide as it is on the ground, at every zoom.
      id: 'selection-corridor',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'corridor'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colour.choice,
        'line-opacity': 0.2,
        'line-width': [
          'interpolate',
          ['exponential', 2],
          ['zoom'],
          0,
          ['get', 'widthPx'],
          22,
          ['*', ['get', 'widthPx'], 2 ** 22],
        ],
      },
    },
    {
      id: 'selection-error',
      type: 'fill',
      source,
      filter: ['==', ['get', 'role'], 'error'],
      paint: { 'fill-color': colour.choice, 'fill-opacity': 0.14 },
    },
    {
      id: 'selection-error-line',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'error'],
      paint: { 'line-color': colour.choice, 'line-width': 1.2, 'line-dasharray': [3, 2] },
    },
    {
      id: 'selection-edge',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'edge'],
      paint: { 'line-color': colour.choice, 'line-width': 1.5, 'line-dasharray': [1.5, 1.5] },
    },
    {
      id: 'selection-since',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'since'],
      paint: { 'line-color': colour.label, 'line-width': 1.2 },
    },
    {
      id: 'selection-way',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'way'],
      paint: { 'line-color': colour.choice, 'line-width': 2 },
    },
    {
      id: 'selection-track',
      type: 'line',
      source,
      filter: ['==', ['get', 'role'], 'track'],
      paint: { 'line-color': colour.choice, 'line-width': 1.5, 'line-opacity': 0.6 },
    },
    {
      id: 'selection-fixes',
      type: 'circle',
      source,
      filter: ['==', ['get', 'role'], 'fix'],
      paint: {
        'circle-color': colour.choice,
        'circle-radius': 4,
        'circle-stroke-color': colour.own,
        'circle-stroke-width': 1.5,
      },
    },
    {
      id: 'selection-place',
      type: 'circle',
      source,
      filter: ['==', ['get', 'role'], 'place'],
      paint: {
        'circle-color': 'rgba(0,0,0,0)',
        'circle-radius': 11,
        'circle-stroke-color': colour.choice,
        'circle-stroke-width': 2,
      },
    },
  ];
}

/**
 * Above the dots, or a town full of people would have no name; below the alerts. A name steps aside for the number of a gathering: what lies
 * above is placed first.
 */
function labels(colour: Colours): LayerSpecification {
  return {
    id: 'labels',
    type: 'symbol',
    source: 'labels',
    filter: ['any', ['==', ['get', 'level'], 'county'], ['<', ['zoom'], 8]],
    layout: {
      'text-field': ['get', 'name'],
      'text-size': ['interpolate', ['linear'], ['zoom'], 7, 12, 10, 16],
      'text-letter-spacing': 0.15,
      'symbol-sort-key': ['get', 'rank'],
      'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'],
      'text-radial-offset': 1.25,
      'text-justify': 'auto',
    },
    paint: { 'text-color': colour.label, 'text-halo-color': colour.halo, 'text-halo-width': 1.5 },
  };
}

/** The error of each position to scale, near enough that a circle is larger than its mark. */
function errors(source: string, colour: Colours): LayerSpecification {
  const atZoom = (zoom: number): ['*', ['get', string], number] => ['*', ['get', 'error0'], 2 ** zoom];
  return {
    id: `${source}-errors`,
    type: 'circle',
    source,
    minzoom: 13,
    filter: ['has', 'error0'],
    paint: {
      'circle-radius': ['interpolate', ['exponential', 2], ['zoom'], 13, atZoom(13), 20, atZoom(20)],
      'circle-color': 'rgba(0,0,0,0)',
      'circle-stroke-color': colour.line,
      'circle-stroke-width': 1,
      'circle-stroke-opacity': 0.6,
      'circle-pitch-alignment': 'map',
    },
  };
}

/** Few, and all shown; they take their place, so that no name is written over a number. */
const CLUSTERS: LayerSpecification = {
  id: 'clusters',
  type: 'symbol',
  source: 'calm',
  filter: ['has', 'point_count'],
  layout: {
    'icon-image': ['concat', 'cluster-', ['get', 'point_count_abbreviated']],
    'icon-size': 1,
    'icon-allow-overlap': true,
  },
};

/**
 * As circles, not as images of circles: each image is placed anew with every frame that the map moves by, which for twenty thousand
 * took 20 to 80 ms of script; a circle is not placed at all.
 */
function calm({ mark, paper }: Palette): LayerSpecification {
  const by = (
    at8: number,
    at14: number,
  ): ['interpolate', ['linear'], ['zoom'], number, number, number, number] => [
    'interpolate',
    ['linear'],
    ['zoom'],
    8,
    at8,
    14,
    at14,
  ];
  return {
    id: 'calm',
    type: 'circle',
    source: 'calm',
    filter: ['!', ['has', 'point_count']],
    paint: {
      'circle-color': mark,
      'circle-radius': by(2.6, 5.2),
      'circle-opacity': ['get', 'opacity'],
      // A rim of paper keeps neighbours apart where people stand close together.
      'circle-stroke-color': paper,
      'circle-stroke-width': by(0.45, 0.9),
      'circle-stroke-opacity': ['get', 'opacity'],
    },
  };
}

function subjectLayer(
  id: string,
  source: 'subjects',
  filter: FilterSpecification,
  sizes: readonly [number, number],
): LayerSpecification {
  return {
    id,
    type: 'symbol',
    source,
    filter,
    layout: {
      'icon-image': ['get', 'image'],
      'icon-size': ['interpolate', ['linear'], ['zoom'], 8, sizes[0], 14, sizes[1]],
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
      'symbol-sort-key': ['get', 'rank'],
    },
    paint: { 'icon-opacity': ['get', 'opacity'] },
  };
}
const SUBJECTS = subjectLayer('subjects', 'subjects', ['==', ['get', 'rank'], 0], [0.8, 1.3]);
const ALERTS = subjectLayer('alerts', 'subjects', ['>', ['get', 'rank'], 0], [1.15, 1.6]);
