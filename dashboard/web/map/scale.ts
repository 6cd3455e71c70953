/**
 * The map as large as the rest of the page: its pixels grow with the letters (styles/base.css). What is to scale on the ground stays. Done
 * once, when the style is made: no frame knows of it.
 */
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';

/** What of a layer is in pixels of the screen, or a multiple of an image's. */
const SIZES = [
  'line-width',
  'circle-radius',
  'circle-stroke-width',
  'text-size',
  'text-halo-width',
  'icon-size',
];
/** Their width is that of the ground. */
const ON_GROUND: Readonly<Record<string, string>> = {
  'selection-corridor': 'line-width',
  'calm-errors': 'circle-radius',
  'subjects-errors': 'circle-radius',
};

/** A number, or an interpolation by zoom between numbers. */
function times(value: unknown, scale: number): unknown {
  if (typeof value === 'number') return value * scale;
  if (!Array.isArray(value) || value[0] !== 'interpolate')
    throw new Error(`no size: ${JSON.stringify(value)}`);
  // ['interpolate', how, ['zoom'], zoom, size, zoom, size, …]
  return value.map((part, i) => (i > 3 && i % 2 === 0 ? times(part, scale) : part));
}

function scaledLayer(layer: LayerSpecification, scale: number): LayerSpecification {
  const scaled = (part: object | undefined) =>
    part === undefined
      ? {}
      : Object.fromEntries(
          Object.entries(part).map(([name, value]) => [
            name,
            SIZES.includes(name) && ON_GROUND[layer.id] !== name ? times(value, scale) : value,
          ]),
        );
  const { paint, layout } = layer as { paint?: object; layout?: object };
  return {
    ...layer,
    ...(paint === undefined ? {} : { paint: scaled(paint) }),
    ...(layout === undefined ? {} : { layout: scaled(layout) }),
  } as LayerSpecification;
}

/** `scale` 1: as it is. */
export function scaledStyle(style: StyleSpecification, scale: number): StyleSpecification {
  if (scale === 1) return style;
  const sources = Object.entries(style.sources).map(([name, source]) => [
    name,
    source.type === 'geojson' && source.clusterRadius !== undefined
      ? { ...source, clusterRadius: Math.round(source.clusterRadius * scale) }
      : source,
  ]);
  return {
    ...style,
    sources: Object.fromEntries(sources),
    layers: style.layers.map((layer) => scaledLayer(layer, scale)),
  };
}

/** Of the root, at which the style's sizes are drawn as they stand. */
const ROOT_PX = 16;
export const pageScale = (): number =>
  Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / ROOT_PX;
