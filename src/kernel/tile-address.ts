/** Where map tiles are taken from: what an address must have, and which hosts draw elsewhere than they say. Pure. */

/** Layers from below, each with {z}, {x} and {y}. */
export type TileUrls = readonly string[];

/** They draw in GCJ-02 or BD-09: on their tiles everything would stand some hundred metres from where it is. */
const SHIFTED =
  /(^|\.)(autonavi\.com|amap\.com|gaode\.com|map\.qq\.com|map\.gtimg\.com|google\.cn|bdimg\.com|baidu\.com|bdstatic\.com)$/i;
const PLACEHOLDERS = ['{z}', '{x}', '{y}'];

/** Several are separated by blanks. Answers the value, or a text that says what would be right. */
export function readTileUrls(given: string): { value: TileUrls } | string {
  const urls = given.trim().split(/\s+/);
  for (const url of urls) {
    const fault = faultOf(url);
    if (fault !== undefined) return urls.length === 1 ? fault : `layer ${urls.indexOf(url) + 1} ${fault}`;
  }
  return { value: urls };
}

function faultOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return 'must be an http or https address with {z}, {x} and {y}';
  if (/[{}]/.test(parsed.host) || parsed.username !== '' || parsed.password !== '')
    return 'must name one host, without {…} and without a password in it';
  const missing = PLACEHOLDERS.filter((each) => !url.includes(each));
  if (missing.length > 0) return `must have ${missing.join(', ')} in it`;
  const unknown = url.match(/\{[^}]*\}/g)?.find((each) => !PLACEHOLDERS.includes(each));
  if (unknown !== undefined) return `knows no ${unknown}: only {z}, {x} and {y} are put in`;
  if (SHIFTED.test(parsed.hostname))
    return `${parsed.hostname} draws in GCJ-02 or BD-09, some hundred metres off; tiles must be WGS-84 (or CGCS2000, as Tianditu's) in Web Mercator`;
  if (/(^|\.)tianditu\./i.test(parsed.hostname) && /\/\w+_c\//.test(parsed.pathname))
    return 'is of degrees (…_c); tiles must be in Web Mercator: take …_w of Tianditu';
  return undefined;
}

/** For the page's content security policy. */
export const tileOrigins = (urls: TileUrls): string[] => [...new Set(urls.map((url) => new URL(url).origin))];
