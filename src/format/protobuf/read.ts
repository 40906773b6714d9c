// Reads a message by walking its plan: in any order, the last value of a field counting, messages that occur twice merged,
// oneofs holding one member, packed and unpacked lists alike, fields that nobody asked for stepped over. Records that are
// written as every serializer writes them never come here: the generated reader (compile.ts) takes them, and hands over
// what it does not expect.
// Reference: protobuf.dev "Encoding" ("Last One Wins", "Packed Repeated Fields", "Unknown Fields").
import { formatLimits } from '../limits.ts'
import type { StageColumn } from '../stage.ts'
import { damaged, misfit, readLength, readTag, skipField, skipGroup, wire, type ProtoCursor } from './cursor.ts'
import { oneofsOf, type FieldPlan, type MessagePlan, type ScalarPlan, type SmallPlan, type ValuePlan } from './plan.ts'
import {
  hasEqualKeys,
  keyText,
  readInteger,
  readScalar,
  setDate,
  setDecimal,
  setDuration,
  setText,
  setTextDecimal,
  setTime,
  setTimestamp,
  setZero,
} from './values.ts'

/** Starts and ends of parts of one message, whose content is read as if they stood behind one another. */
type Parts = number[]

/** Reads the message in bytes[cursor.position, cursor.end) into a row. Throws RecordDamage. */
export function readMessage(cursor: ProtoCursor, plan: MessagePlan, row: number): void {
  const { position, end } = cursor
  readParts(cursor, plan, [position, end], row)
  cursor.position = end
  cursor.end = end
}

/** What was found of a field: starts and ends of values, and whether each is a packed list. */
interface Found {
  readonly spans: number[]
  readonly packed: boolean[]
}

function readParts(cursor: ProtoCursor, plan: MessagePlan, parts: Parts, row: number): void {
  const found = scan(cursor, plan, parts)
  const at = parts.at(-1) ?? cursor.end
  for (const slot of plan.nulls) slot.setNull(row)
  for (const field of plan.fields) {
    const there = found.get(field)
    if (!there || there.spans.length === 0) setAbsent(cursor, field, row, at)
    else if (field.mode === 'single') readSingle(cursor, field, there, row)
    else if (field.mode === 'list') readList(cursor, field, there, row)
    else readMap(cursor, field, there, row)
  }
}

function scan(cursor: ProtoCursor, plan: MessagePlan, parts: Parts): Map<FieldPlan, Found> {
  const found = new Map<FieldPlan, Found>()
  const needed = new Set(plan.required.map((field) => field.number))
  const oneofs = oneofsOf(plan)
  for (let i = 0; i < parts.length; i += 2) {
    cursor.position = parts[i]!
    cursor.end = parts[i + 1]!
    while (cursor.position < cursor.end) {
      const tag = readTag(cursor)
      const number = tag >>> 3
      const field = plan.byNumber.get(number)
      needed.delete(number)
      const start = cursor.position
      if (field && (tag === field.tag || tag === field.packedTag)) {
        const end = valueSpan(cursor, tag)
        const after = cursor.position
        const spanStart = (tag & 7) === wire.bytes ? cursor.low : start
        if (isUnknownEnum(cursor, field, tag, start)) {
          cursor.position = after
          continue
        }
        clearOthers(found, plan, oneofs, field.field.number)
        let there = found.get(field)
        if (!there) found.set(field, (there = { spans: [], packed: [] }))
        if (field.mode === 'single' && field.value.kind === 'scalar') there.spans.length = there.packed.length = 0
        there.spans.push(spanStart, end)
        there.packed.push(tag === field.packedTag)
        cursor.position = after
      } else {
        skipField(cursor, tag)
        const other = plan.message.byNumber.get(number)
        if (other?.oneof && oneofs.has(other.oneof)) clearOthers(found, plan, oneofs, number)
      }
    }
  }
  if (needed.size > 0) {
    const name = plan.message.byNumber.get([...needed][0]!)!.name
    damaged(`${plan.path === '' ? '' : `${plan.path}.`}${name} is required and absent`, parts.at(-1) ?? cursor.end)
  }
  return found
}

