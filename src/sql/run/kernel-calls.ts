// What kernels inline: arithmetic, comparisons, logic, conditionals and the cheap casts. All else calls the interpreter's function on
// boxed values. Laziness is the interpreter's.
import { assert, encodeText } from '../../base/index.ts'
import { ticksPerSecond, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { powerOfTen } from './decimal.ts'
import { implementations } from './functions.ts'
import { defaultOf, representationOf, type KernelBuilder, type Operand } from './kernel-builder.ts'
import { literalValue } from './values.ts'

type Call = Extract<Expression, { kind: 'call' }>

/** Writes the statements that compute an expression for row `i`; gives where the result is. */
export function emit(e: Expression, b: KernelBuilder): Operand {
  if (e.kind === 'column') return b.column(e.index, e.type)
  if (e.kind === 'literal') return emitLiteral(e, b)
  const key = JSON.stringify(e)
  return (
    b.recall(key) ??
    b.remember(key, e.kind === 'call' ? emitCall(e, b) : e.kind === 'cast' ? emitCast(e, b) : emitCase(e, b))
  )
}

function emitLiteral(e: Extract<Expression, { kind: 'literal' }>, b: KernelBuilder): Operand {
  const as = representationOf(e.type)
  if (e.value === null)
    return as === 'text'
      ? { as: 'span', value: 'emptyBytes', from: '0', to: '0', nul: 'true' }
      : { as, value: defaultOf(as), nul: 'true' }
  const value = literalValue(e)
  if (as === 'text') {
    const bytes = encodeText(value as string)
    return { as: 'span', value: b.hoisted(bytes), from: '0', to: String(bytes.length), nul: 'false' }
  }
  if (as === 'boxed') return { as, value: b.hoisted(value), nul: 'false' }
  if (typeof value === 'bigint') return { as, value: value < 0n ? `(${value}n)` : `${value}n`, nul: 'false' }
  if (typeof value === 'number')
    return { as, value: Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value), nul: 'false' }
  return { as, value: String(value), nul: 'false' }
}

function emitCall(e: Call, b: KernelBuilder): Operand {
  switch (e.name) {
    case 'AND':
    case 'OR':
      return emitLogic(e, b)
    case 'NOT': {
      const arg = emit(e.args[0]!, b)
      return { as: 'bool', value: b.local('v', `!${arg.value}`), nul: arg.nul }
    }
    case 'IS NULL':
    case 'IS NOT NULL': {
      const arg = emit(e.args[0]!, b)
      return { as: 'bool', value: e.name === 'IS NULL' ? arg.nul : b.local('v', `!${arg.nul}`), nul: 'false' }
    }
    case 'IS TRUE':
    case 'IS NOT TRUE':
    case 'IS FALSE':
    case 'IS NOT FALSE': {
      const arg = emit(e.args[0]!, b)
      const test = `!${arg.nul} && ${e.name.endsWith('TRUE') ? '' : '!'}${arg.value}`
      return { as: 'bool', value: b.local('v', e.name.includes('NOT') ? `!(${test})` : test), nul: 'false' }
    }
    case 'IS DISTINCT FROM':
    case 'IS NOT DISTINCT FROM': {
      const [x, y] = [emit(e.args[0]!, b), emit(e.args[1]!, b)]
      const same = `(${x.nul} || ${y.nul} ? ${x.nul} === ${y.nul} : ${equality(x, y, b)})`
      return { as: 'bool', value: b.local('v', e.name === 'IS DISTINCT FROM' ? `!${same}` : same), nul: 'false' }
    }
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return emitComparison(e, b)
    case 'IN':
      return emitIn(e, b)
    case 'COALESCE':
      return emitCoalesce(e, b)
    case 'ENFORCE_NOT_NULL': {
      const arg = emit(e.args[0]!, b)
      const name = literalValue(e.args[1] as Extract<Expression, { kind: 'literal' }>)
      if (arg.nul !== 'false') b.line(`if (${arg.nul}) throw notNullViolation(${JSON.stringify(name)})`)
      return { ...arg, nul: 'false' }
    }
    case 'CONCAT_WS': {
      const parts = e.args.map((arg) => b.asText(emit(arg, b)))
      const joined = b.local(
        'r',
        `concatWithSeparator([${parts.map((p) => `${p.nul} ? null : ${p.value}`).join(', ')}])`,
      )
      return { as: 'text', value: b.local('v', `${joined} ?? ''`), nul: b.local('n', `${joined} === null`) }
    }
    default:
      return emitArithmetic(e, b) ?? emitGeneric(e, b)
  }
}

