// The first 512 bytes of each of the log's files: magic, format version, the oldest version that can read it, and fields
// as JSON, so that `head -c 512` tells a person what a file is. One sector: it is written whole or not at all.
//
// Layout, big-endian: 0 magic (4 letters), 4 uint16 format version, 6 uint16 minimum reader version, 8 uint32 CRC-32C of
// [12, 512), 12 uint32 length of the JSON, 16 JSON, zeros.
import { assert, ByteWriter, crc32c, decodeText, encodeText, MillraceError } from '../base/index.ts'

export const fileHeaderBytes = 512
/** Written by this program. 2: transactions (markers, open and aborted ones in the checkpoint). */
export const formatVersion = 2
/** The oldest that is still read. */
export const oldestFormatVersion = 1
/** Oldest program (by format version) that reads what this one writes. */
const minimumReaderVersion = 2

export type Magic = 'MRJN' | 'MRSG' | 'MRIX' | 'MRCP'
type Fields = Readonly<Record<string, string | number>>

export function encodeFileHeader(magic: Magic, fields: Fields): Uint8Array {
  const writer = new ByteWriter(fileHeaderBytes)
  const json = encodeText(JSON.stringify(fields))
  assert(json.length <= fileHeaderBytes - 16, 'the fields fit a header')
  writer.text(magic)
  writer.uint16(formatVersion)
  writer.uint16(minimumReaderVersion)
  writer.uint32(0)
  writer.uint32(json.length)
  writer.raw(json)
  writer.raw(new Uint8Array(fileHeaderBytes - writer.length))
  const bytes = writer.copy()
  new DataView(bytes.buffer).setUint32(8, crc32c(bytes.subarray(12)))
  return bytes
}

/**
 * The fields of a file's header; undefined when the bytes are no such header (damaged, or never written).
 * Throws MR-BASE-006 when a newer program wrote it so that this one cannot read it. @param path for that message
 */
export function decodeFileHeader(bytes: Uint8Array, magic: Magic, path: string): Fields | undefined {
  if (bytes.length < fileHeaderBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let i = 0; i < 4; i++) if (bytes[i] !== magic.charCodeAt(i)) return undefined
  if (view.getUint32(8) !== crc32c(bytes.subarray(12, fileHeaderBytes))) return undefined
  if (view.getUint16(6) > formatVersion) {
    const details = { path, found: `format ${view.getUint16(4)}`, known: `format ${formatVersion}` }
    throw new MillraceError('MR-BASE-006', { details })
  }
  const length = view.getUint32(12)
  if (length > fileHeaderBytes - 16) return undefined
  return JSON.parse(decodeText(bytes.subarray(16, 16 + length))) as Fields
}
