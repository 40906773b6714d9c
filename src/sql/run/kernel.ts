// Compiled expressions: one generated function per set, a loop over the rows inside, typed arrays in and out. Invariant: the result
// is the interpreter's, value by value (kernel.property.test.ts). The generated text can be printed.
import { assert, MillraceError } from '../../base/index.ts'
import {
  allocateBytes,
  allocateLanes,
  ColumnBuilder,
  describeType,
  layoutOf,
  valueAt,
  type Batch,
  type Column,
  type Lanes,
  type LogicalType,
  type Schema,
  type Value,
} from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { castFailed, castValue } from './cast.ts'
import { concatWithSeparator, notNullViolation } from './evaluate.ts'
import { compareValues } from './functions.ts'
import { KernelBuilder, type Operand } from './kernel-builder.ts'
import { emit } from './kernel-calls.ts'
import { compareText } from './text.ts'

type Output = Lanes | Uint8Array | ColumnBuilder
/** Fills the outputs and gives a validity per output (null: no row is NULL; columns built by a builder have their own). */
type Kernel = (rows: number, columns: readonly Column[], outputs: readonly Output[]) => (Uint8Array | null)[]

/**
 * Evaluates expressions over whole batches. Kinds are kept; plain column references are passed on without copying.
 * @param input schema of the batches that come in
 * @param output schema of the result, a field per expression
 * The returned function throws MR-SQL-04x where the job must fail (division by zero, a strict cast, NULL in a NOT NULL column).
 */
export function compileExpressions(
  expressions: readonly Expression[],
  input: Schema,
  output: Schema,
): (batch: Batch) => Batch {
  checkColumns(expressions, input)
  const computed = expressions.map((e, i) => ({ e, i })).filter(({ e }) => e.kind !== 'column')
  const kernel = computed.length === 0 ? undefined : buildKernel(computed.map(({ e }) => e))
  const types = output.fields.map((f) => f.type)
  return (batch) => {
    const columns: Column[] = expressions.map((e, i) =>
      e.kind === 'column' ? typedColumn(batch.columns[e.index]!, types[i]!) : (undefined as unknown as Column),
    )
    if (kernel) {
      const outputs = computed.map(({ i }) => outputOf(types[i]!, batch.rowCount))
      const validities = kernel(batch.rowCount, batch.columns, outputs)
      computed.forEach(({ i }, k) => {
        columns[i] = columnOf(types[i]!, outputs[k]!, validities[k]!)
      })
    }
    return { schema: output, rowCount: batch.rowCount, kinds: batch.kinds, columns }
  }
}

/** Evaluates a condition: Uint8Array[(rows + 7) / 8], bit per row, 1 = TRUE (NULL and FALSE are 0). */
export function compileFilter(condition: Expression, input: Schema): (batch: Batch) => Uint8Array {
  checkColumns([condition], input)
  const kernel = buildKernel([condition], true)
  return (batch) => {
    const bits = allocateBytes((batch.rowCount + 7) >> 3)
    kernel(batch.rowCount, batch.columns, [bits])
    return bits
  }
}

/** Columns lie in memory as the expressions take them to: checked once, at compilation. */
function checkColumns(expressions: readonly Expression[], input: Schema): void {
  const check = (e: Expression): void => {
    if (e.kind === 'column') {
      const field = input.fields[e.index]
      assert(field && layoutOf(field.type) === layoutOf(e.type), `column ${e.index} is ${e.type.kind}`)
    } else if (e.kind === 'call') e.args.forEach(check)
    else if (e.kind === 'cast') check(e.arg)
    else if (e.kind === 'case') {
      for (const { when, then } of e.branches) {
        check(when)
        check(then)
      }
      check(e.otherwise)
    }
  }
  expressions.forEach(check)
}

/** The generated text, for people. */
export function kernelText(expressions: readonly Expression[]): string {
  return generate(expressions, false).text
}

function typedColumn(column: Column, type: LogicalType): Column {
  return column.type === type ? column : { ...column, type }
}

function outputOf(type: LogicalType, rows: number): Output {
  const layout = layoutOf(type)
  switch (layout) {
    case 'bool':
      return allocateBytes((rows + 7) >> 3)
    case 'bytes':
    case 'list':
    case 'map':
    case 'struct':
    case 'none':
      return new ColumnBuilder(type)
    default:
      return allocateLanes(layout, rows)
  }
}

function columnOf(type: LogicalType, output: Output, validity: Uint8Array | null): Column {
  if (output instanceof ColumnBuilder) return output.finish()
  return { type, layout: layoutOf(type), validity, values: output, offsets: null, children: [] }
}

