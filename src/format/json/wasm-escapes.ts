// Escapes of JSON strings in kernels: steps over them, checked, or copies a string with what they stand for.
// Reference: RFC 8259, section 7; a lone half of a surrogate pair is refused, as scanner.ts does.
import {
  call,
  i32,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type WasmFunction,
} from '../wasm/builder.ts'
import { lowBits, type Parts } from '../wasm/parts.ts'
import { base64At, resultsAt } from '../wasm/scratch.ts'

type I32Function = WasmFunction & { readonly result: 'i32' }

/** Int32: the code point of the last escape; behind an unescape(), the address of the closing quote. */
const codeAt = resultsAt + 24
export const closingQuoteAt = resultsAt + 28

/** A bit per byte that ends a plain run of a string's bytes: a quote, a backslash, a control character. */
export function stopsOf(bytes: Local<'v128'>): Expr<'i32'> {
  const quotes = v128.eq8(bytes, v128.splat8(i32.of(34)))
  const escapes = v128.eq8(bytes, v128.splat8(i32.of(92)))
  const controls = v128.ltU8(bytes, v128.splat8(i32.of(32)))
  return v128.bitmask8(v128.or(v128.or(quotes, escapes), controls))
}

/** (p at a backslash): behind the escape, or -1; its code point is at codeAt. */
export function defineEscape(module: ModuleBuilder): I32Function {
  const hex = defineHex(module)
  return module.function(['i32'], 'i32', (f, p) => {
    const letter = f.let(i32.load8(p, 1))
    const code = f.local('i32')
    const none = (): void => f.return(i32.of(-1))
    for (const [name, value] of plainEscapes) {
      f.if(i32.eq(letter, i32.of(name.charCodeAt(0))), () => {
        f.store32(i32.of(0), codeAt, i32.of(value))
        f.return(i32.add(p, i32.of(2)))
      })
    }
    f.if(i32.ne(letter, i32.of(117)), none)
    f.set(code, call(hex, i32.add(p, i32.of(2))))
    f.if(i32.lt(code, i32.of(0)), none)
    f.step(p, 6)
    f.if(i32.eq(i32.and(code, i32.of(0xf800)), i32.of(0xd800)), () => {
      // The first half, and "\\u" with the second.
      f.if(i32.ge(code, i32.of(0xdc00)), none)
      f.if(i32.ne(i32.load16(p), i32.of(92 | (117 << 8))), none)
      const low = f.let(call(hex, i32.add(p, i32.of(2))))
      f.if(i32.ne(i32.and(low, i32.of(~0x3ff)), i32.of(0xdc00)), none)
      f.set(code, i32.add(i32.shl(i32.sub(code, i32.of(0xd800)), i32.of(10)), i32.add(low, i32.of(0x10000 - 0xdc00))))
      f.step(p, 6)
    })
    f.store32(i32.of(0), codeAt, code)
    f.return(p)
  })
}

const plainEscapes = [
  ['"', 34],
  ['n', 10],
  ['\\', 92],
  ['/', 47],
  ['t', 9],
  ['r', 13],
  ['b', 8],
  ['f', 12],
] as const

/** (p): the number that four hexadecimal digits say, or a negative one. */
function defineHex(module: ModuleBuilder): I32Function {
  return module.function(['i32'], 'i32', (f, p) => {
    const value = f.local('i32')
    for (let i = 0; i < 4; i++) {
      const byte = f.let(i32.load8(p, i))
      const digit = f.let(i32.sub(byte, i32.of(48)))
      f.if(i32.geU(digit, i32.of(10)), () => {
        f.set(digit, i32.sub(i32.or(byte, i32.of(32)), i32.of(97)))
        f.if(i32.geU(digit, i32.of(6)), () => f.return(i32.of(-1)))
        f.step(digit, 10)
      })
      f.set(value, i32.or(i32.shl(value, i32.of(4)), digit))
    }
    f.return(value)
  })
}

/**
 * (to, p behind the opening quote, end, limit of `to`): copies the string with its escapes resolved; how many bytes, or -1
 * where the plain reader must look. Where the closing quote lies is at closingQuoteAt.
 */
