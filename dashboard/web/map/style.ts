/** The map's style: the base map's own files, no glyphs and no tiles from elsewhere. Grey is normal. */
import type { StyleSpecification } from 'maplibre-gl';

const SOURCES = [
  'provinces',
  'guangdong',
  'guangdong-cities',
  'neighbour-counties',
  'jieyang-counties',
  'boundary-lines',
  'labels',
];
const EMPTY = { type: 'FeatureCollection' as const, features: [] };
const FONT = ['Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];

export function mapStyle(isDark: boolean): StyleSpecification {
  const colour = isDark
    ? {
        sea: '#1b222a',
        land: '#222b34',
        city: '#27313b',
        own: '#2f3a45',
        line: '#55626f',
        faint: '#3a4550',
        label: '#aeb9c4',
        halo: '#222b34',
        act: '#ff5a66',
        ink: '#c3ccd5',
      }
    : {
        sea: '#dde1e4',
        land: '#e6e9eb',
        city: '#e9ecee',
        own: '#f4f6f7',
        line: '#a3adb6',
        faint: '#cbd2d8',
        label: '#6b7780',
        halo: '#f4f6f7',
        act: '#c4162a',
        ink: '#48545f',
      };
  return {
    version: 8,
    sources: {
      ...Object.fromEntries(
        SOURCES.map((name) => [name, { type: 'geojson' as const, data: `/map/${name}.geojson` }]),
      ),
      subjects: { type: 'geojson', data: EMPTY },
      evidence: { type: 'geojson', data: EMPTY },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': colour.sea } },
      { id: 'provinces', type: 'fill', source: 'provinces', paint: { 'fill-color': colour.land } },
      { id: 'guangdong', type: 'fill', source: 'guangdong', paint: { 'fill-color': colour.city } },
      {
        id: 'neighbours',
        type: 'line',
        source: 'neighbour-counties',
        minzoom: 7,
        paint: { 'line-color': colour.faint, 'line-width': 1 },
      },
      {
        id: 'cities',
        type: 'line',
        source: 'guangdong-cities',
        paint: { 'line-color': colour.faint, 'line-width': 1 },
      },
      {
        id: 'boundary',
        type: 'line',
        source: 'boundary-lines',
        paint: { 'line-color': colour.line, 'line-width': 1 },
      },
      { id: 'own', type: 'fill', source: 'jieyang-counties', paint: { 'fill-color': colour.own } },
      {
        id: 'own-line',
        type: 'line',
        source: 'jieyang-counties',
        paint: { 'line-color': colour.line, 'line-width': 1.2 },
      },
      {
        id: 'labels',
        type: 'symbol',
        source: 'labels',
        filter: ['any', ['==', ['get', 'level'], 'county'], ['<', ['zoom'], 8]],
        layout: {
          'text-field': ['get', 'name'],
          'text-font': FONT,
          'text-size': 13,
          'text-letter-spacing': 0.1,
          'symbol-sort-key': ['get', 'rank'],
        },
        paint: { 'text-color': colour.label, 'text-halo-color': colour.halo, 'text-halo-width': 1.5 },
      },
      {
        id: 'error-circle',
        type: 'fill',
        source: 'evidence',
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'fill-color': colour.act, 'fill-opacity': 0.12, 'fill-outline-color': colour.act },
      },
      {
        id: 'track',
        type: 'line',
        source: 'evidence',
        filter: ['==', ['geometry-type'], 'LineString'],
        paint: { 'line-color': colour.act, 'line-width': 2 },
      },
      {
        id: 'fixes',
        type: 'circle',
        source: 'evidence',
        filter: ['==', ['geometry-type'], 'Point'],
        paint: { 'circle-color': colour.act, 'circle-radius': 3.5 },
      },
      {
        id: 'subjects',
        type: 'symbol',
        source: 'subjects',
        layout: {
          'icon-image': ['concat', isDark ? 'dark-' : 'light-', ['get', 'status']],
          'icon-size': [
            'interpolate',
            ['linear'],
            ['zoom'],
            7,
            ['match', ['get', 'status'], 'alert', 0.62, 0.3],
            13,
            ['match', ['get', 'status'], 'alert', 0.9, 0.6],
          ],
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'symbol-sort-key': ['get', 'rank'],
        },
        paint: { 'icon-opacity': ['get', 'opacity'] },
      },
    ],
  };
}

export const PALETTES = {
  light: { ink: '#7d8a96', paper: '#f7f9fa', act: '#c4162a' },
  dark: { ink: '#93a1ae', paper: '#222b34', act: '#ff5a66' },
} as const;
