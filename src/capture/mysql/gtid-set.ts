// Sets of MySQL global transaction identifiers, holes and tags kept: our position in a source's history. A file position wraps
// and differs between servers; a set does neither. Invariant: per source id, intervals are sorted, disjoint and not adjacent.
// Reference: MySQL manual, "GTID Format and Storage"; the binary form is that of COM_BINLOG_DUMP_GTID and PREVIOUS_GTIDS.
import { ByteWriter } from '../../base/index.ts'

/** First and last number of a run, both included. Numbers stay below 2^53, which a source reaches in no lifetime. */
type Interval = readonly [first: number, last: number]

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const tagPattern = /^[a-z_][a-z0-9_]{0,31}$/

/** One transaction: `source` is a UUID, with ':tag' when it has one. */
export interface Gtid {
  readonly source: string
  readonly number: number
}

export function formatGtid(gtid: Gtid): string {
  return `${gtid.source}:${gtid.number}`
}

/** An immutable set of transactions. */
export class GtidSet {
  readonly #sources: ReadonlyMap<string, readonly Interval[]>

  private constructor(sources: ReadonlyMap<string, readonly Interval[]>) {
    this.#sources = sources
  }

  static readonly empty: GtidSet = new GtidSet(new Map())

  /**
   * Reads MySQL's text form: `uuid:1-7:9, uuid:1-3:tag:1-2`, blanks and newlines allowed. Empty text is the empty set.
   * Throws Error when the text is none.
   */
  static parse(text: string): GtidSet {
    const sources = new Map<string, Interval[]>()
    for (const part of text.split(',')) {
      const pieces = part.trim().toLowerCase().split(':')
      if (pieces.length === 1 && pieces[0] === '') continue
      const uuid = pieces[0]!.trim()
      if (!uuidPattern.test(uuid)) throw new Error(`not a source id in a GTID set: ${uuid}`)
      let source = uuid
      for (const raw of pieces.slice(1)) {
        const piece = raw.trim()
        if (tagPattern.test(piece)) {
          source = `${uuid}:${piece}`
          continue
        }
        const match = /^(\d+)(?:-(\d+))?$/.exec(piece)
        const first = Number(match?.[1])
        const last = Number(match?.[2] ?? match?.[1])
        if (!match || first < 1 || !Number.isSafeInteger(last))
          throw new Error(`not an interval in a GTID set: ${piece}`)
        // MySQL reads an interval that ends before it begins as an empty one.
        if (last >= first) sources.set(source, [...(sources.get(source) ?? []), [first, last]])
      }
    }
    return new GtidSet(new Map([...sources].map(([source, intervals]) => [source, normal(intervals)])))
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0
  }

  /** How many transactions. */
  get count(): number {
    let count = 0
    for (const intervals of this.#sources.values()) for (const [first, last] of intervals) count += last - first + 1
    return count
  }

  has(gtid: Gtid): boolean {
    const intervals = this.#sources.get(gtid.source)
    if (!intervals) return false
    // Newest first: what is asked for is nearly always at the end.
    for (let i = intervals.length - 1; i >= 0; i--) {
      const [first, last] = intervals[i]!
      if (gtid.number > last) return false
      if (gtid.number >= first) return true
    }
    return false
  }

  /** The set with one more transaction. O(sources + intervals of its source). */
  with(gtid: Gtid): GtidSet {
    const intervals = this.#sources.get(gtid.source) ?? []
    const newest = intervals.at(-1)
    const next: readonly Interval[] =
      newest && newest[1] + 1 === gtid.number
        ? [...intervals.slice(0, -1), [newest[0], gtid.number]]
        : normal([...intervals, [gtid.number, gtid.number]])
    return new GtidSet(new Map(this.#sources).set(gtid.source, next))
  }

  union(other: GtidSet): GtidSet {
    const sources = new Map(this.#sources)
    for (const [source, intervals] of other.#sources)
      sources.set(source, normal([...(sources.get(source) ?? []), ...intervals]))
    return new GtidSet(sources)
  }

  /** What is here and not in `other`. */
  subtract(other: GtidSet): GtidSet {
    const sources = new Map<string, readonly Interval[]>()
    for (const [source, intervals] of this.#sources) {
      const rest = without(intervals, other.#sources.get(source) ?? [])
      if (rest.length > 0) sources.set(source, rest)
    }
    return new GtidSet(sources)
  }

  /** True when every transaction of `other` is here. */
  contains(other: GtidSet): boolean {
    return other.subtract(this).isEmpty
  }

  equals(other: GtidSet): boolean {
    return this.contains(other) && other.contains(this)
  }

  /** MySQL's text form, sorted; tags follow their source's untagged intervals. */
  toString(): string {
    const byUuid = new Map<string, string[]>()
    for (const source of [...this.#sources.keys()].toSorted()) {
      const uuid = source.slice(0, 36)
      const runs = this.#sources.get(source)!.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
      byUuid.set(uuid, [...(byUuid.get(uuid) ?? []), ...(source.length > 36 ? [source.slice(37)] : []), ...runs])
    }
    return [...byUuid].map(([uuid, pieces]) => `${uuid}:${pieces.join(':')}`).join(',')
  }

  /**
   * The binary form of COM_BINLOG_DUMP_GTID: little-endian, interval ends excluded. With any tag the tagged form is used: the
   * count lies in bytes 1 to 6 of the first word, whose first and last byte hold the format (1), and each id has a tag.
   */
  encode(): Uint8Array {
    const out = new ByteWriter()
    const tagged = [...this.#sources.keys()].some((source) => source.length > 36)
    const count = this.#sources.size
    word(out, tagged ? count * 256 : count)
    const bytes = out.copy()
    if (tagged) {
      bytes[0] = 1
      bytes[7] = 1
    }
    out.reset()
    out.raw(bytes)
    for (const source of [...this.#sources.keys()].toSorted()) {
      out.raw(Buffer.from(source.slice(0, 36).replaceAll('-', ''), 'hex'))
      if (tagged) {
        const tag = source.slice(37)
        // MySQL's variable-length integer: below 128, the value doubled.
        out.uint8(tag.length * 2)
        out.text(tag)
      }
      const intervals = this.#sources.get(source)!
      word(out, intervals.length)
      for (const [first, last] of intervals) {
        word(out, first)
        word(out, last + 1)
      }
    }
    return out.copy()
  }
}

/** Sorted, merged where they touch. */
function normal(intervals: readonly Interval[]): readonly Interval[] {
  const merged: [number, number][] = []
  for (const [first, last] of intervals.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

function without(intervals: readonly Interval[], taken: readonly Interval[]): Interval[] {
  const rest: Interval[] = []
  for (const [first, last] of intervals) {
    let from = first
    for (const [takenFirst, takenLast] of taken) {
      if (takenLast < from) continue
      if (takenFirst > last) break
      if (takenFirst > from) rest.push([from, takenFirst - 1])
      from = takenLast + 1
    }
    if (from <= last) rest.push([from, last])
  }
  return rest
}

/** A safe integer as a little-endian 64-bit word. */
function word(out: ByteWriter, value: number): void {
  const high = Math.floor(value / 4294967296)
  const low = value - high * 4294967296
  for (const half of [low, high]) for (let shift = 0; shift < 32; shift += 8) out.uint8((half >>> shift) & 255)
}
