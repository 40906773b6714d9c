// What a syntax or an edition says of fields and enums where no option says otherwise.
// Reference: descriptor.proto, FeatureSet and FeatureSetDefaults; protobuf.dev, "Feature Settings for Editions".
import type { OptionValue, ProtoFile, ProtoOption } from './schema.ts'

export interface Features {
  readonly presence: 'EXPLICIT' | 'IMPLICIT' | 'LEGACY_REQUIRED'
  readonly enumType: 'OPEN' | 'CLOSED'
  readonly repeatedEncoding: 'PACKED' | 'EXPANDED'
  readonly utf8: 'VERIFY' | 'NONE'
  readonly messageEncoding: 'LENGTH_PREFIXED' | 'DELIMITED'
}

const proto2: Features = {
  presence: 'EXPLICIT',
  enumType: 'CLOSED',
  repeatedEncoding: 'EXPANDED',
  utf8: 'NONE',
  messageEncoding: 'LENGTH_PREFIXED',
}
const proto3: Features = {
  presence: 'IMPLICIT',
  enumType: 'OPEN',
  repeatedEncoding: 'PACKED',
  utf8: 'VERIFY',
  messageEncoding: 'LENGTH_PREFIXED',
}
const edition2023: Features = { ...proto3, presence: 'EXPLICIT' }

export function fileFeatures(file: Pick<ProtoFile, 'syntax' | 'options'>): Features {
  if (file.syntax === 'proto3') return proto3
  if (file.syntax !== 'editions') return proto2
  return featuresOf(file.options, edition2023)
}

const names: Readonly<Record<string, keyof Features>> = {
  field_presence: 'presence',
  enum_type: 'enumType',
  repeated_field_encoding: 'repeatedEncoding',
  utf8_validation: 'utf8',
  message_encoding: 'messageEncoding',
}

/** The features around something with what its own options change. */
export function featuresOf(options: readonly ProtoOption[], around: Features): Features {
  let features = around
  const set = (name: string, value: OptionValue): void => {
    const key = names[name]
    if (key && value.kind === 'identifier') features = { ...features, [key]: value.text }
  }
  for (const { name, value } of options) {
    if (name[0]!.extension || name[0]!.name !== 'features') continue
    if (name.length === 2 && !name[1]!.extension) set(name[1]!.name, value)
    else if (name.length === 1 && value.kind === 'aggregate')
      for (const field of value.fields) if (!field.extension) set(field.name, field.value)
  }
  return features
}
