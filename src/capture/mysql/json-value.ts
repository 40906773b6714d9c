// MySQL's binary JSON, written as the text that `CAST(j AS CHAR)` gives, so that a row reads the same from the log and from a
// snapshot. Offsets are checked and may only point forward inside their container, so hostile bytes end, in an error.
// Reference: MySQL source docs, json_binary.h; json_dom.cc (wrapper_to_string) for the text.
import { BytesError } from '../../base/index.ts'
import { readDecimal, decimalText } from './binary-values.ts'
import { dateText, datetimeText, timeText } from './calendar.ts'
import { LittleReader } from './little.ts'

const depthMax = 100

/** The text of a whole value; an empty one is JSON null, as MySQL has it for columns that got no value. */
export function readJson(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'null'
  return valueText(bytes[0]!, bytes.subarray(1), 0)
}

function valueText(type: number, bytes: Uint8Array, depth: number): string {
  if (depth > depthMax) throw new BytesError('JSON nested too deep', 0)
  const reader = new LittleReader(bytes)
  switch (type) {
    case 0x00:
      return containerText(bytes, { object: true, large: false, depth })
    case 0x01:
      return containerText(bytes, { object: true, large: true, depth })
    case 0x02:
      return containerText(bytes, { object: false, large: false, depth })
    case 0x03:
      return containerText(bytes, { object: false, large: true, depth })
    case 0x04:
      return literalText(reader.uint8())
    case 0x05:
      return String(reader.int16())
    case 0x06:
      return String(reader.uint16())
    case 0x07:
      return String(reader.int32())
    case 0x08:
      return String(reader.uint32())
    case 0x09:
      return String(reader.int64())
    case 0x0a:
      return String(reader.uint64())
    case 0x0b:
      return doubleText(reader.float64())
    case 0x0c:
      return quoted(reader.text(size7(reader)))
    case 0x0f:
      return opaqueText(reader)
    default:
      throw new BytesError(`JSON type ${type} is not known`, 0)
  }
}

function literalText(code: number): string {
  const text = ['null', 'true', 'false'][code]
  if (text === undefined) throw new BytesError(`JSON literal ${code}`, 0)
  return text
}

/** A size in groups of seven bits, lowest first. */
function size7(reader: LittleReader): number {
  let size = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.uint8()
    size += (byte & 127) * 2 ** shift
    if (byte < 128) return size
  }
  throw new BytesError('JSON size too long', reader.at)
}

function containerText(bytes: Uint8Array, shape: { object: boolean; large: boolean; depth: number }): string {
  const reader = new LittleReader(bytes)
  const wide = shape.large ? 4 : 2
  const count = reader.uint(wide)
  const size = reader.uint(wide)
  const entryBytes = (shape.object ? wide + 2 : 0) + 1 + wide
  if (size > bytes.length || count * entryBytes > size)
    throw new BytesError(`JSON of ${count} entries in ${size} bytes`, 0)
  const keys: string[] = []
  if (shape.object) {
    for (let i = 0; i < count; i++) {
      const at = reader.uint(wide)
      keys.push(new LittleReader(bytes, at, size).text(reader.uint16()))
    }
  }
  const parts: string[] = []
  for (let i = 0; i < count; i++) {
    const type = reader.uint8()
    const slot = reader.at
    const offset = reader.uint(wide)
    // Small values lie in the entry itself: literals, 16-bit numbers, and 32-bit ones in large containers.
    const inline = type === 4 || type === 5 || type === 6 || (shape.large && (type === 7 || type === 8))
    if (!inline && (offset < slot + wide || offset >= size))
      throw new BytesError('JSON offset outside its container', slot)
    const value = valueText(
      type,
      inline ? bytes.subarray(slot, slot + wide) : bytes.subarray(offset, size),
      shape.depth + 1,
    )
    parts.push(shape.object ? `${quoted(keys[i]!)}: ${value}` : value)
  }
  return shape.object ? `{${parts.join(', ')}}` : `[${parts.join(', ')}]`
}

/** Values that JSON has no type for: decimals as numbers, times as text, the rest in base64. */
function opaqueText(reader: LittleReader): string {
  const type = reader.uint8()
  const value = new LittleReader(reader.take(size7(reader)))
  switch (type) {
    case 246: {
      const precision = value.uint8()
      const scale = value.uint8()
      return decimalText(readDecimal(value, precision, scale), scale)
    }
    case 10:
    case 7:
    case 12:
      return `"${packedDatetime(value.int64(), type === 10)}"`
    case 11:
      return `"${packedTime(value.int64())}"`
    default:
      return `"base64:type${type}:${Buffer.from(value.take(value.remaining)).toString('base64')}"`
  }
}

function packedDatetime(packed: bigint, dateOnly: boolean): string {
  const micros = Number(packed & 0xffffffn)
  const rest = Number(packed >> 24n)
  const date = Math.floor(rest / 131072)
  const time = rest % 131072
  const yearMonth = Math.floor(date / 32)
  const fields = {
    year: Math.floor(yearMonth / 13),
    month: yearMonth % 13,
    day: date % 32,
    hour: time >> 12,
    minute: (time >> 6) & 63,
    second: time & 63,
    micros,
  }
  return dateOnly ? dateText(fields) : datetimeText(fields, 6)
}

function packedTime(packed: bigint): string {
  const absolute = packed < 0n ? -packed : packed
  const whole = Number(absolute >> 24n)
  const seconds = (((whole >> 12) & 1023) * 60 + ((whole >> 6) & 63)) * 60 + (whole & 63)
  const micros = seconds * 1_000_000 + Number(absolute & 0xffffffn)
  return timeText(packed < 0n ? -micros : micros, 6)
}

/** A double as MySQL prints it: shortest digits that read back; whole numbers keep ".0"; exponents without "+". */
export function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const text = value.toExponential()
  const [mantissa, exponentText] = text.split('e') as [string, string]
  const exponent = Number(exponentText)
  const digits = mantissa.replace('-', '').replace('.', '')
  const sign = value < 0 ? '-' : ''
  // Whole numbers from 1e15 on take an exponent; seventeen digits with a fraction do not.
  if (exponent < -15 || (exponent > 14 && digits.length <= exponent + 1)) {
    return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}.0`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

const escapes: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must be escaped
  return `"${text.replace(/["\\\u0000-\u001f]/g, (c) => escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}
