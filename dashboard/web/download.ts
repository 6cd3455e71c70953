/** Gives the browser a file that the page has made or fetched. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun with the click; the address is needed no longer than until then.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