export function defineUnescape(module: ModuleBuilder, parts: Parts, escape: I32Function): I32Function {
  return module.function(['i32', 'i32', 'i32', 'i32'], 'i32', (f, to, p, end, limit) => {
    const none = (): void => f.return(i32.of(-1))
    const start = f.let(to)
    const seen = f.local('i32')
    f.loop((again) => {
      f.if(i32.or(i32.gt(i32.add(to, i32.of(32)), limit), i32.ge(p, end)), none)
      const bytes = f.let(v128.load(p))
      const stops = f.let(stopsOf(bytes))
      const n = f.let(i32.ctz(i32.or(stops, i32.of(1 << 16))))
      f.store128(to, 0, bytes)
      f.set(seen, i32.or(seen, i32.and(v128.bitmask8(bytes), lowBits(n))))
      f.step(p, n)
      f.step(to, n)
      f.brIf(again, i32.eqz(stops))
      f.if(i32.eq(i32.load8(p), i32.of(92)), () => {
        f.set(p, call(escape, p))
        f.if(i32.lt(p, i32.of(0)), none)
        emitCodePoint(f, to)
        f.br(again)
      })
      f.if(i32.or(i32.ne(i32.load8(p), i32.of(34)), i32.ge(p, end)), none)
    })
    // Code points begin and end whole, so what is wrong before stays wrong behind.
    f.if(seen, () => f.if(i32.eqz(call(parts.utf8, start, to)), none))
    f.store32(i32.of(0), closingQuoteAt, p)
    f.return(i32.sub(to, start))
  })
}

/** The same for base64 in its usual form, padded: the bytes that it stands for. */
export function defineBase64(module: ModuleBuilder): I32Function {
  return module.function(['i32', 'i32', 'i32', 'i32'], 'i32', (f, to, p, end, limit) => {
    const none = (): void => f.return(i32.of(-1))
    const start = f.let(to)
    const at = (i: number): Local<'i32'> => f.let(i32.load8(i32.load8(p, i), base64At))
    const is = (i: number, byte: number): Expr<'i32'> => i32.eq(i32.load8(p, i), i32.of(byte))
    const done = (): void => {
      f.store32(i32.of(0), closingQuoteAt, p)
      f.return(i32.sub(to, start))
    }
    f.loop((again) => {
      f.if(i32.or(i32.gt(i32.add(to, i32.of(4)), limit), i32.ge(p, end)), none)
      f.if(is(0, 34), done)
      const [a, b, c, d] = [at(0), at(1), at(2), at(3)]
      f.if(i32.gt(i32.or(a, b), i32.of(63)), none)
      const bits = f.let(
        i32.or(i32.or(i32.shl(a, i32.of(18)), i32.shl(b, i32.of(12))), i32.or(i32.shl(c, i32.of(6)), d)),
      )
      const store = (count: number): void => {
        for (let i = 0; i < count; i++) f.store8(to, i, i32.shrU(bits, i32.of(16 - 8 * i)))
        f.step(to, count)
        f.step(p, 4)
      }
      f.if(i32.le(i32.or(c, d), i32.of(63)), () => {
        store(3)
        f.br(again)
      })
      // '=' or '==' ends it: what it says of the bits does not count.
      f.if(i32.eqz(i32.and(is(3, 61), is(4, 34))), none)
      f.if(
        i32.le(c, i32.of(63)),
        () => {
          f.set(bits, i32.or(i32.or(i32.shl(a, i32.of(18)), i32.shl(b, i32.of(12))), i32.shl(c, i32.of(6))))
          store(2)
        },
        () => {
          f.if(i32.eqz(is(2, 61)), none)
          f.set(bits, i32.or(i32.shl(a, i32.of(18)), i32.shl(b, i32.of(12))))
          store(1)
        },
      )
      done()
    })
    f.unreachable()
  })
}

/** The code point at codeAt as UTF-8. */
function emitCodePoint(f: FunctionBuilder, to: Local<'i32'>): void {
  const code = f.let(i32.load(i32.of(0), codeAt))
  const tail = (shift: number): ReturnType<typeof i32.or> =>
    i32.or(i32.and(i32.shrU(code, i32.of(shift)), i32.of(63)), i32.of(0x80))
  const lead = (shift: number, mark: number): ReturnType<typeof i32.or> =>
    i32.or(i32.shrU(code, i32.of(shift)), i32.of(mark))
  const store = (...bytes: readonly ReturnType<typeof i32.or>[]): void => {
    bytes.forEach((byte, i) => f.store8(to, i, byte))
    f.step(to, bytes.length)
  }
  f.if(
    i32.lt(code, i32.of(0x80)),
    () => store(code),
    () =>
      f.if(
        i32.lt(code, i32.of(0x800)),
        () => store(lead(6, 0xc0), tail(0)),
        () =>
          f.if(
            i32.lt(code, i32.of(0x10000)),
            () => store(lead(12, 0xe0), tail(6), tail(0)),
            () => store(lead(18, 0xf0), tail(12), tail(6), tail(0)),
          ),
      ),
  )
}
