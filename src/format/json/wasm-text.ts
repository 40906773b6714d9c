// Strings, white space and whole values of JSON in kernels. Functions that read return where they end, or -1 where the plain
// reader must look: at a control character, bytes that are not UTF-8, whatever is no JSON.
// Reference: RFC 8259.
import { formatLimits } from '../limits.ts'
import {
  call,
  i32,
  i64,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type WasmFunction,
} from '../wasm/builder.ts'
import type { Bail, Parts } from '../wasm/parts.ts'
import { lowBits } from '../wasm/parts.ts'
import { defineBase64, defineEscape, defineUnescape, stopsOf } from './wasm-escapes.ts'
import { emitSkipNumber } from './wasm-numbers.ts'

type I32Function = WasmFunction & { readonly result: 'i32' }

export interface TextParts {
  /** (p behind the opening quote, end): the closing quote's address. Bytes before it are UTF-8 without escapes. */
  readonly string: I32Function
  /** The same, escapes allowed. */
  readonly anyString: I32Function
  /** See wasm-escapes.ts. */
  readonly unescape: I32Function
  readonly base64: I32Function
  /** (p, end, depth): where the value that begins at `p` ends. */
  readonly value: I32Function
}

/** Levels of nesting that a kernel follows: few less than the limit, so that only the plain reader has to be exact. */
const depthMax = Math.max(0, Math.min(formatLimits.jsonDepthMax - 8, 500))

export function defineTextParts(module: ModuleBuilder, parts: Parts): TextParts {
  const escape = defineEscape(module)
  const string = defineString(module, parts, null)
  const anyString = defineString(module, parts, escape)
  return {
    string,
    anyString,
    unescape: defineUnescape(module, parts, escape),
    base64: defineBase64(module),
    value: defineValue(module, anyString),
  }
}

/** @param escape steps over an escape; null: the first one ends it */
function defineString(module: ModuleBuilder, parts: Parts, escape: I32Function | null): I32Function {
  return module.function(['i32', 'i32'], 'i32', (f, p, end) => {
    const start = f.let(p)
    const seen = f.local('i32')
    const bytes = f.local('v128')
    const stops = f.local('i32')
    f.loop((again) => {
      f.set(bytes, v128.load(p))
      f.set(stops, stopsOf(bytes))
      f.if(i32.eqz(stops), () => {
        f.set(seen, i32.or(seen, v128.bitmask8(bytes)))
        f.step(p, 16)
        f.brIf(again, i32.lt(p, end))
        f.return(i32.of(-1))
      })
      const n = f.let(i32.ctz(stops))
      f.set(seen, i32.or(seen, i32.and(v128.bitmask8(bytes), lowBits(n))))
      f.step(p, n)
      if (escape) {
        f.if(i32.and(i32.lt(p, end), i32.eq(i32.load8(p), i32.of(92))), () => {
          f.set(p, call(escape, p))
          f.if(i32.lt(p, i32.of(0)), () => f.return(i32.of(-1)))
          f.br(again)
        })
      }
    })
    f.if(i32.or(i32.ge(p, end), i32.ne(i32.load8(p), i32.of(34))), () => f.return(i32.of(-1)))
    f.if(seen, () => f.if(i32.eqz(call(parts.utf8, start, p)), () => f.return(i32.of(-1))))
    f.return(p)
  })
}

/** Steps over white space; seldom any. */
export function emitSpace(f: FunctionBuilder, p: Local<'i32'>, end: Local<'i32'>): void {
  f.if(i32.le(i32.load8(p), i32.of(32)), () => {
    f.loop((again) => {
      const byte = f.let(i32.load8(p))
      const space = i32.or(
        i32.or(i32.eq(byte, i32.of(32)), i32.eq(byte, i32.of(10))),
        i32.or(i32.eq(byte, i32.of(13)), i32.eq(byte, i32.of(9))),
      )
      f.if(i32.and(space, i32.lt(p, end)), () => {
        f.step(p, 1)
        f.br(again)
      })
    })
  })
}

