// The read side of the registry for decoders in any thread: tails _schemas by itself.
import type { RegisteredSchema, SchemaIds, TopicReader } from '../model/index.ts'
import { defaultContext } from './contexts.ts'
import type { SubjectVersion } from './registry-types.ts'
import { RegistryState } from './state.ts'
import { schemasTail } from './tail.ts'

/** Reads _schemas as far as it goes when asked for something unknown; never waits. Throws MR-REGISTRY-003. */
export function schemaIdsFromLog(reader: TopicReader): SchemaIds {
  const state = new RegistryState()
  const tail = schemasTail(reader, state)
  return {
    byId(id) {
      let found = state.anyWithId(defaultContext, id)
      if (!found) {
        tail.poll()
        found = state.anyWithId(defaultContext, id)
      }
      return found && registered(state, found)
    },
    byGuid(guid) {
      let found = state.withGuid(guid)[0]
      if (!found) {
        tail.poll()
        found = state.withGuid(guid)[0]
      }
      return found && registered(state, found)
    },
    latest(subject) {
      tail.poll()
      const latest = state.latest(subject)
      return latest && { ...registered(state, latest), version: latest.version }
    },
  }
}

export function registered(state: RegistryState, schema: SubjectVersion): RegisteredSchema {
  const { id, type, text } = schema
  if (type === 'PROTOBUF') {
    const named = state.namedReferences(schema, schema.subject)
    if (typeof named === 'string' || named.length === 0) return { id, type, text }
    return { id, type, text, references: named.map((one) => one.text), referenceNames: named.map((one) => one.name) }
  }
  const references = schema.references.length === 0 ? [] : state.referenceTexts(schema, schema.subject)
  return typeof references === 'string' || references.length === 0 ? { id, type, text } : { id, type, text, references }
}