/** AND and OR stop at the first FALSE (TRUE); an unknown on the way makes the result unknown. */
function emitLogic(e: Call, b: KernelBuilder): Operand {
  const isAnd = e.name === 'AND'
  const value = b.fresh('v')
  const nul = b.fresh('n')
  const label = b.fresh('done')
  b.line(`let ${value} = ${isAnd}, ${nul} = false`)
  b.block(`${label}:`, () => {
    e.args.forEach((arg, i) => {
      const part = emit(arg, b)
      const decided = `${part.nul === 'false' ? '' : `!${part.nul} && `}${isAnd ? '!' : ''}${part.value}`
      const leave = i < e.args.length - 1 ? ` break ${label}` : ''
      b.line(`if (${decided}) { ${value} = ${!isAnd}; ${nul} = false;${leave} }`)
      if (part.nul !== 'false')
        b.line(i < e.args.length - 1 ? `if (${part.nul}) ${nul} = true` : `else if (${part.nul}) ${nul} = true`)
    })
  })
  return { as: 'bool', value, nul }
}

function equality(x: Operand, y: Operand, b: KernelBuilder): string {
  if (x.as === 'span' && y.as === 'span')
    return `equalSpans(${x.value}, ${x.from}, ${x.to}, ${y.value}, ${y.from}, ${y.to})`
  if (x.as === 'span' || y.as === 'span' || x.as === 'text') return `${b.asText(x).value} === ${b.asText(y).value}`
  if (x.as === 'boxed') return `compareValues(${x.value}, ${y.value}) === 0`
  return `${x.value} === ${y.value}`
}

function emitComparison(e: Call, b: KernelBuilder): Operand {
  const [x, y] = [emit(e.args[0]!, b), emit(e.args[1]!, b)]
  const nul = b.anyNull([x, y])
  if (e.name === '=' || e.name === '<>') {
    // A boxed value that is NULL must not be looked at.
    const guard = x.as === 'boxed' && nul !== 'false' ? `!${nul} && ` : ''
    const same = equality(x, y, b)
    return { as: 'bool', value: b.local('v', e.name === '=' ? `${guard}${same}` : `!(${guard}${same})`), nul }
  }
  if (x.as === 'span' && y.as === 'span') {
    return {
      as: 'bool',
      value: b.local('v', `compareSpans(${x.value}, ${x.from}, ${x.to}, ${y.value}, ${y.from}, ${y.to}) ${e.name} 0`),
      nul,
    }
  }
  if (x.as === 'span' || y.as === 'span' || x.as === 'text') {
    return {
      as: 'bool',
      value: b.local('v', `compareText(${b.asText(x).value}, ${b.asText(y).value}) ${e.name} 0`),
      nul,
    }
  }
  if (x.as === 'boxed')
    return { as: 'bool', value: b.local('v', `!${nul} && compareValues(${x.value}, ${y.value}) ${e.name} 0`), nul }
  return { as: 'bool', value: b.local('v', `${x.value} ${e.name} ${y.value}`), nul }
}

