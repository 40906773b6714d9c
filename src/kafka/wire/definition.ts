// The compact form in which definitions/ states Kafka's messages, and its parser. Needed only when code is generated.
//
//   api 10 FindCoordinator               an API: key and name; then its two messages
//   request 0-6 flexible 3+              versions, and from which on the flexible encoding holds (or none)
//     key: string 0-3                    a field, the versions that have it (else those of its parent)
//     keyType: int8 1+ default=0         the value where a version lacks it
//     name: string?                      nullable; string?7+ = nullable from version 7 on
//     topics: [Topic] 1+ tag=0           an array of structs, its fields indented below; sent as tagged field 0
//
// Scalars: bool, int8, int16, uint16, int32, int64 (bigint), long (64 bits as a number, saturating at ±(2^53-1)), float64,
// string, uuid, bytes, records. Reference: Kafka's protocol guide; KIP-482 for flexible versions.
import { assert } from '../../base/index.ts'

export type Scalar =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'long'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

export type WireType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'array'; readonly of: WireType }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: Field[] }

/** Both ends inclusive. */
export interface Versions {
  readonly from: number
  readonly to: number
}

export interface Field {
  readonly name: string
  readonly type: WireType
  readonly versions: Versions
  /** The first version in which it may be null; undefined: never. */
  readonly nullableFrom: number | undefined
  readonly tag: number | undefined
  /** As written; undefined when the type's own zero holds. */
  readonly defaultText: string | undefined
}

export interface Message {
  readonly name: string
  readonly versions: Versions
  /** Infinity: never. */
  readonly flexibleFrom: number
  readonly fields: Field[]
}

export interface ApiDefinition {
  readonly key: number
  readonly name: string
  readonly request: Message
  readonly response: Message
}

const scalars: ReadonlySet<string> = new Set<Scalar>([
  'bool',
  'int8',
  'int16',
  'uint16',
  'int32',
  'int64',
  'long',
  'float64',
  'string',
  'uuid',
  'bytes',
  'records',
])

/** Parses one definitions text. Mistakes in it are ours: assertion errors that name the line. */
export function parseDefinitions(text: string): ApiDefinition[] {
  const found: ApiDefinition[] = []
  let request: Message | undefined
  let api: { key: number; name: string } | undefined
  // The lists of fields that are open, by indentation.
  let open: { fields: Field[]; versions: Versions }[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const words = line.trim().split(/\s+/)
    if (line.startsWith(' ')) {
      const depth = (line.length - line.trimStart().length) / 2
      open.length = depth
      const parent = open[depth - 1]
      assert(parent, `the line '${line}' is indented by two below its parent`)
      const field = parseField(words, parent.versions, line)
      parent.fields.push(field)
      const inner = field.type.kind === 'array' ? field.type.of : field.type
      if (inner.kind === 'struct') open[depth] = { fields: inner.fields, versions: field.versions }
    } else if (words[0] === 'api') {
      api = { key: Number(words[1]), name: words[2]! }
    } else {
      const [kind, versions, , flexible] = words
      assert(api, `an api stands before '${line}'`)
      const message: Message = {
        name: `${api.name}${kind === 'request' ? 'Request' : 'Response'}`,
        versions: parseVersions(versions!, { from: 0, to: Infinity }),
        flexibleFrom: flexible === 'none' ? Infinity : Number.parseInt(flexible!, 10),
        fields: [],
      }
      open = [{ fields: message.fields, versions: message.versions }]
      if (kind === 'request') request = message
      else found.push({ ...api, request: request!, response: message })
    }
  }
  return found
}

function parseVersions(text: string, within: Versions): Versions {
  const from = Number.parseInt(text, 10)
  const to = text.endsWith('+') ? within.to : Number(text.split('-')[1])
  assert(from >= within.from && to <= within.to && from <= to, `versions ${text} lie within their parent's`)
  return { from, to }
}

function parseField(words: string[], within: Versions, line: string): Field {
  const [label, typeText, ...rest] = words
  assert(label?.endsWith(':') && typeText, `'${line}' is name: type …`)
  let versions = within
  let tag: number | undefined
  let defaultText: string | undefined
  for (const word of rest) {
    if (word.startsWith('tag=')) tag = Number(word.slice(4))
    else if (word.startsWith('default=')) defaultText = word.slice(8)
    else versions = parseVersions(word, within)
  }
  const [plain, nullable] = typeText.split('?')
  const nullableFrom =
    nullable === undefined ? undefined : nullable === '' ? versions.from : Number.parseInt(nullable, 10)
  const array = /^\[(.*)\]$/.exec(plain!)
  const one = parseType(array ? array[1]! : plain!)
  const type: WireType = array ? { kind: 'array', of: one } : one
  return { name: label.slice(0, -1), type, versions, nullableFrom, tag, defaultText }
}

function parseType(name: string): WireType {
  if (scalars.has(name)) return { kind: 'scalar', scalar: name as Scalar }
  assert(/^[A-Z]/.test(name), `${name} is a scalar or a struct`)
  return { kind: 'struct', name, fields: [] }
}
