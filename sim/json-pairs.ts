// Verdicts over generated pairs of JSON Schemas against what ajv says of values that are valid under the old one.
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { makeDraw } from '../src/registry/draw-testing.ts'
import { compareJson } from '../src/registry/json/compatibility.ts'
import { JsonDocument } from '../src/registry/json/document.ts'
import { makeJsonPair, makeJsonValue, type Plain } from '../src/registry/json/pairs-testing.ts'
import { Undecided, validateJson } from '../src/registry/json/validate.ts'

const options = {
  strict: false,
  validateFormats: false,
  unicodeRegExp: true,
  logger: false,
  inlineRefs: false,
} as const
let ajvs: { old: Ajv; modern: Ajv2020 } | undefined
let compiled = 0

/** ajv keeps what it compiled: a fresh one now and then. */
function ajvOf(schema: Plain): Ajv | Ajv2020 {
  if (!ajvs || ++compiled % 500 === 0) ajvs = { old: new Ajv(options), modern: new Ajv2020(options) }
  return typeof schema === 'object' && String(schema['$schema']).includes('2020-12') ? ajvs.modern : ajvs.old
}

export interface PairReport {
  /** Skipped: ajv runs into its own recursion. */
  readonly verdict: 'compatible' | 'incompatible' | 'skipped'
  /** Rules that stood against it. */
  readonly rules: readonly string[]
  /** A value that was valid and is no longer. */
  readonly witness: boolean
}

/** Throws what is wrong about the verdict, or about our validator. */
export function checkJsonPair(seed: number, values = 40): PairReport {
  const draw = makeDraw(seed)
  const { old, now } = makeJsonPair(draw)
  const told = `\nold ${JSON.stringify(old)}\nnew ${JSON.stringify(now)}`
  const [before, after] = [new JsonDocument(old), new JsonDocument(now)]
  const found = compareJson(after, before)
  const accepts = compilePair(old, now)
  if (!accepts) return { verdict: 'skipped', rules: [], witness: false }
  let witness = false
  for (let n = 0; n < values && !(witness && n > values / 2); n++) {
    const value = makeJsonValue(draw, n % 3 === 0 ? now : old)
    // ajv 8.20 lets an empty array pass contains where another array was looked at before.
    if (told.includes('"contains"') && JSON.stringify(value).includes('[]')) continue
    // And it takes nothing for evaluated by contains with minContains 0.
    if (told.includes('"minContains":0') && told.includes('"unevaluatedItems"')) continue
    // It looks for equal items only among those of the type in items, though prefixItems are others (2020-12 validation, 6.4.3).
    if (told.includes('"uniqueItems":true') && told.includes('"prefixItems"')) continue
    // And it takes nothing for evaluated by items that is always true (2020-12 core, 10.3.1.2).
    if (/"items":(\{\}|true)/.test(told) && told.includes('"unevaluatedItems"')) continue
    // And where a dependent schema does not apply it forgets what was evaluated beside it (2020-12 core, 11.3).
    if (told.includes('"dependentSchemas"') && told.includes('"unevaluatedProperties"')) continue
    const [was, plain] = [accepts.old(value), accepts.now(value)]
    // ajv runs into its own recursion.
    if (was === undefined || plain === undefined) continue
    for (const [document, expected] of [
      [before, was],
      [after, plain],
    ] as const) {
      const ours = verdictOf(document, value)
      if (ours !== undefined && ours !== expected)
        throw new Error(
          `our validator says ${ours}, ajv ${expected} of ${JSON.stringify(value)} under ${JSON.stringify(document.root.schema)}`,
        )
    }
    if (!was || plain || accepts.now(filled(now, value)) === true) continue
    witness = true
    if (found.length === 0) throw new Error(`compatible, but ${JSON.stringify(value)} was valid and is not${told}`)
  }
  return { verdict: found.length === 0 ? 'compatible' : 'incompatible', rules: found.map(({ rule }) => rule), witness }
}

/** What a reader makes of it: missing required properties of the root have their defaults. */
function filled(schema: Plain, value: unknown): unknown {
  if (typeof schema === 'boolean' || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const properties = (schema['properties'] ?? {}) as Record<string, Plain>
  const defaults = ((schema['required'] ?? []) as string[]).flatMap((name) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    return typeof property === 'object' && 'default' in property ? [[name, property['default']]] : []
  })
  return { ...Object.fromEntries(defaults), ...value }
}

type Accepts = (value: unknown) => boolean | undefined

function verdictOfAjv(validate: (value: unknown) => unknown, value: unknown): boolean | undefined {
  try {
    return validate(value) === true
  } catch (error) {
    // Its own recursion; and code for unevaluated properties that misses a variable.
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
}

function compilePair(old: Plain, now: Plain): { old: Accepts; now: Accepts } | undefined {
  try {
    const [before, after] = [ajvOf(old).compile(old), ajvOf(now).compile(now)]
    return { old: (value) => verdictOfAjv(before, value), now: (value) => verdictOfAjv(after, value) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function verdictOf(document: JsonDocument, value: unknown): boolean | undefined {
  try {
    return validateJson(document.root, value, { stepsMax: 100_000 }).length === 0
  } catch (error) {
    if (error instanceof Undecided) return undefined
    throw error
  }
}
