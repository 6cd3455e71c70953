/** What this browser remembers of a desk's choices. A browser that allows no storage forgets them, and nothing else. */
export function remembered(what: string): string | null {
  try {
    return localStorage.getItem(`wardline.${what}`);
  } catch {
    return null;
  }
}

export function remember(what: string, value: string): void {
  try {
    localStorage.setItem(`wardline.${what}`, value);
  } catch {
    // Not allowed here: the choice holds until the page is left.
  }
}
