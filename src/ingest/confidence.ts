/**
 * From an area that holds a phone with some confidence to the radius that holds it with 68 %, which is what the log's `accuracyM` means.
 * How errors lie in such an area the network does not say. Two laws are likely: they lie around its middle as in a bell (a fix by
 * timing), or evenly all over it (a cell). Of the two radii the larger is taken: too small a one accuses.
 */
const MEANT = 0.68;
/** 67 is 68 to whoever wrote it: both are "one sigma". */
const NEAR = 0.015;

/** `radiusM` of a circle around the place that covers the area; `confidencePct` 0 to 100, where 0 says that it is not known. */
export function radius68M(radiusM: number, confidencePct: number): number {
  const share = Math.min(confidencePct / 100, 0.999);
  if (share <= 0 || Math.abs(share - MEANT) < NEAR) return radiusM;
  const bell = Math.sqrt(Math.log(1 - MEANT) / Math.log(1 - share));
  const even = Math.sqrt(MEANT / share);
  return Math.round(radiusM * Math.max(bell, even) * 10) / 10;
}
