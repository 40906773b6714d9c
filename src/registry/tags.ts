// Tags inside a schema: `confluent:tags` of records and fields, added, removed and listed by path. Rules name them, so a
// client encrypts or masks what carries a tag.
// Reference: Confluent SchemaTags, AvroSchema and JsonSchema (inline tags).
import { keepNumber } from './avro/canonical.ts'
import { objectOrNull } from './entities.ts'
import { openProtoTags } from './protobuf/tags.ts'
import type { JsonObject } from './registry-types.ts'

export interface SchemaTags {
  readonly schemaEntity: { readonly entityPath: string; readonly entityType: 'sr_record' | 'sr_field' }
  readonly tags: readonly string[]
}

const tagsKey = 'confluent:tags'

/** Throws Error with what is wrong. */
export function readSchemaTags(value: unknown, what: string): SchemaTags[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Error(`${what} must be a list`)
  return value.map((item: unknown) => {
    const entity = objectOrNull(objectOrNull(item)?.['schemaEntity'])
    const tags = objectOrNull(item)?.['tags']
    const entityPath = entity?.['entityPath']
    const entityType = entity?.['entityType']
    if (typeof entityPath !== 'string' || (entityType !== 'sr_record' && entityType !== 'sr_field'))
      throw new Error(`${what} must have a schemaEntity with entityPath and entityType sr_record or sr_field`)
    if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string'))
      throw new Error(`${what} must have tags, a list of names`)
    return { schemaEntity: { entityPath: entityPath.replace(/^\./, ''), entityType }, tags: tags as string[] }
  })
}

/** Each record and field of a schema, with its path and the object that carries its tags. */
function entities(type: string, root: unknown): { path: string; kind: 'sr_record' | 'sr_field'; node: JsonObject }[] {
  const found: { path: string; kind: 'sr_record' | 'sr_field'; node: JsonObject }[] = []
  if (type === 'AVRO') visitAvro(root, '', found)
  else visitJson(root, '', found)
  return found
}

type Found = ReturnType<typeof entities>

function visitAvro(node: unknown, space: string, found: Found): void {
  if (Array.isArray(node)) for (const branch of node) visitAvro(branch, space, found)
  const object = objectOrNull(node)
  if (!object) return
  const { type, name, namespace, fields } = object
  if (type === 'record' || type === 'error') {
    const given = String(name)
    const inner = given.includes('.')
      ? given.slice(0, given.lastIndexOf('.'))
      : typeof namespace === 'string'
        ? namespace
        : space
    const full = given.includes('.') || inner === '' ? given : `${inner}.${given}`
    found.push({ path: full, kind: 'sr_record', node: object })
    for (const field of Array.isArray(fields) ? fields : []) {
      const member = objectOrNull(field)
      if (!member) continue
      found.push({ path: `${full}.${String(member['name'])}`, kind: 'sr_field', node: member })
      visitAvro(member['type'], inner, found)
    }
  } else if (type === 'array') visitAvro(object['items'], space, found)
  else if (type === 'map') visitAvro(object['values'], space, found)
  else visitAvro(type, space, found)
}

function visitJson(node: unknown, path: string, found: Found): void {
  const object = objectOrNull(node)
  if (!object) return
  const title = typeof object['title'] === 'string' ? object['title'] : ''
  const here = path === '' ? title || 'object' : path
  const properties = objectOrNull(object['properties'])
  if (properties) {
    found.push({ path: here, kind: 'sr_record', node: object })
    for (const [name, property] of Object.entries(properties)) {
      const member = objectOrNull(property)
      if (!member) continue
      found.push({ path: `${here}.${name}`, kind: 'sr_field', node: member })
      visitJson(member, `${here}.${name}`, found)
    }
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf'])
    for (const [i, item] of (Array.isArray(object[keyword]) ? object[keyword] : []).entries())
      visitJson(item, `${here}.${keyword.toLowerCase()}.${i}`, found)
  visitJson(object['items'], `${here}.array`, found)
}

const tagsOf = (node: JsonObject): string[] => {
  const tags = node[tagsKey]
  return Array.isArray(tags) ? tags.map(String) : []
}

/** A path matches from its end on, at a dot: 'r.a' is 'n.r.a' too. */
function matches(path: string, asked: string): boolean {
  return path === asked || path.endsWith(`.${asked}`)
}

/** @param asked names of tags, '*' for all */
export function findTags(type: string, text: string, asked: readonly string[]): SchemaTags[] {
  const all =
    type === 'PROTOBUF'
      ? openProtoTags(text).entities
      : entities(type, JSON.parse(text)).map(({ path, kind, node }) => ({ path, kind, tags: tagsOf(node) }))
  return all.flatMap(({ path, kind, tags }) => {
    const wanted = asked.includes('*') ? tags.length > 0 : tags.some((tag) => asked.includes(tag))
    return wanted ? [{ schemaEntity: { entityPath: path, entityType: kind }, tags: [...tags] }] : []
  })
}

/** The text with tags added, then others removed. Throws Error when a path is not there. */
export function changeTags(
  type: string,
  text: string,
  add: readonly SchemaTags[],
  remove: readonly SchemaTags[],
): string {
  if (add.length === 0 && remove.length === 0) return text
  if (type === 'PROTOBUF') return changeProtoTags(text, add, remove)
  const root: unknown = JSON.parse(text, keepNumber)
  const all = entities(type, root)
  const change = (wanted: readonly SchemaTags[], to: (tags: string[], given: readonly string[]) => string[]): void => {
    for (const { schemaEntity, tags } of wanted) {
      const { entityPath, entityType } = schemaEntity
      const entity = all.find(({ kind, path }) => kind === entityType && matches(path, entityPath))
      if (!entity) throw new Error(`No matching path '${entityPath}' found in the schema`)
      const changed = to(tagsOf(entity.node), tags)
      const node = entity.node as Record<string, unknown>
      if (changed.length === 0) delete node[tagsKey]
      else node[tagsKey] = changed
    }
  }
  change(add, (tags, given) => [...new Set([...tags, ...given])])
  change(remove, (tags, given) => tags.filter((tag) => !given.includes(tag)))
  return JSON.stringify(root)
}

function changeProtoTags(text: string, add: readonly SchemaTags[], remove: readonly SchemaTags[]): string {
  const { entities: all, print } = openProtoTags(text)
  const change = (
    wanted: readonly SchemaTags[],
    to: (tags: readonly string[], given: readonly string[]) => string[],
  ): void => {
    for (const { schemaEntity, tags } of wanted) {
      const { entityPath, entityType } = schemaEntity
      const entity = all.find(
        ({ kind, path, longPath }) =>
          kind === entityType && (matches(path, entityPath) || matches(longPath, entityPath)),
      )
      if (!entity) throw new Error(`No matching path '${entityPath}' found in the schema`)
      entity.setTags(to(entity.tags, tags))
    }
  }
  change(add, (tags, given) => [...new Set([...tags, ...given])])
  change(remove, (tags, given) => tags.filter((tag) => !given.includes(tag)))
  return print()
}
