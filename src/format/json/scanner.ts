// Tokens of JSON text in bytes: nothing becomes a JavaScript string or number before somebody wants it, so 64-bit integers
// and decimals stay exact. Strict RFC 8259; strings must be well-formed UTF-8. Throws RecordDamage with the position.
import { RecordDamage } from '../damage.ts'
import { formatLimits } from '../limits.ts'
import { badUtf8At } from '../utf8.ts'

const quote = 34
const backslash = 92

export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  /** The last string or number: text[textFrom, textTo), escapes resolved. A view of `bytes` or of a scratch buffer. */
  text: Uint8Array = this.bytes
  textFrom = 0
  textTo = 0
  /** Whether the last token was a number. */
  isNumber = false
  #scratch = new Uint8Array(256)

  set(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes
    this.at = from
    this.end = to
  }

  fail(reason: string, position = this.at): never {
    throw new RecordDamage('MR-FORMAT-006', reason, position)
  }

  misfit(reason: string, position: number): never {
    throw new RecordDamage('MR-FORMAT-009', reason, position)
  }

  /** The next byte that is no white space, not stepped over; 0 at the end. */
  peek(): number {
    const { bytes, end } = this
    let { at } = this
    let byte = 0
    while (at < end) {
      byte = bytes[at]!
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break
      at++
    }
    this.at = at
    return at < end ? byte : 0
  }

  expect(byte: number): void {
    if (this.peek() !== byte)
      this.fail(this.at < this.end ? `'${String.fromCharCode(byte)}' is missing` : 'it ends early')
    this.at++
  }

  /** After the last value: only white space may follow. */
  finish(): void {
    if (this.peek() !== 0 || this.at < this.end) this.fail('something follows its end')
  }

  /** Steps over `null`, `true` or `false`. */
  literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.at + i >= this.end || this.bytes[this.at + i] !== word.charCodeAt(i)) this.fail('no JSON value')
    }
    this.at += word.length
  }

  /** A string: the cursor stands at its quote. Sets text. */
  string(): void {
    const { bytes, end } = this
    this.isNumber = false
    const start = this.at + 1
    let at = start
    let seen = 0
    for (;;) {
      if (at >= end) this.fail('a string does not end', this.at)
      const byte = bytes[at]!
      if (byte === quote || byte === backslash) break
      if (byte < 32) this.fail('a control character in a string', at)
      seen |= byte
      at++
    }
    if (bytes[at] === backslash) {
      this.#escaped(start, at)
      return
    }
    if (seen >= 128) this.#checkUtf8(start, at)
    this.text = bytes
    this.textFrom = start
    this.textTo = at
    this.at = at + 1
  }

  #checkUtf8(from: number, to: number): void {
    const bad = badUtf8At(this.bytes, from, to)
    if (bad >= 0) this.fail('a string is not UTF-8', bad)
  }

  /** The rest of a string that has escapes, into the scratch buffer. */
  #escaped(start: number, first: number): void {
    const { bytes, end } = this
    let at = first
    let from = start
    let size = 0
    for (;;) {
      if (at >= end) this.fail('a string does not end', start - 1)
      const byte = bytes[at]!
      if (byte === quote || byte === backslash) {
        this.#checkUtf8(from, at)
        // Six bytes of escape give at most three of UTF-8, two such at most four.
        if (size + (at - from) + 4 > this.#scratch.length) this.#grow(size + (at - from) + 4)
        this.#scratch.set(bytes.subarray(from, at), size)
        size += at - from
        if (byte === quote) break
        this.at = at
        size = this.#escape(size)
        at = this.at
        from = at
      } else {
        if (byte < 32) this.fail('a control character in a string', at)
        at++
      }
    }
    this.text = this.#scratch
    this.textFrom = 0
    this.textTo = size
    this.at = at + 1
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.#scratch.length * 2))
    grown.set(this.#scratch)
    this.#scratch = grown
  }

  /** One escape at `at`, written to the scratch buffer at `size`; the new size. */
  #escape(size: number): number {
    const letter = this.at + 1 < this.end ? this.bytes[this.at + 1]! : 0
    const plain = escapes[letter]!
    if (plain !== 0) {
      this.#scratch[size] = plain
      this.at += 2
      return size + 1
    }
    if (letter !== 117) this.fail('an unknown escape')
    let code = this.#hex(this.at + 2)
    const start = this.at
    this.at += 6
    if (code >= 0xd800 && code <= 0xdfff) {
      const follows = this.at + 1 < this.end && this.bytes[this.at] === backslash && this.bytes[this.at + 1] === 117
      const low = follows ? this.#hex(this.at + 2) : 0
      if (code >= 0xdc00 || low < 0xdc00 || low > 0xdfff) this.fail('half of a surrogate pair', start)
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      this.at += 6
    }
    return this.#encode(code, size)
  }

  #encode(code: number, size: number): number {
    const out = this.#scratch
    if (code < 0x80) {
      out[size] = code
      return size + 1
    }
    if (code < 0x800) {
      out[size] = 0xc0 | (code >> 6)
      out[size + 1] = 0x80 | (code & 63)
      return size + 2
    }
    if (code < 0x10000) {
      out[size] = 0xe0 | (code >> 12)
      out[size + 1] = 0x80 | ((code >> 6) & 63)
      out[size + 2] = 0x80 | (code & 63)
      return size + 3
    }
    out[size] = 0xf0 | (code >> 18)
    out[size + 1] = 0x80 | ((code >> 12) & 63)
    out[size + 2] = 0x80 | ((code >> 6) & 63)
    out[size + 3] = 0x80 | (code & 63)
    return size + 4
  }

  #hex(at: number): number {
    let value = 0
    for (let i = at; i < at + 4; i++) {
      const byte = i < this.end ? this.bytes[i]! : 0
      const digit =
        byte >= 48 && byte <= 57 ? byte - 48 : (byte | 32) >= 97 && (byte | 32) <= 102 ? (byte | 32) - 87 : -1
      if (digit < 0) this.fail('an unknown escape')
      value = (value << 4) | digit
    }
    return value
  }

  /** A number at the cursor. Sets text and isNumber. */
  number(): void {
    const { bytes, end } = this
    const start = this.at
    let at = start
    if (bytes[at] === 45) at++
    const first = at
    while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++
    if (at === first) this.fail('no JSON value', start)
    if (bytes[first] === 48 && at - first > 1) this.fail('a number that begins with 0', start)
    if (at < end && bytes[at] === 46) {
      const fraction = ++at
      while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++
      if (at === fraction) this.fail('a number without digits after its point', start)
    }
    if (at < end && (bytes[at]! | 32) === 101) {
      at++
      if (at < end && (bytes[at] === 45 || bytes[at] === 43)) at++
      const exponent = at
      while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++
      if (at === exponent) this.fail('a number without digits in its exponent', start)
    }
    this.isNumber = true
    this.text = bytes
    this.textFrom = start
    this.textTo = at
    this.at = at
  }

  /** Steps over one value of any kind, checking it. */
  skip(depth: number): void {
    switch (this.peek()) {
      case 123:
        return this.#skipContainer(depth, 125)
      case 91:
        return this.#skipContainer(depth, 93)
      case quote:
        return this.string()
      case 116:
        return this.literal('true')
      case 102:
        return this.literal('false')
      case 110:
        return this.literal('null')
      default:
        if (this.at >= this.end) this.fail('it ends early')
        return this.number()
    }
  }

  #skipContainer(depth: number, close: number): void {
    this.enter(depth)
    this.at++
    if (this.peek() === close) {
      this.at++
      return
    }
    for (;;) {
      if (close === 125) this.key()
      this.skip(depth + 1)
      if (this.next(close)) return
    }
  }

  enter(depth: number): void {
    if (depth >= formatLimits.jsonDepthMax) this.fail(`it is nested deeper than ${formatLimits.jsonDepthMax}`)
  }

  /** A key and its colon. Sets text. */
  key(): void {
    if (this.peek() !== quote) this.fail(this.at < this.end ? 'a key is missing' : 'it ends early')
    this.string()
    const { text, textFrom, textTo } = this
    this.expect(58)
    this.text = text
    this.textFrom = textFrom
    this.textTo = textTo
  }

  /** After an element: steps over ',' (false) or the closing byte (true). */
  next(close: number): boolean {
    const byte = this.peek()
    if (byte !== 44 && byte !== close)
      this.fail(this.at < this.end ? `',' or '${String.fromCharCode(close)}' is missing` : 'it ends early')
    this.at++
    return byte === close
  }
}

/** What a one-letter escape stands for; 0: none. */
const escapes = new Uint8Array(256)
for (const [letter, byte] of Object.entries({ '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  escapes[letter.charCodeAt(0)] = byte
}