function emitIn(e: Call, b: KernelBuilder): Operand {
  const needle = emit(e.args[0]!, b)
  const value = b.fresh('v')
  const nul = b.fresh('n')
  b.line(`let ${value} = false, ${nul} = ${needle.nul}`)
  const label = b.fresh('done')
  b.block(`${label}:`, () => {
    if (needle.nul !== 'false') b.line(`if (${needle.nul}) break ${label}`)
    for (const arg of e.args.slice(1)) {
      const item = emit(arg, b)
      const found = `{ ${value} = true; ${nul} = false; break ${label} }`
      if (item.nul === 'true') b.line(`${nul} = true`)
      else if (item.nul === 'false') b.line(`if (${equality(needle, item, b)}) ${found}`)
      else b.line(`if (${item.nul}) ${nul} = true; else if (${equality(needle, item, b)}) ${found}`)
    }
  })
  return { as: 'bool', value, nul }
}

/** Results of branches must have one representation: spans only when all are spans, which is known after a dry run. */
function unifiedAs(branches: readonly Expression[], type: LogicalType): Operand['as'] {
  const as = representationOf(type)
  return as === 'text' && branches.every(isSpan) ? 'span' : as
}

function isSpan(e: Expression): boolean {
  switch (e.kind) {
    case 'column':
    case 'literal':
      return true
    case 'case':
      return [...e.branches.map((x) => x.then), e.otherwise].every(isSpan)
    case 'call':
      return e.name === 'COALESCE' ? e.args.every(isSpan) : e.name === 'ENFORCE_NOT_NULL' && isSpan(e.args[0]!)
    default:
      return false
  }
}

function emitInto(e: Expression, target: Operand, b: KernelBuilder): Operand {
  const operand = emit(e, b)
  const fitting = target.as === 'text' ? b.asText(operand) : operand
  b.assign(target, fitting)
  return fitting
}

function emitCoalesce(e: Call, b: KernelBuilder): Operand {
  const target = b.result(unifiedAs(e.args, e.type), 'true')
  const step = (i: number): void => {
    const operand = emitInto(e.args[i]!, target, b)
    if (i < e.args.length - 1 && operand.nul !== 'false') b.block(`if (${operand.nul})`, () => step(i + 1))
  }
  step(0)
  return target
}

function emitCase(e: Extract<Expression, { kind: 'case' }>, b: KernelBuilder): Operand {
  const target = b.result(unifiedAs([...e.branches.map((x) => x.then), e.otherwise], e.type), 'true')
  const step = (i: number): void => {
    const branch = e.branches[i]
    if (!branch) {
      emitInto(e.otherwise, target, b)
      return
    }
    const when = emit(branch.when, b)
    b.block(`if (${when.nul === 'false' ? '' : `!${when.nul} && `}${when.value})`, () =>
      emitInto(branch.then, target, b),
    )
    b.block('else', () => step(i + 1))
  }
  step(0)
  return target
}

const wrapped: Readonly<Record<string, (x: string) => string>> = {
  TINYINT: (x) => `(${x}) << 24 >> 24`,
  SMALLINT: (x) => `(${x}) << 16 >> 16`,
  INT: (x) => `(${x}) | 0`,
  BIGINT: (x) => `BigInt.asIntN(64, ${x})`,
}

/** + - * / % that need no boxing; undefined for those that do. */
function emitArithmetic(e: Call, b: KernelBuilder): Operand | undefined {
  const { name, args, type } = e
  if (!['+', '-', '*', '/', '%'].includes(name)) return undefined
  const [s, t] = [args[0]!.type, args[1]!.type]
  if (type.kind === 'DECIMAL') return emitDecimal(e, b)
  if (type.kind === 'DOUBLE' || type.kind === 'FLOAT') {
    const [x, y] = [emit(args[0]!, b), emit(args[1]!, b)]
    const plain = `${x.value} ${name} ${y.value}`
    return {
      as: 'number',
      value: b.local('v', type.kind === 'FLOAT' ? `Math.fround(${plain})` : plain),
      nul: b.anyNull([x, y]),
    }
  }
  if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ') return emitTimeShift(e, b)
  if (!(type.kind in wrapped) || !(s.kind in wrapped) || !(t.kind in wrapped)) return undefined
  return emitInteger(e, b)
}

