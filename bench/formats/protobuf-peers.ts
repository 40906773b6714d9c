// protobuf-es as its documentation has it: messages from descriptors, read from bytes and written to them. Decoding ends at its
// messages, encoding starts from ready ones.
import { createFileRegistry, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { descriptorOf, parseProto, schemaTextFor, type ProtoFile } from '../../src/format/index.ts'
import type { Run } from './peers.ts'
import type { Work } from './work.ts'

/** Bytes before the message: marker, id, and the one index. */
const frameBytes = 6

export function protobufEsPeers({ format, values }: Work): { readonly decode: Run; readonly encode: Run } {
  const type = messageOf(parseProto(schemaTextFor(format)!.text))
  const bodies = values.map((value) => value.subarray(frameBytes))
  const messages = bodies.map((body) => fromBinary(type, body))
  let kept: unknown
  return {
    decode: () => {
      for (let i = 0; i < bodies.length; i++) kept = fromBinary(type, bodies[i]!)
      return kept === undefined ? 0 : bodies.length
    },
    encode: () => {
      let size = 0
      for (let i = 0; i < messages.length; i++) size += toBinary(type, messages[i]!).length
      return size
    },
  }
}

function messageOf(file: ProtoFile): DescMessage {
  const described = new Map<string, FileDescriptorProto>()
  const visit = (one: ProtoFile): void => {
    if (described.has(one.path)) return
    one.dependencies.forEach(visit)
    described.set(one.path, fromBinary(FileDescriptorProtoSchema, descriptorOf(one)))
  }
  visit(file)
  return createFileRegistry(described.get(file.path)!, (path) => described.get(path)).getMessage(
    file.messages[0]!.fullName,
  )!
}
