import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const rule = (selector: string) => css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
const themes: Record<string, string> = { light: rule(':root'), dark: rule(':root[data-theme="dark"]') };

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ['panel', 'raised', 'choice-wash', 'flash'];
const texts = ['ink', 'soft'];
const pairs = [
  ...grounds.flatMap((ground) => texts.map((text) => [text, ground])),
  ...['critical', 'high', 'medium', 'low'].map((name) => [`${name}-text`, 'panel']),
  ...['critical', 'high', 'medium', 'low'].map((name) => [`${name}-ink`, name]),
  ['ink', 'ground'],
  ['bar-ink', 'bar'],
  ['bar-soft', 'bar'],
  ['choice-ink', 'choice'],
  ['warn-ink', 'warn'],
];

describe.each(Object.keys(themes))('P9 text can be read, %s', (theme) => {
  // A row flashes for a moment only, which a look by axe at the page meets by chance.
  test.each(pairs)('%s on %s has a contrast of 4.5 at least', (text, ground) => {
    const value = (name = '') => themes[theme]?.match(new RegExp(`--${name}: (#[0-9a-f]{6});`))?.[1];
    expect(contrast(value(text) ?? '', value(ground) ?? '')).toBeGreaterThanOrEqual(4.5);
  });
});
