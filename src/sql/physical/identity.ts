// Stable ids by lineage: what a node's rows are and what each column is, hashed without names of views, aliases or places. Adding
// an aggregate or a column leaves the ids of the other state slots as they are.
import type { Expression, PlanNode } from '../plan.ts'

/** `rows` tells which rows flow, `columns` what each column holds. */
export interface Identity {
  readonly rows: string
  readonly columns: readonly string[]
}

/** 64-bit FNV-1a over UTF-16 units, as 16 hexadecimal digits. The value is part of plan.lock: never change it. */
export function hashOf(...parts: readonly (string | number | boolean | null | readonly string[])[]): string {
  const text = JSON.stringify(parts)
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0
    // × 0x100000001b3 modulo 2^64, in 16-bit pieces of the low half
    const product = (low & 0xffff) * 0x1b3
    const middle = (low >>> 16) * 0x1b3 + (product >>> 16)
    const newLow = (((middle & 0xffff) << 16) | (product & 0xffff)) >>> 0
    high = (Math.imul(high, 0x1b3) + (middle >>> 16) + (low << 8)) >>> 0
    low = newLow
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** An expression with the identities of its columns in place of their positions. */
export function canonical(expression: Expression, columns: readonly string[]): string {
  switch (expression.kind) {
    case 'column':
      return columns[expression.index]!
    case 'literal':
      return `${JSON.stringify(expression.value)}:${typeText(expression)}`
    case 'call':
      return `${expression.name}(${expression.args.map((arg) => canonical(arg, columns)).join(',')}):${typeText(expression)}`
    case 'cast':
      return `${expression.onError === 'null' ? 'TRY_' : ''}CAST(${canonical(expression.arg, columns)}):${typeText(expression)}`
    case 'case':
      return `CASE(${expression.branches.map((b) => `${canonical(b.when, columns)}?${canonical(b.then, columns)}`).join(';')};${canonical(expression.otherwise, columns)}):${typeText(expression)}`
  }
}

/** Nullability does not change what is computed. */
function typeText({ type }: Expression): string {
  const { nullable: _, ...bare } = type
  return JSON.stringify(bare)
}

const identities = new WeakMap<PlanNode, Identity>()

export function identityOf(node: PlanNode): Identity {
  return identities.get(node)!
}

export function rememberIdentity<T extends PlanNode>(node: T, identity: Identity): T {
  identities.set(node, identity)
  return node
}

export const at = (identity: Identity, indexes: readonly number[]): string[] => indexes.map((i) => identity.columns[i]!)