function emitInteger(e: Call, b: KernelBuilder): Operand {
  const { name, args, type } = e
  const [x, y] = [emit(args[0]!, b), emit(args[1]!, b)]
  const nul = b.anyNull([x, y])
  const long = x.as === 'long' || y.as === 'long'
  const as = (o: Operand): string => (long && o.as === 'number' ? `BigInt(${o.value})` : o.value)
  const wrap = wrapped[type.kind]!
  const operands = [as(x), as(y)] as const
  const isLong = type.kind === 'BIGINT'
  const settle = (text: string): string => (long && !isLong ? wrap(`Number(BigInt.asIntN(32, ${text}))`) : wrap(text))
  if (name === '/' || name === '%') {
    const zero = long ? '0n' : '0'
    b.line(
      `if (${nul === 'false' ? '' : `!${nul} && `}${operands[1]} === ${zero}) divisionByZero(${JSON.stringify(name)})`,
    )
    const guard = nul === 'false' ? '' : `${nul} ? ${isLong ? '0n' : '0'} : `
    return {
      as: isLong ? 'long' : 'number',
      value: b.local('v', `${guard}${settle(`${operands[0]} ${name} ${operands[1]}`)}`),
      nul,
    }
  }
  if (name === '*' && !long)
    return { as: 'number', value: b.local('v', wrap(`Math.imul(${operands[0]}, ${operands[1]})`)), nul }
  return { as: isLong ? 'long' : 'number', value: b.local('v', settle(`${operands[0]} ${name} ${operands[1]}`)), nul }
}

/** Sums and products whose type has room for every digit stay in 64 bits, or in plain bigints without a check. */
function emitDecimal(e: Call, b: KernelBuilder): Operand | undefined {
  const { name, args, type } = e
  const [s, t] = [args[0]!.type, args[1]!.type]
  assert(type.kind === 'DECIMAL' && s.kind === 'DECIMAL' && t.kind === 'DECIMAL', 'decimal operands were cast')
  if (name === '/' || name === '%') return undefined
  const roomy =
    name === '*'
      ? s.precision + t.precision + 1 <= 38
      : Math.max(s.precision - s.scale, t.precision - t.scale) + Math.max(s.scale, t.scale) + 1 <= 38
  if (!roomy) return undefined
  const [x, y] = [emit(args[0]!, b), emit(args[1]!, b)]
  const lifted = (o: Operand, scale: number): string =>
    name === '*' || scale === type.scale ? o.value : `${o.value} * ${powerOfTen(type.scale - scale)}n`
  const sum = `${lifted(x, s.scale)} ${name} ${lifted(y, t.scale)}`
  const narrow = type.precision <= 18
  return {
    as: narrow ? 'long' : 'wide',
    value: b.local('v', narrow ? `BigInt.asIntN(64, ${sum})` : sum),
    nul: b.anyNull([x, y]),
  }
}

/** Timestamp ± day-time interval of the same tick. */
function emitTimeShift(e: Call, b: KernelBuilder): Operand | undefined {
  const { name, args, type } = e
  const [s, t] = [args[0]!.type, args[1]!.type]
  if (t.kind !== 'INTERVAL_DAY_TIME' || !('precision' in type) || !('precision' in s)) return undefined
  if (ticksPerSecond(s.precision) !== ticksPerSecond(type.precision)) return undefined
  const [x, y] = [emit(args[0]!, b), emit(args[1]!, b)]
  const perMs = ticksPerSecond(type.precision) / 1000
  const shift = perMs === 1 ? y.value : `BigInt.asIntN(64, ${y.value} * ${perMs}n)`
  return { as: 'long', value: b.local('v', `BigInt.asIntN(64, ${x.value} ${name} ${shift})`), nul: b.anyNull([x, y]) }
}

