/** The keys of the board. Chinese input methods take the letter away and leave the place of the key: both are looked at. */
export interface BoardKeys {
  next(): void;
  previous(): void;
  part(): void;
  acknowledge(): void;
  locate(): void;
  call(): void;
  dispatch(): void;
  shelve(): void;
  resolve(): void;
  merge(): void;
  pack(): void;
  split(): void;
  review(): void;
  close(): void;
  sendBack(): void;
  approve(pressedMs: number): void;
  track(): void;
  evidence(): void;
  card(): void;
  person(): void;
  timeline(): void;
  find(): void;
  help(): void;
  escape(): void;
}

const BY_KEY: Readonly<Record<string, keyof BoardKeys>> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  p: 'part',
  ArrowUp: 'previous',
  a: 'acknowledge',
  l: 'locate',
  c: 'call',
  d: 'dispatch',
  s: 'shelve',
  r: 'resolve',
  m: 'merge',
  e: 'pack',
  u: 'split',
  v: 'review',
  x: 'close',
  b: 'sendBack',
  y: 'approve',
  t: 'track',
  1: 'evidence',
  2: 'card',
  3: 'person',
  4: 'timeline',
  '/': 'find',
  '?': 'help',
  '？': 'help',
  Escape: 'escape',
};
const BY_CODE: Readonly<Record<string, keyof BoardKeys>> = {
  KeyJ: 'next',
  KeyK: 'previous',
  KeyP: 'part',
  KeyA: 'acknowledge',
  KeyL: 'locate',
  KeyC: 'call',
  KeyD: 'dispatch',
  KeyS: 'shelve',
  KeyR: 'resolve',
  KeyM: 'merge',
  KeyE: 'pack',
  KeyU: 'split',
  KeyV: 'review',
  KeyX: 'close',
  KeyB: 'sendBack',
  KeyY: 'approve',
  KeyT: 'track',
  Slash: 'find',
};

/** Those that write about the alert in hand at once: they are for what was seen. The others open something, or move. */
export const WRITES: ReadonlySet<keyof BoardKeys> = new Set([
  'acknowledge',
  'locate',
  'pack',
  'split',
  'review',
  'close',
  'approve',
  'track',
]);

/**
 * Undefined: not one of ours, or meant for the field that is being typed in. While a form is open only Escape is a command, wherever
 * the focus is: half a word beside the field must not send an office out.
 */
export function commandOf(event: KeyboardEvent, isFormOpen: boolean): keyof BoardKeys | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) {
    const isMoving = event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey;
    const command = BY_KEY[event.key];
    if (!isMoving || (command !== 'next' && command !== 'previous')) return undefined;
  }
  const { target } = event;
  const isTyping =
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (isTyping || isFormOpen) return key === 'Escape' ? 'escape' : undefined;
  return BY_KEY[key] ?? (key === 'Process' ? BY_CODE[event.code] : undefined);
}
