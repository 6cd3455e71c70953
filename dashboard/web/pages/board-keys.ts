/** The keys of the board. Chinese input methods take the letter away and leave the place of the key: both are looked at. */
export interface BoardKeys {
  next(): void;
  previous(): void;
  acknowledge(): void;
  find(): void;
  help(): void;
  escape(): void;
}

const BY_KEY: Readonly<Record<string, keyof BoardKeys>> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  a: 'acknowledge',
  '/': 'find',
  '?': 'help',
  '？': 'help',
  Escape: 'escape',
};
const BY_CODE: Readonly<Record<string, keyof BoardKeys>> = {
  KeyJ: 'next',
  KeyK: 'previous',
  KeyA: 'acknowledge',
  Slash: 'find',
};

/** Undefined: not one of ours, or meant for the field that is being typed in. */
export function commandOf(event: KeyboardEvent): keyof BoardKeys | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) {
    const isMoving = event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isMoving || BY_KEY[event.key] === 'acknowledge') return undefined;
  }
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (isTyping) return key === 'Escape' ? 'escape' : undefined;
  return BY_KEY[key] ?? (key === 'Process' ? BY_CODE[event.code] : undefined);
}