/** Steps over a value; its content's end. Of bytes, cursor.low is then where the content begins. */
function valueSpan(cursor: ProtoCursor, tag: number): number {
  if ((tag & 7) === wire.groupStart) return skipGroup(cursor, tag, 0)
  if ((tag & 7) === wire.bytes) {
    const size = readLength(cursor)
    const start = cursor.position
    cursor.position = start + size
    cursor.low = start
    return start + size
  }
  skipField(cursor, tag)
  return cursor.position
}

/** A single value of a closed enum that has no such number: an unknown field. */
function isUnknownEnum(cursor: ProtoCursor, field: FieldPlan, tag: number, start: number): boolean {
  if (field.value.kind !== 'scalar' || field.value.closed === null || tag !== field.tag) return false
  const { low } = cursor
  cursor.position = start
  readInteger(cursor, 'enum')
  const unknown = !field.value.closed.has(cursor.low)
  cursor.low = low
  return unknown
}

function clearOthers(
  found: Map<FieldPlan, Found>,
  plan: MessagePlan,
  oneofs: ReturnType<typeof oneofsOf>,
  number: number,
): void {
  const { oneof } = plan.message.byNumber.get(number)!
  if (!oneof) return
  for (const member of oneofs.get(oneof) ?? []) {
    const other = plan.byNumber.get(member.number)
    if (other && member.number !== number) found.delete(other)
  }
}

function readSingle(cursor: ProtoCursor, field: FieldPlan, { spans }: Found, row: number): void {
  readValue(cursor, field.value, field.slot, spans, row)
}

/** @param parts of a message: all of them; of a scalar: one */
function readValue(cursor: ProtoCursor, value: ValuePlan, slot: StageColumn, parts: Parts, row: number): void {
  if (value.kind === 'message') {
    readParts(cursor, value.plan, parts, row)
    if (value.row) slot.valid[row] = 1
  } else if (value.kind === 'scalar') readSpan(cursor, value, slot, row, parts[0]!, parts[1]!)
  else readSmall(cursor, value, slot, parts, row)
}

function readSpan(
  cursor: ProtoCursor,
  value: ScalarPlan,
  slot: StageColumn,
  row: number,
  start: number,
  end: number,
): void {
  cursor.position = start
  cursor.end = end
  if (value.wireType !== wire.bytes) return readScalar(cursor, value, slot, row)
  if (value.target === 'bytes') return slot.setBytes(row, cursor.bytes, start, end - start)
  const bad = setText(slot, row, cursor.bytes, start, end - start)
  if (bad >= 0) damaged(`${value.path} is not UTF-8`, bad)
}

function readList(cursor: ProtoCursor, field: FieldPlan, { spans, packed }: Found, row: number): void {
  const { slot, value } = field
  const element = slot.children[0]!
  const first = slot.offsets[row]!
  let at = first
  const next = (position: number): void => {
    if (at - first >= formatLimits.elementsMax)
      damaged(`${field.path} has more than ${formatLimits.elementsMax} elements`, position)
    element.ensure(at)
  }
  packed.forEach((isPacked, i) => {
    const start = spans[i * 2]!
    const end = spans[i * 2 + 1]!
    if (!isPacked) {
      next(start)
      readValue(cursor, value, element, [start, end], at++)
      return
    }
    const scalar = value as ScalarPlan
    cursor.position = start
    cursor.end = end
    while (cursor.position < end) {
      const from = cursor.position
      if (scalar.closed) {
        readInteger(cursor, 'enum')
        if (!scalar.closed.has(cursor.low)) continue
        cursor.position = from
      }
      next(from)
      readScalar(cursor, scalar, element, at++)
    }
  })
  if (at === first && field.absent === 'null') return slot.setNull(row)
  slot.offsets[row + 1] = at
  slot.valid[row] = 1
}

