// The read side of the registry for decoders in any thread: tails _schemas by itself.
import { MillraceError } from '../base/index.ts'
import type { RegisteredSchema, SchemaIds, TopicReader } from '../model/index.ts'
import { defaultContext } from './contexts.ts'
import { encryptionOf } from './keys/encrypted-fields.ts'
import { fieldKeysFromLog, type FieldKeysOptions } from './keys/field-keys.ts'
import type { SubjectVersion } from './registry-types.ts'
import { RegistryState } from './state.ts'
import { schemasTail } from './tail.ts'

/**
 * Reads _schemas as far as it goes when asked for something unknown; never waits. Throws MR-REGISTRY-003.
 * @param keys with it, encrypted fields are opened and sealed with the keys of _dek_registry_keys; without, they stay as they are
 */
export function schemaIdsFromLog(reader: TopicReader, keys?: FieldKeysOptions): SchemaIds {
  const state = new RegistryState()
  const tail = schemasTail(reader, state)
  return {
    ...(keys ? { fieldKeys: fieldKeysFromLog(reader, keys) } : {}),
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
  const plain = { id, type, text, ...encryptionFields(state, schema) }
  if (type === 'PROTOBUF') {
    const named = state.namedReferences(schema, schema.subject)
    if (typeof named === 'string' || named.length === 0) return plain
    return { ...plain, references: named.map((one) => one.text), referenceNames: named.map((one) => one.name) }
  }
  const references = schema.references.length === 0 ? [] : state.referenceTexts(schema, schema.subject)
  return typeof references === 'string' || references.length === 0 ? plain : { ...plain, references }
}

function encryptionFields(
  state: RegistryState,
  schema: SubjectVersion,
): Pick<RegisteredSchema, 'encrypted' | 'payloadRules'> {
  if (!schema.ruleSet) return {}
  const named = state.namedReferences(schema, schema.subject)
  try {
    const { encrypted, payload } = encryptionOf(schema, typeof named === 'string' ? [] : named)
    return {
      ...(encrypted.length === 0 ? {} : { encrypted }),
      ...(payload.length === 0 ? {} : { payloadRules: payload }),
    }
  } catch (error) {
    // An imported text that this registry cannot read: its readers say so.
    if (error instanceof SyntaxError || error instanceof MillraceError) return {}
    throw error
  }
}
