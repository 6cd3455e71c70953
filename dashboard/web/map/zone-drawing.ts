/** Drawing on the map, by terra-draw: three tools, and dragging what was drawn. One shape at a time. */
import type { Map as MapView } from 'maplibre-gl';
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawLineStringMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { Drawn, Tool } from '../zones/shape.ts';
import { choiceColour, deadColour, type Theme } from './style.ts';

export interface ZoneDrawing {
  /** What was drawn is gone; the next clicks draw. */
  begin(tool: Tool): void;
  /** Shows a shape whose corners can be dragged; null: none. */
  edit(drawn: Drawn | null): void;
  /** In grey, for what binds nobody, or in the colour of what is chosen. */
  paint(isDead: boolean): void;
  /** Before a change of the map's style, which takes all layers away; `resume` when it is loaded. */
  suspend(): void;
  resume(theme: Theme): void;
}

const MODES: Readonly<Record<Tool, string>> = { area: 'polygon', circle: 'circle', corridor: 'linestring' };
const TOOL_OF: Readonly<Record<string, Tool>> = { polygon: 'area', circle: 'circle', linestring: 'corridor' };
const SELECT = 'select';
const NO_KEYS = { deselect: null, delete: null, rotate: null, scale: null };
const corners = { draggable: true, midpoints: true, deletable: true };

/** `onDraw`: at each change; the last of a shape says that it is finished. Null: what was begun was given up. */
export function createZoneDrawing(
  view: MapView,
  theme: Theme,
  onDraw: (drawn: Drawn | null, isFinished: boolean) => void,
): ZoneDrawing {
  let kept: Drawn | null = null;
  let isPaused = false;
  let isDead = false;
  let isOurs = false;
  let lastSaid = '';
  let draw = start(theme);

  function start(theme: Theme): TerraDraw {
    const colour = () => (isDead ? deadColour(theme) : choiceColour(theme));
    const outline = { fillColor: colour, fillOpacity: 0.14, outlineColor: colour, outlineWidth: 2 } as const;
    const handles = {
      selectedPolygonColor: colour,
      selectedPolygonFillOpacity: 0.14,
      selectedPolygonOutlineColor: colour,
      selectedPolygonOutlineWidth: 2,
      selectedLineStringColor: colour,
      selectedLineStringWidth: 2,
      selectionPointColor: '#ffffff',
      selectionPointOutlineColor: colour,
      selectionPointOutlineWidth: 2,
      selectionPointWidth: 5,
      midPointColor: colour,
      midPointOutlineColor: colour,
      midPointWidth: 3,
    } as const;
    const started = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map: view, coordinatePrecision: 9 }),
      modes: [
        new TerraDrawPolygonMode({ styles: { ...outline, closingPointColor: colour } }),
        new TerraDrawCircleMode({ styles: outline }),
        new TerraDrawLineStringMode({
          styles: { lineStringColor: colour, lineStringWidth: 2, closingPointColor: colour },
        }),
        new TerraDrawSelectMode({
          allowManualDeselection: false,
          keyEvents: NO_KEYS,
          styles: handles,
          flags: {
            polygon: { feature: { draggable: true, selfIntersectable: true, coordinates: corners } },
            linestring: { feature: { draggable: true, coordinates: corners } },
            circle: { feature: { draggable: true, coordinates: { resizable: 'center' } } },
          },
        }),
      ],
    });
    started.on('change', () => {
      if (!isOurs) tell(started, false);
    });
    started.on('finish', (id) => {
      ours(() => started.getMode() !== SELECT && started.selectFeature(id));
      tell(started, true);
    });
    started.start();
    started.setMode(SELECT);
    return started;
  }

  /** What the page does itself is no drawing. */
  function ours(work: () => void) {
    isOurs = true;
    work();
    isOurs = false;
  }

  function tell(from: TerraDraw, isFinished: boolean) {
    const shape = from
      .getSnapshot()
      .find(({ geometry, properties }) => geometry.type !== 'Point' && TOOL_OF[String(properties.mode)]);
    const tool = TOOL_OF[String(shape?.properties.mode)];
    const { geometry } = shape ?? {};
    const isShape = geometry?.type === 'Polygon' || geometry?.type === 'LineString';
    const drawn = tool !== undefined && isShape ? { tool, geometry } : null;
    // The library also tells of what only looks different, as under the pointer.
    const isWhole = isFinished || from.getMode() === SELECT;
    const said = JSON.stringify([drawn, isWhole]);
    if (said === lastSaid) return;
    lastSaid = said;
    kept = drawn;
    onDraw(drawn, isWhole);
  }

  function show(drawn: Drawn | null) {
    kept = drawn;
    lastSaid = JSON.stringify([drawn, true]);
    ours(() => put(drawn));
  }

  function put(drawn: Drawn | null) {
    draw.setMode(SELECT);
    draw.clear();
    if (drawn === null) return;
    const id = draw.getFeatureId();
    const [added] = draw.addFeatures([
      { id, type: 'Feature', properties: { mode: MODES[drawn.tool] }, geometry: drawn.geometry },
    ]);
    if (added?.valid === true) draw.selectFeature(id);
  }

  return {
    begin(tool) {
      show(null);
      draw.setMode(MODES[tool]);
    },
    edit: show,
    paint(isSo) {
      if (isSo === isDead) return;
      isDead = isSo;
      if (!isPaused) show(kept);
    },
    suspend() {
      if (isPaused) return;
      isPaused = true;
      ours(() => draw.stop());
    },
    resume(next) {
      if (!isPaused) return;
      isPaused = false;
      const before = kept;
      draw = start(next);
      show(before);
    },
  };
}
