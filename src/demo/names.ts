/** Names that nobody can take for real: the demo's people, offices and places. */

const DIGITS = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/** 1 → 测试人员〇〇〇一 */
export function subjectName(number: number): string {
  return `测试人员${digits(number)}`;
}

/** 21 → 榕城区 演示二十一所 */
export function officeName(countyName: string, number: number): string {
  return `${countyName} 演示${counting(number)}所`;
}

/** Alternately a school and a market. */
export function exclusionName(number: number): string {
  return `${number % 2 === 0 ? '演示学校' : '演示市场'}${digits(number)}`;
}

function digits(number: number): string {
  return [...String(number).padStart(4, '0')].map((digit) => DIGITS[Number(digit)]).join('');
}

/** 1–99 as one counts: 十, 十一, 二十一. */
function counting(number: number): string {
  const tens = Math.floor(number / 10);
  const ones = number % 10;
  return `${tens === 0 ? '' : tens === 1 ? '十' : `${DIGITS[tens]}十`}${ones === 0 ? '' : DIGITS[ones]}`;
}
