/** The three pictures that the page draws: a line over days, columns over names, hours against names. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Colours } from './colours.ts';

/** Text, not HTML: the page's policy lets no styles in by markup. */
const tooltip = { renderMode: 'richText', trigger: 'axis' } as const;
const GRID = { left: 8, right: 24, top: 16, bottom: 8, containLabel: true };
const PERCENT = 100;
/** Axes in per cent begin and end at one of these steps. */
const STEP = 5;

/** Named where there is more than one. */
const legendOf = (colours: Colours, series: readonly Series[]) =>
  series.length > 1
    ? {
        legend: { top: 0, right: 8, itemHeight: 8, textStyle: { color: colours.soft } },
        grid: { ...GRID, top: 32 },
      }
    : { grid: GRID };

const axisOf = (colours: Colours) => ({
  axisLine: { lineStyle: { color: colours.line } },
  axisTick: { show: false },
  axisLabel: { color: colours.soft },
  splitLine: { lineStyle: { color: colours.line } },
});
const inPercent = (value: number | null) => (value === null ? null : Math.round(value * 10_000) / 100);

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Shares from 0 to 1 in per cent; `target` is drawn as the line that should not be crossed. */
export function lineOf(
  colours: Colours,
  labels: readonly string[],
  series: readonly Series[],
  isShare: boolean,
  target: number | null = null,
): EChartsCoreOption {
  const shades = [colours.choice, colours.soft, colours.high];
  return {
    ...legendOf(colours, series),
    tooltip: {
      ...tooltip,
      valueFormatter: (value: unknown) => (value == null ? '—' : isShare ? `${value} %` : String(value)),
    },
    xAxis: { type: 'category', data: [...labels], boundaryGap: false, ...axisOf(colours) },
    yAxis: {
      type: 'value',
      scale: true,
      splitNumber: 4,
      ...(isShare
        ? {
            max: (range: { max: number }) =>
              Math.min(PERCENT, Math.ceil(Math.max(range.max, (target ?? 0) * PERCENT) / STEP) * STEP),
            min: (range: { min: number }) =>
              Math.floor(Math.min(range.min, (target ?? 1) * PERCENT) / STEP) * STEP,
          }
        : { min: 0 }),
      ...axisOf(colours),
      axisLabel: { color: colours.soft, formatter: isShare ? '{value} %' : '{value}' },
    },
    series: series.map(({ name, values }, i) => ({
      name,
      type: 'line',
      data: values.map((value) => (isShare ? inPercent(value) : value)),
      symbolSize: 5,
      lineStyle: { width: 2, color: shades[i % shades.length] },
      itemStyle: { color: shades[i % shades.length] },
      ...(i === 0 && target !== null
        ? {
            markLine: {
              silent: true,
              symbol: 'none',
              lineStyle: { color: colours.high, type: 'dashed' },
              label: {
                position: 'insideEndTop',
                color: colours.soft,
                formatter: `${Math.round(target * PERCENT)} %`,
              },
              data: [{ yAxis: target * PERCENT }],
            },
          }
        : {}),
    })),
  };
}

export function columnsOf(
  colours: Colours,
  labels: readonly string[],
  series: readonly Series[],
  isShare: boolean,
): EChartsCoreOption {
  const shades = [colours.choice, colours.soft, colours.high];
  return {
    ...legendOf(colours, series),
    tooltip,
    xAxis: {
      type: 'category',
      data: [...labels],
      ...axisOf(colours),
      axisLabel: { color: colours.soft, interval: 'auto', hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      ...axisOf(colours),
      axisLabel: { color: colours.soft, formatter: isShare ? '{value} %' : '{value}' },
    },
    series: series.map(({ name, values }, i) => ({
      name,
      type: 'bar',
      barMaxWidth: 28,
      data: values.map((value) => (isShare ? inPercent(value) : value)),
      itemStyle: { color: shades[i % shades.length] },
    })),
  };
}

/** `cells`: hour, row, count. More is darker; nothing is the ground. */
export function heatOf(
  colours: Colours,
  rows: readonly string[],
  cells: readonly (readonly [hour: number, row: number, count: number])[],
): EChartsCoreOption {
  return {
    grid: { ...GRID, top: 8 },
    tooltip: { renderMode: 'richText' },
    xAxis: {
      type: 'category',
      data: Array.from({ length: 24 }, (_, hour) => String(hour)),
      ...axisOf(colours),
      splitLine: { show: false },
    },
    yAxis: {
      type: 'category',
      data: [...rows],
      inverse: true,
      ...axisOf(colours),
      splitLine: { show: false },
    },
    visualMap: {
      show: false,
      min: 0,
      max: cells.reduce((most, [, , n]) => Math.max(most, n), 1),
      inRange: { color: [colours.raised, colours.choice] },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map((cell) => [...cell]),
        itemStyle: { borderColor: colours.line, borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: colours.ink } },
      },
    ],
  };
}
