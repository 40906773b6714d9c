// Checking UTF-8 without making strings.
// Reference: The Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).

/** The position of the first byte that is not well-formed UTF-8 in bytes[from, to), or -1. O(n), allocates nothing. */
export function badUtf8At(bytes: Uint8Array, from: number, to: number): number {
  let i = from
  while (i < to) {
    const lead = bytes[i]!
    if (lead < 0x80) {
      i++
      continue
    }
    const size = sequenceSize(bytes, i, to)
    if (size === 0) return i
    i += size
  }
  return -1
}

/** Bytes of the well-formed sequence at `at` (2 to 4), or 0. */
function sequenceSize(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at]!
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  if (lead < 0xc2 || lead > 0xf4 || at + size > to) return 0
  const second = bytes[at + 1]!
  // The second byte's range depends on the first: no overlong forms, no surrogates, nothing above U+10FFFF.
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0
  return size
}