function generate(
  expressions: readonly Expression[],
  asFilter: boolean,
): { text: string; constants: readonly unknown[] } {
  const b = new KernelBuilder()
  expressions.forEach((e, k) => {
    const operand = emit(e, b)
    if (asFilter)
      b.line(
        `if (${operand.nul === 'false' ? '' : `!${operand.nul} && `}${operand.value}) o${k}[i >> 3] |= 1 << (i & 7)`,
      )
    else store(operand, e.type, k, b)
  })
  const outputs = expressions.map((_, k) => `  const o${k} = outputs[${k}]; let o${k}n = null`)
  const text = [
    'return function kernel(rows, columns, outputs) {',
    ...outputs,
    ...b.prologue.map((line) => `  ${line}`),
    '  for (let i = 0; i < rows; i++) {',
    b.body(),
    '  }',
    `  return [${expressions.map((_, k) => `o${k}n`).join(', ')}]`,
    '}',
  ].join('\n')
  return { text, constants: b.constants }
}

function store(operand: Operand, type: LogicalType, k: number, b: KernelBuilder): void {
  const { value, nul } = operand
  const layout = layoutOf(type)
  const built = operand.as === 'span' || operand.as === 'text' || operand.as === 'boxed'
  const append =
    operand.as === 'span'
      ? `o${k}.appendBytes(${value}, ${operand.from}, ${operand.to})`
      : operand.as === 'text'
        ? `appendText(o${k}, ${value})`
        : `o${k}.appendValue(${value})`
  const write = built
    ? append
    : layout === 'bool'
      ? `{ if (${value}) o${k}[i >> 3] |= 1 << (i & 7) }`
      : layout === 'int128'
        ? `{ o${k}[i * 2] = BigInt.asIntN(64, ${value}); o${k}[i * 2 + 1] = BigInt.asIntN(64, ${value} >> 64n) }`
        : `o${k}[i] = ${value}`
  if (nul === 'false') {
    b.line(write)
    return
  }
  b.line(
    built
      ? `if (${nul}) o${k}.appendNull()`
      : `if (${nul}) { if (o${k}n === null) o${k}n = allSet(rows); o${k}n[i >> 3] &= ~(1 << (i & 7)) }`,
  )
  b.line(`else ${write}`)
}

/** What generated code may name. */
const runtime = {
  emptyBytes: new Uint8Array(0),
  readText,
  appendText,
  readWide,
  valueAt,
  equalSpans,
  compareSpans,
  compareText,
  compareValues,
  concatWithSeparator,
  castValue,
  castFailed,
  failCast,
  divisionByZero,
  notNullViolation,
  allSet,
}

function buildKernel(expressions: readonly Expression[], asFilter = false): Kernel {
  const { text, constants } = generate(expressions, asFilter)
  const names = Object.keys(runtime)
  const make = new Function('constants', ...names, `'use strict'\n${text}`) as (...args: unknown[]) => Kernel
  return make(constants, ...Object.values(runtime))
}

const decoder = new TextDecoder()
const scratch = new Uint8Array(1024)

/** Bytes [from, to) of UTF-8 as a string. Short ASCII, the usual case, is read without a decoder. */
function readText(bytes: Uint8Array, from: number, to: number): string {
  const size = to - from
  if (size <= 24) {
    let text = ''
    let at = from
    for (; at < to && bytes[at]! < 128; at++) text += String.fromCharCode(bytes[at]!)
    if (at === to) return text
  }
  // A decoder refuses shared memory.
  if (size > scratch.length) return decoder.decode(bytes.slice(from, to))
  for (let i = 0; i < size; i++) scratch[i] = bytes[from + i]!
  return decoder.decode(scratch.subarray(0, size))
}

/** Short ASCII goes through a scratch buffer, so that nothing is allocated. */
function appendText(builder: ColumnBuilder, text: string): void {
  const size = text.length
  if (size <= scratch.length) {
    let i = 0
    for (; i < size; i++) {
      const c = text.charCodeAt(i)
      if (c > 127) break
      scratch[i] = c
    }
    if (i === size) return builder.appendBytes(scratch, 0, size)
  }
  builder.appendText(text)
}

function readWide(lanes: BigInt64Array, row: number): bigint {
  return (lanes[row * 2 + 1]! << 64n) | BigInt.asUintN(64, lanes[row * 2]!)
}

function equalSpans(a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): boolean {
  const size = aTo - aFrom
  if (size !== bTo - bFrom) return false
  for (let i = 0; i < size; i++) if (a[aFrom + i] !== b[bFrom + i]) return false
  return true
}

function compareSpans(a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): number {
  const size = Math.min(aTo - aFrom, bTo - bFrom)
  for (let i = 0; i < size; i++) {
    const d = a[aFrom + i]! - b[bFrom + i]!
    if (d !== 0) return d
  }
  return aTo - aFrom - (bTo - bFrom)
}

function allSet(rows: number): Uint8Array {
  return allocateBytes((rows + 7) >> 3).fill(255)
}

function failCast(value: Value, type: LogicalType): never {
  throw new MillraceError('MR-SQL-041', {
    details: { value: `'${String(value)}'`, type: describeType(type, { ignoreNullable: true }) },
  })
}

function divisionByZero(operator: string): never {
  throw new MillraceError('MR-SQL-040', { details: { expression: operator === '/' ? 'a / b' : 'MOD(a, b)' } })
}
