/** The parts of an alert's sentence, so that its figures can stand out. Pure. */
export interface SentencePart {
  readonly words: string;
  readonly isFigure: boolean;
  /** How far: what the alert is about. */
  readonly isDistance: boolean;
}

/** Times, distances and shares, with their units; not the digits inside of an id. */
const FIGURE =
  /((?<![\w-])(?:(?:\d{4}-)?\d{2}-\d{2} )?\d{2}:\d{2}(?::\d{2})?|(?<![\w-])\d+(?:\.\d+)?(?:\s?(?:km|m|%|min|h)(?![A-Za-z])|\s?(?:公里|米|分钟|小时)|(?![\w-])))/;

/** Figures stand out, and the zone's name does: they are what the sentence is read for. */
export function sentenceParts(sentence: string, zoneName: string | null): SentencePart[] {
  const pieces = zoneName === null || zoneName === '' ? [sentence] : sentence.split(zoneName);
  return pieces
    .flatMap((piece, i) => [
      ...(i === 0 ? [] : [{ words: zoneName ?? '', isFigure: true, isDistance: false }]),
      ...piece.split(FIGURE).map((words, j) => ({
        words,
        isFigure: j % 2 === 1,
        isDistance: j % 2 === 1 && /(?:m|米|公里)$/.test(words),
      })),
    ])
    .filter(({ words }) => words !== '');
}