function readMap(cursor: ProtoCursor, field: FieldPlan, { spans }: Found, row: number): void {
  const { slot } = field
  const entries = slot.children[0]!
  const first = slot.offsets[row]!
  let order: number[] = []
  for (let i = 0; i < spans.length; i += 2) order.push(i)
  if (order.length > formatLimits.elementsMax)
    damaged(`${field.path} has more than ${formatLimits.elementsMax} elements`, spans[0]!)
  // Written once to see the keys; where one occurs twice, the last entry of it counts, in the place of the first.
  writeEntries(cursor, field, spans, order, first)
  const key = entries.children[0]!
  if (hasEqualKeys(key, first, first + order.length)) {
    order = lastOfEach(key, order, first)
    writeEntries(cursor, field, spans, order, first)
  }
  slot.offsets[row + 1] = first + order.length
  slot.valid[row] = 1
}

function writeEntries(
  cursor: ProtoCursor,
  field: FieldPlan,
  spans: readonly number[],
  order: readonly number[],
  first: number,
): void {
  const entries = field.slot.children[0]!
  order.forEach((i, n) => {
    entries.ensure(first + n)
    readValue(cursor, field.value, entries, [spans[i]!, spans[i + 1]!], first + n)
  })
}

function lastOfEach(key: StageColumn, order: readonly number[], first: number): number[] {
  const last = new Map<string, number>()
  order.forEach((i, n) => last.set(keyText(key, first + n), i))
  return [...last.values()]
}

function setAbsent(cursor: ProtoCursor, field: FieldPlan, row: number, at: number): void {
  const { slot, value } = field
  switch (field.absent) {
    case 'null':
      return slot.setNull(row)
    case 'empty':
      slot.offsets[row + 1] = slot.offsets[row]!
      slot.valid[row] = 1
      return
    case 'zero':
      if (value.kind === 'scalar') return setZero(value, slot, row)
      return readValue(cursor, value, slot, [], row)
    case 'refuse':
      misfit(`${field.path} is absent and may not be null`, at)
      break
    case 'required':
      damaged(`${field.path} is required and absent`, at)
  }
}

/** Numbers of a well-known message's fields 1 to 4, and where its bytes lie. */
const small = { low: new Int32Array(5), high: new Int32Array(5), at: new Int32Array(5), size: new Int32Array(5) }

function readSmall(cursor: ProtoCursor, plan: SmallPlan, slot: StageColumn, parts: Parts, row: number): void {
  const { low, high, at, size } = small
  low.fill(0)
  high.fill(0)
  size.fill(0)
  const start = parts[0] ?? cursor.end
  for (let i = 0; i < parts.length; i += 2) {
    cursor.position = parts[i]!
    cursor.end = parts[i + 1]!
    while (cursor.position < cursor.end) {
      const tag = readTag(cursor)
      const number = tag >>> 3
      if (number > 4 || ((tag & 7) !== wire.varint && (tag & 7) !== wire.bytes)) skipField(cursor, tag)
      else if ((tag & 7) === wire.varint) {
        skipField(cursor, tag)
        low[number] = cursor.low
        high[number] = cursor.high
      } else {
        size[number] = readLength(cursor)
        at[number] = cursor.position
        cursor.position += size[number]!
      }
    }
  }
  switch (plan.kind) {
    case 'timestamp':
      return setTimestamp(plan, slot, row, low[1]!, high[1]!, low[2]!, start)
    case 'duration':
      return setDuration(plan, slot, row, low[1]!, high[1]!, low[2]!, start)
    case 'date':
      return setDate(plan, slot, row, low[1]!, low[2]!, low[3]!, start)
    case 'time':
      return setTime(plan, slot, row, low[1]!, low[2]!, low[3]!, low[4]!, start)
    case 'decimal':
      return setDecimal(cursor, plan, slot, row, at[1]!, size[1]!, low[2]!)
    case 'textDecimal':
      return setTextDecimal(cursor, plan, slot, row, at[1]!, size[1]!)
  }
}
