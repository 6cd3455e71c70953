/** Text for terminals: GBK. The platform can only decode it, so the table is made from that, once, when the first text is sent. */
let table: ReadonlyMap<string, number> | undefined;

/** Undefined when some character has no GBK code. */
export function toGbk(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code < 0x80) {
      bytes.push(code);
      continue;
    }
    table ??= makeTable();
    const pair = table.get(character);
    if (pair === undefined) return undefined;
    bytes.push(pair >> 8, pair & 0xff);
  }
  return bytes;
}

function makeTable(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder('gbk');
  const pairs = new Map<string, number>();
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      const character = decoder.decode(Uint8Array.of(lead, trail));
      // A pair without a meaning becomes two characters, or the one that stands for none.
      if ([...character].length === 1 && character !== '\ufffd' && !pairs.has(character))
        pairs.set(character, (lead << 8) | trail);
    }
  }
  return pairs;
}
