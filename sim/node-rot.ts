// A bit on the disk flips while the node is down, somewhere in a sealed segment: whoever reads that partition gets what lies
// before it, then the disk's error and nothing else; what lies behind it can be asked for; the other partitions go on.
import { decodeRecords, decompressRecords, recordValue } from '../src/model/index.ts'
import type { LogReader } from '../src/log/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import type { SimulatedDisk } from './disk.ts'
import { NodeActor, plainFetch, type NodeActorOptions } from './node-actors.ts'
import { check } from './node-checker.ts'
import { allPlaces, type Place } from './node-member.ts'
import type { SeededRandom } from './random.ts'

/** Where a bit was flipped. */
export interface Rot {
  readonly place: Place
  /** Of the segment, and of the one behind it. */
  readonly from: number
  readonly next: number
}

/** Of each file the header, which is written twice elsewhere. */
const headerBytes = 512
/** Of a batch's header: its leader epoch, which no checksum covers and no reader relies on. */
const [epochFrom, epochTo] = [12, 16]

const baseOffsetOf = (name: string): number => Number(name.split('.')[0])

/** Flips a bit in a sealed segment all of which is read; undefined when there is none. */
export function rot(disk: SimulatedDisk, random: SeededRandom, reader: LogReader): Rot | undefined {
  const sealed = allPlaces.flatMap((place) => {
    const folder = `log/partitions/${reader.topic(place.topic)!.id}.${place.partition}`
    const names = disk.exists(folder) ? disk.list(folder).filter((name) => name.endsWith('.segment')) : []
    names.sort((a, b) => baseOffsetOf(a) - baseOffsetOf(b))
    const start = reader.startOffset(place.topic, place.partition)
    return names
      .slice(0, -1)
      .map((name, i) => ({
        path: `${folder}/${name}`,
        rot: { place, from: baseOffsetOf(name), next: baseOffsetOf(names[i + 1]!) },
      }))
      .filter(({ rot: { from } }) => from >= start)
  })
  if (sealed.length === 0) return undefined
  const one = random.pick(sealed)
  const file = disk.open(one.path, 'read')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  file.close()
  if (bytes.length <= headerBytes) return undefined
  const batches: number[] = []
  const view = new DataView(bytes.buffer)
  for (let at = headerBytes; at + 12 <= bytes.length; at += 12 + view.getInt32(at + 8)) batches.push(at)
  // Offset and length, which no checksum covers, more often than their share.
  const isBeforeEpoch = random.chance(0.3)
  let position = headerBytes + random.below(bytes.length - headerBytes)
  const batch = batches.findLast((at) => at <= position)!
  const isEpoch = position >= batch + epochFrom && position < batch + epochTo
  if (isBeforeEpoch || isEpoch) position = batch + random.below(epochFrom)
  disk.flipBit(one.path, position, random.below(8))
  return one.rot
}

/** Reads every partition as far as it can, and what lies behind the damage. */
export class RotReader extends NodeActor {
  readonly #rot: Rot
  readonly #starts = new Map<Place, number>()
  /** Somebody was told that the partition is damaged. */
  #isTold = false

  constructor(name: string, options: NodeActorOptions & { readonly rot: Rot }) {
    super(name, options)
    this.#rot = options.rot
  }

  protected async work(): Promise<boolean> {
    const { rot } = this
    for (const place of allPlaces) {
      const reached = await this.#read(place, await this.#startOf(place))
      const last = this.options.checker.lastKnown(place.topic, place.partition)
      const what = `${place.topic}-${place.partition} is read to ${reached}; its last record is at ${last}`
      if (place !== rot.place) check(reached > last, what)
      else check(this.#isTold && reached < rot.next, `${what}, though it is damaged from ${rot.from} to ${rot.next}`)
    }
    const behind = await this.#read(rot.place, rot.next)
    const last = this.options.checker.lastKnown(rot.place.topic, rot.place.partition)
    check(behind > last, `behind the damage it is read from ${rot.next} to ${behind} only`)
    this.options.world.counts['damaged partitions read']!++
    return true
  }

  protected get rot(): Rot {
    return this.#rot
  }

  async #startOf(place: Place): Promise<number> {
    const known = this.#starts.get(place)
    if (known !== undefined) return known
    const { topics } = await this.client.call(apis.listOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: place.topic, partitions: [{ partitionIndex: place.partition, timestamp: -2n }] }],
    })
    const { errorCode, offset } = topics[0]!.partitions[0]!
    check(errorCode === 0, `where ${place.topic}-${place.partition} begins: ${kafkaErrorName(errorCode)}`)
    this.#starts.set(place, Number(offset))
    return Number(offset)
  }

  /** @returns where it could not be read on, or the end */
  async #read(place: Place, from: number): Promise<number> {
    const { random, checker } = this.options
    const known = checker.known(place.topic, place.partition)
    const what = `${place.topic}-${place.partition}`
    for (let next = from; ;) {
      const partition = { partition: place.partition, fetchOffset: next, partitionMaxBytes: random.pick([300, 3000]) }
      const answer = await this.client.call(apis.fetch, 12, {
        ...plainFetch,
        topics: [{ topic: place.topic, partitions: [partition] }],
      })
      const { errorCode, highWatermark, records } = answer.responses[0]!.partitions[0]!
      if (errorCode !== 0) {
        const isExpected = errorCode === kafkaErrors.kafkaStorageError && place === this.#rot.place
        check(isExpected, `${what} at ${next}: ${kafkaErrorName(errorCode)}`)
        this.#isTold = true
        return next
      }
      if (next >= Number(highWatermark)) return next
      check(records !== null && records.length > 0, `${what} has nothing at ${next}, below ${highWatermark}`)
      next = this.#take(records, next, known, what)
    }
  }

  #take(bytes: Uint8Array, from: number, known: ReadonlyMap<number, string>, what: string): number {
    let next = from
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      const { baseOffset, lastOffsetDelta, size, control } = records.header
      check(at === 0 ? baseOffset <= next : baseOffset === next, `${what} goes on at ${baseOffset} instead of ${next}`)
      for (let i = 0; i < records.count && !control; i++) {
        const offset = records.offsets[i]!
        const value = Buffer.from(recordValue(records, i)!).toString()
        const was = known.get(offset)
        check(was === undefined || was === value, `${what} has ${value} at ${offset}, where ${was} was`)
      }
      at += size
      next = baseOffset + lastOffsetDelta + 1
    }
    check(next > from, `${what} does not get on from ${from}`)
    return next
  }
}
