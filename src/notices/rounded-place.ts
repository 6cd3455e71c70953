/** A position as it may leave the house: to 100 m. Pure. The only way to a `RoundedPlace`. */
declare const rounded: unique symbol;
export interface RoundedPlace {
  /** `23.520, 116.350` */
  readonly text: string;
  readonly [rounded]: true;
}

/** WGS-84 degrees; the third decimal is about 100 m. */
export function roundPlace(lat: number, lon: number): RoundedPlace {
  return { text: `${lat.toFixed(3)}, ${lon.toFixed(3)}` } as RoundedPlace;
}