/** Whether the bytes at an address are these: a few words, the last laid over the one before. */
export function sameBytes(at: Local<'i32'>, bytes: Uint8Array): Expr<'i32'> {
  const padded = new Uint8Array(bytes.length + 8)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  const size = bytes.length
  if (size === 0) return i32.of(1)
  if (size < 4) {
    const mask = size === 3 ? 0xffffff : size === 2 ? 0xffff : 0xff
    return i32.eq(i32.and(i32.load(at), i32.of(mask)), i32.of(view.getInt32(0, true)))
  }
  if (size < 8) {
    const difference = (offset: number): Expr<'i32'> =>
      i32.xor(i32.load(at, offset), i32.of(view.getInt32(offset, true)))
    return i32.eqz(i32.or(difference(0), difference(size - 4)))
  }
  const difference = (offset: number): Expr<'i64'> =>
    i64.xor(i64.load(at, offset), i64.of(view.getBigInt64(offset, true)))
  let all = difference(size - 8)
  for (let offset = 0; offset + 8 < size; offset += 8) all = i64.or(all, difference(offset))
  return i64.eqz(all)
}

export function word(text: string): Expr<'i32'> {
  return i32.of(new DataView(new TextEncoder().encode(text).buffer).getInt32(0, true))
}

/** Code for members of an object or elements of an array: from behind the opening bracket to behind the closing one. */
export function emitElements(
  f: FunctionBuilder,
  { p, end, close, bail }: { p: Local<'i32'>; end: Local<'i32'>; close: number; bail: Bail },
  each: () => void,
): void {
  emitSpace(f, p, end)
  f.if(
    i32.eq(i32.load8(p), i32.of(close)),
    () => f.step(p, 1),
    () => {
      f.loop((again) => {
        f.if(i32.ge(p, end), bail)
        each()
        emitSpace(f, p, end)
        const byte = f.let(i32.load8(p))
        f.step(p, 1)
        f.if(i32.eq(byte, i32.of(44)), () => {
          emitSpace(f, p, end)
          f.br(again)
        })
        f.if(i32.ne(byte, i32.of(close)), bail)
      })
    },
  )
}

function defineValue(module: ModuleBuilder, string: I32Function): I32Function {
  const number = module.function(['i32', 'i32'], 'i32', (f, p, end) => {
    emitSkipNumber(f, p, end)
    f.return(p)
  })
  const value = module.declare(['i32', 'i32', 'i32'], 'i32')
  module.define(value, ['i32', 'i32', 'i32'], (f, p, end, depth) => {
    const bail = (): void => f.return(i32.of(-1))
    f.if(i32.or(i32.ge(p, end), i32.gt(depth, i32.of(depthMax))), bail)
    const first = f.let(i32.load8(p))
    f.if(i32.eq(first, i32.of(34)), () => {
      f.set(p, call(string, i32.add(p, i32.of(1)), end))
      f.if(i32.lt(p, i32.of(0)), bail)
      f.return(i32.add(p, i32.of(1)))
    })
    const inner = (): void => {
      f.set(p, call(value, p, end, i32.add(depth, i32.of(1))))
      f.if(i32.lt(p, i32.of(0)), bail)
    }
    f.if(i32.eq(first, i32.of(123)), () => {
      f.step(p, 1)
      emitElements(f, { p, end, close: 125, bail }, () => {
        f.if(i32.ne(i32.load8(p), i32.of(34)), bail)
        f.set(p, call(string, i32.add(p, i32.of(1)), end))
        f.if(i32.lt(p, i32.of(0)), bail)
        f.step(p, 1)
        emitSpace(f, p, end)
        f.if(i32.ne(i32.load8(p), i32.of(58)), bail)
        f.step(p, 1)
        emitSpace(f, p, end)
        inner()
      })
      f.return(p)
    })
    f.if(i32.eq(first, i32.of(91)), () => {
      f.step(p, 1)
      emitElements(f, { p, end, close: 93, bail }, inner)
      f.return(p)
    })
    const four = f.let(i32.load(p))
    f.if(i32.or(i32.eq(four, word('null')), i32.eq(four, word('true'))), () => f.return(i32.add(p, i32.of(4))))
    f.if(i32.and(i32.eq(four, word('fals')), i32.eq(i32.load8(p, 4), i32.of(101))), () =>
      f.return(i32.add(p, i32.of(5))),
    )
    f.return(call(number, p, end))
  })
  return value
}