/** The interpreter's function over boxed arguments; not called when one is NULL. */
function emitGeneric(e: Call, b: KernelBuilder): Operand {
  const implementation = implementations[e.name]
  assert(implementation, `the function ${e.name} is implemented`)
  const operands = e.args.map((arg) => b.asText(emit(arg, b)))
  const f = b.hoisted(implementation, 'fn')
  const types = b.hoisted({ args: e.args.map((arg) => arg.type), result: e.type }, 'ty')
  const nul = b.anyNull(operands)
  const as = representationOf(e.type)
  const target = b.result(as, nul)
  const compute = (): void => {
    b.line(`const r = ${f}([${operands.map((o) => o.value).join(', ')}], ${types})`)
    b.line(`if (r === null) ${target.nul} = true; else ${target.value} = r`)
  }
  b.block(nul === 'false' ? '' : `if (!${nul})`, compute)
  return target
}

function emitCast(e: Extract<Expression, { kind: 'cast' }>, b: KernelBuilder): Operand {
  const from = e.arg.type
  const to = e.type
  const inline = inlineCast(from, to)
  const arg = emit(e.arg, b)
  const as = representationOf(to)
  if (inline) return { as, value: b.local('v', inline(arg.value)), nul: arg.nul }
  const operand = b.asText(arg)
  const target = b.result(as, operand.nul)
  const [f, t] = [b.hoisted(from, 'ty'), b.hoisted(to, 'ty')]
  b.block(operand.nul === 'false' ? '' : `if (!${operand.nul})`, () => {
    b.line(`const r = castValue(${operand.value}, ${f}, ${t})`)
    b.line(
      `if (r === castFailed) { ${e.onError === 'null' ? `${target.nul} = true` : `failCast(${operand.value}, ${t})`} }`,
    )
    b.line(`else if (r === null) ${target.nul} = true; else ${target.value} = r`)
  })
  return target
}

/** Casts that can neither fail nor become NULL and need no boxing. */
function inlineCast(from: LogicalType, to: LogicalType): ((x: string) => string) | undefined {
  const small = ['TINYINT', 'SMALLINT', 'INT']
  if (small.includes(from.kind)) {
    if (to.kind === 'BIGINT') return (x) => `BigInt(${x})`
    if (to.kind === 'DOUBLE') return (x) => x
    if (to.kind === 'FLOAT') return (x) => `Math.fround(${x})`
    if (small.includes(to.kind)) return wrapped[to.kind]
  }
  if (from.kind === 'BIGINT') {
    if (to.kind === 'DOUBLE') return (x) => `Number(${x})`
    if (small.includes(to.kind)) return (x) => wrapped[to.kind]!(`Number(BigInt.asIntN(32, ${x}))`)
  }
  if ((from.kind === 'FLOAT' || from.kind === 'DOUBLE') && (to.kind === 'FLOAT' || to.kind === 'DOUBLE')) {
    return to.kind === 'FLOAT' ? (x) => `Math.fround(${x})` : (x) => x
  }
  if (to.kind !== 'DECIMAL') return undefined
  const digits = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 }[from.kind as 'INT'] as number | undefined
  const source =
    from.kind === 'DECIMAL'
      ? { precision: from.precision, scale: from.scale }
      : digits === undefined
        ? undefined
        : { precision: digits, scale: 0 }
  // Widening keeps every digit: no rounding, no overflow.
  if (!source || to.scale < source.scale || to.precision - to.scale < source.precision - source.scale) return undefined
  const factor = powerOfTen(to.scale - source.scale)
  const whole = (x: string): string => (small.includes(from.kind) ? `BigInt(${x})` : x)
  const product = (x: string): string => (factor === 1n ? whole(x) : `${whole(x)} * ${factor}n`)
  return to.precision <= 18 ? (x) => `BigInt.asIntN(64, ${product(x)})` : product
}
