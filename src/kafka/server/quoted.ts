/** What a client sent, for an answer's text: in quotes, and cut, as old versions have no room for messages above 32 KiB. */
export function quoted(text: string): string {
  return text.length > 200 ? `'${text.slice(0, 200)}…'` : `'${text}'`
}
