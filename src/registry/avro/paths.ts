// Where the types of a parsed Avro schema stand in its text: a walk over the text's JSON beside the graph that was made of
// it. A named type stands where it is defined, whoever mentions it; one that a reference defines has no place here.
import type { AvroType } from '../../format/index.ts'

export class AvroPaths {
  readonly #paths = new Map<AvroType, string>()

  /** @param text the one that `type` was parsed from */
  constructor(type: AvroType, text: string) {
    const trimmed = text.trim()
    this.#walk(type, trimmed.startsWith('{') || trimmed.startsWith('[') ? JSON.parse(trimmed) : trimmed, '')
  }

  /** A JSON pointer; undefined: defined in another text. */
  of(type: AvroType): string | undefined {
    return this.#paths.get(type)
  }

  #walk(type: AvroType, json: unknown, path: string): void {
    if (typeof json !== 'object' || json === null) {
      // The mention of a name: its definition has the place.
      if (!('name' in type)) this.#paths.set(type, path)
      return
    }
    if (type.kind === 'union') {
      // Around a union may stand {"type": [...]}.
      const at = Array.isArray(json) ? path : `${path}/type`
      this.#paths.set(type, at)
      const list = (Array.isArray(json) ? json : (json as { type: unknown }).type) as unknown[]
      if (!Array.isArray(list)) return this.#walk(type, list, at)
      type.branches.forEach((branch, i) => this.#walk(branch, list[i], `${at}/${i}`))
      return
    }
    const node = json as Readonly<Record<string, unknown>>
    if (typeof node['type'] === 'object') return this.#walk(type, node['type'], `${path}/type`)
    if ('name' in type && node['name'] === undefined) return
    if (this.#paths.has(type)) return
    this.#paths.set(type, path)
    if (type.kind === 'array') this.#walk(type.items, node['items'], `${path}/items`)
    else if (type.kind === 'map') this.#walk(type.values, node['values'], `${path}/values`)
    else if (type.kind === 'record') {
      const fields = node['fields'] as readonly { type: unknown }[]
      type.fields.forEach((field, i) => this.#walk(field.type, fields[i]?.type, `${path}/fields/${i}/type`))
    }
  }
}
