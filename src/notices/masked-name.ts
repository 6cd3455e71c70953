/**
 * Names as they may leave the house: the surname alone (王某某), or initials. Pure. The only way to a `MaskedName`: a text that is
 * one can't be had from a full name by mistake.
 */
declare const masked: unique symbol;
export type MaskedName = string & { readonly [masked]: true };

/** 复姓 that are still borne by more than a few thousand people; others lose a character more, which hides more. */
const COMPOUND =
  /^(欧阳|上官|司马|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|令狐|东方|独孤|南宫|长孙|宇文|轩辕|百里|呼延|端木)/u;
const MOST_HIDDEN = 2;

/** Of a minor nothing is left (Community Corrections Law, article 58). */
export function maskName(name: string, isMinor: boolean): MaskedName {
  return (isMinor ? '某某' : hide(name.trim())) as MaskedName;
}

function hide(name: string): string {
  if (/^\p{Script=Latin}/u.test(name))
    return name
      .split(/[\s\p{P}]+/u)
      .flatMap((part) => ([...part][0] === undefined ? [] : [`${[...part][0]?.toUpperCase()}.`]))
      .join(' ');
  const characters = [...name];
  const shown = COMPOUND.test(name) && characters.length > 2 ? 2 : 1;
  if (characters.length <= 1) return '某某';
  return characters.slice(0, shown).join('') + '某'.repeat(Math.min(MOST_HIDDEN, characters.length - shown));
}
