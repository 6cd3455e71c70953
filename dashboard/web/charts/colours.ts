/** The page's own colours, as they are now, light or dark. */
export interface Colours {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly raised: string;
  readonly choice: string;
  readonly high: string;
}

export function currentColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('ink'),
    soft: of('soft'),
    line: of('line'),
    raised: of('raised'),
    choice: of('choice'),
    high: of('high'),
  };
}
