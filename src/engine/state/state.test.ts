import assert from 'node:assert/strict'
import test from 'node:test'
import { createMemoryDisk, keyGroupOf, MillraceError, type Disk } from '../../base/index.ts'
import { batchFromRows, rowAt, types, BatchBuilder, type Value } from '../../model/index.ts'
import { defaultLimits } from '../limits.ts'
import { appendKey, createKeyEncoder, hashWords } from '../rows/binary-row.ts'
import { appendRow, encodeRow } from '../rows/row-codec.ts'
import { sliceBatch } from '../rows/slice.ts'
import { schemaOf, seededRandom } from '../test-kit.ts'
import { ByteReader, ByteWriter } from '../../base/index.ts'
import { allKeyGroups, BytesHeap, decodeSegment, encodeSegment, StateStore, TimeHeap, type StateSlot } from './index.ts'

const schema = schemaOf({ k: types.string(), n: types.bigint() })

function openStore(
  disk: Disk,
  limits = defaultLimits,
): { store: StateStore; slot: StateSlot; values: BytesHeap; heapOf: Map<string, string> } {
  const store = new StateStore({ disk, folder: 'state/p', pipeline: 'p', limits })
  const values = new BytesHeap()
  const slot = store.open({
    id: 's',
    layoutVersion: 1,
    range: allKeyGroups,
    codec: {
      ensure() {},
      reset: (entry) => values.clear(entry),
      encode: (entry, writer) => writer.raw(values.get(entry)),
      decode: (entry, reader) => values.put(entry, reader.take(reader.remaining)),
    },
  })
  return { store, slot, values, heapOf: new Map() }
}

const encoder = createKeyEncoder(
  schema.fields.map((f) => f.type),
  [[0, 1]],
)
const keyOf = (k: string | null, n: bigint | null) => encoder.encode(batchFromRows(schema, [[k, n]]))

function contents(slot: StateSlot, values: BytesHeap): Map<string, string> {
  const all = new Map<string, string>()
  slot.forEach((entry) => {
    const builder = new BatchBuilder(schema)
    appendKey(builder.columns, slot.table.words, slot.table.starts[entry]!)
    builder.endRow()
    all.set(rowAt(builder.finish(), 0).join('|'), Buffer.from(values.get(entry)).toString())
  })
  return all
}

test('state recovers to exactly the committed entries, whatever came and went in between', () => {
  let stepped = 0
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed)
    const disk = createMemoryDisk()
    // Every second seed merges in steps of a few entries, as a state of gigabytes does.
    const limits =
      seed % 2 === 0
        ? defaultLimits
        : {
            ...defaultLimits,
            stateMergeAtOnceBytes: random.uint32() % 900,
            stateMergeStepBytes: 1 + (random.uint32() % 200),
          }
    let { store, slot, values } = openStore(disk, limits)
    store.recover([])
    const model = new Map<string, string>()
    for (let epoch = 1; epoch <= 30; epoch++) {
      for (let i = random.uint32() % 20; i > 0; i--) {
        const k = random.uint32() % 7 === 0 ? null : `key-${'x'.repeat(random.uint32() % 12)}${random.uint32() % 9}`
        const n = BigInt(random.uint32() % 3)
        const keys = keyOf(k, n)
        const name = [k, n].join('|')
        if (random.uint32() % 3 === 0) {
          const entry = slot.find(keys, 0)
          assert.equal(entry >= 0, model.has(name))
          if (entry >= 0) slot.remove(entry)
          model.delete(name)
        } else {
          const entry = slot.findOrAdd(keys, 0)
          const value = `v${random.uint32() % 1000}`
          values.put(entry, Buffer.from(value))
          slot.touch(entry)
          model.set(name, value)
        }
      }
      const files = store.seal(epoch)
      store.write()
      store.committed()
      assert.ok(files.length <= defaultLimits.stateFilesMax)
      // A merge writes beside the files that are committed.
      const names = files.map((file) => file.path.slice('state/p/'.length))
      const beside = disk.list('state/p').filter((name) => !names.includes(name))
      assert.deepEqual([disk.list('state/p').length, beside.length <= 1], [names.length + beside.length, true])
      stepped += names.filter((name) => name.includes('-')).length
      if (random.uint32() % (seed % 2 === 0 ? 4 : 12) === 0) {
        ;({ store, slot, values } = openStore(disk, limits))
        store.recover(files)
        assert.equal(disk.list('state/p').length, files.length)
      }
      assert.deepEqual(contents(slot, values), model, `seed ${seed} epoch ${epoch}`)
      assert.equal(slot.size, model.size)
    }
  }
  assert.ok(stepped > 50, `files merged in steps were committed: ${stepped}`)
})

test('a merge in steps refuses an input that is not the committed one', () => {
  const limits = { ...defaultLimits, stateMergeAtOnceBytes: 0, stateMergeStepBytes: 1 }
  for (const harmed of [true, false]) {
    const disk = createMemoryDisk()
    const { store, slot } = openStore(disk, limits)
    store.recover([])
    const commit = (epoch: number): number => {
      for (let i = 0; i < 40; i++) slot.findOrAdd(keyOf(`${epoch} ${i}`, 1n), 0)
      const files = store.seal(epoch)
      store.write()
      store.committed()
      return files.length
    }
    commit(1)
    if (harmed) {
      const file = disk.open(store.files[0]!.path, 'write')
      const byte = new Uint8Array(1)
      file.read(byte, file.size() - 20)
      file.write(Uint8Array.of(byte[0]! ^ 1), file.size() - 20)
    }
    const run = (): void => {
      for (let epoch = 2; epoch < 300; epoch++) assert.ok(commit(epoch) <= defaultLimits.stateFilesMax)
    }
    if (!harmed) run()
    else {
      assert.throws(run, { code: 'MR-ENGINE-003' })
      assert.ok(store.files[0]!.path.endsWith('/000000000001.segment'), 'what was damaged is part of no merged file')
    }
  }
})

test('a merge for which there is no room waits; epochs go on', () => {
  const limits = { ...defaultLimits, stateMergeAtOnceBytes: 0, stateMergeStepBytes: 1 << 20 }
  const disk = createMemoryDisk()
  let full = false
  const limited: Disk = {
    ...disk,
    open(path, mode) {
      const file = disk.open(path, mode)
      return {
        ...file,
        write(bytes, position) {
          if (full && path.includes('-')) throw new MillraceError('MR-BASE-002', { details: { path } })
          file.write(bytes, position)
        },
      }
    },
  }
  const { store, slot, values } = openStore(limited, limits)
  store.recover([])
  const commit = (epoch: number): number => {
    slot.findOrAdd(keyOf('k', BigInt(epoch)), 0)
    const files = store.seal(epoch)
    store.write()
    store.committed()
    return files.length
  }
  full = true
  for (let epoch = 1; epoch <= 5; epoch++) assert.equal(commit(epoch), epoch)
  full = false
  for (let epoch = 6; epoch <= 20; epoch++) commit(epoch)
  assert.ok(store.files.length < 12, `${store.files.length} files`)
  const again = openStore(disk, limits)
  again.store.recover(store.files)
  assert.deepEqual(contents(again.slot, again.values), contents(slot, values))
})

test('files of an epoch that was not committed are removed at start', () => {
  const disk = createMemoryDisk()
  const { store, slot, values } = openStore(disk)
  store.recover([])
  const add = (k: string): void => values.put(slot.findOrAdd(keyOf(k, 1n), 0), Buffer.from(k))
  add('a')
  const files = store.seal(1)
  store.write()
  store.committed()
  add('b')
  store.seal(2)
  store.write()
  const again = openStore(disk)
  again.store.recover(files)
  assert.deepEqual([...contents(again.slot, again.values)], [['a|1', 'a']])
  assert.deepEqual(disk.list('state/p'), ['000000000001.segment'])
})

test('a damaged, missing or foreign state file is named, never read', () => {
  const disk = createMemoryDisk()
  const { store, slot } = openStore(disk)
  store.recover([])
  slot.findOrAdd(keyOf('a', 1n), 0)
  const files = store.seal(1)
  store.write()
  store.committed()
  const file = disk.open(files[0]!.path, 'write')
  const byte = new Uint8Array(1)
  file.read(byte, 40)
  file.write(Uint8Array.of(byte[0]! ^ 1), 40)
  const code = (run: () => void): string => {
    try {
      run()
    } catch (error) {
      return (error as MillraceError).code
    }
    return ''
  }
  assert.equal(
    code(() => openStore(disk).store.recover(files)),
    'MR-ENGINE-003',
  )
  file.write(byte, 40)
  assert.equal(
    code(() => openStore(disk).store.recover(files)),
    '',
  )
  const other = new StateStore({ disk, folder: 'state/p', pipeline: 'p', limits: defaultLimits })
  assert.equal(
    code(() => other.recover(files)),
    'MR-ENGINE-004',
  )
  disk.remove(files[0]!.path)
  assert.equal(
    code(() => openStore(disk).store.recover(files)),
    'MR-ENGINE-003',
  )
})

test('a segment of a newer format says so', () => {
  const bytes = encodeSegment({ firstEpoch: 1, lastEpoch: 1, sections: [] })
  assert.deepEqual(decodeSegment(bytes), { firstEpoch: 1, lastEpoch: 1, sections: [] })
  bytes[9] = 9
  bytes[11] = 9
  assert.deepEqual(decodeSegment(bytes), { newer: 9 })
})

test('keys lie as Flink’s BinaryRowData and fall into its key groups', () => {
  // BIGINT 1: 8 bytes of null bits, then the value. Hash of those four words by MurmurHash3 with seed 42.
  const keys = createKeyEncoder([types.bigint()], [[0]]).encode(
    batchFromRows({ fields: [{ name: 'a', type: types.bigint() }] }, [[1n]]),
  )
  assert.deepEqual([...keys.words.subarray(0, 4)], [0, 0, 1, 0])
  assert.equal(keys.groups[0], keyGroupOf(hashWords(Int32Array.of(0, 0, 1, 0), 0, 4)))
  // Text up to 7 bytes lies in its field, its length in the top byte; longer text behind the fields.
  const texts = createKeyEncoder([types.string()], [[0]]).encode(
    batchFromRows({ fields: [{ name: 'a', type: types.string() }] }, [['abcdefg'], ['abcdefghi']]),
  )
  const bytes = new Uint8Array(texts.words.buffer)
  assert.deepEqual([...bytes.subarray(8, 16)], [97, 98, 99, 100, 101, 102, 103, 0x87])
  assert.deepEqual([...texts.words.subarray(6, 8)], [9, 16])
  assert.deepEqual([...bytes.subarray(32, 48)], [97, 98, 99, 100, 101, 102, 103, 104, 105, 0, 0, 0, 0, 0, 0, 0])
})

const all = schemaOf({
  a: types.boolean(),
  b: types.tinyint(),
  c: types.smallint(),
  d: types.int(),
  e: types.bigint(),
  f: types.float(),
  g: types.double(),
  h: types.decimal(12, 2),
  i: types.decimal(38, 4),
  j: types.string(),
  k: types.bytes(),
  l: types.timestamp(3),
  m: types.timestamp(6),
  n: types.timestampLtz(9),
  o: types.date(),
  p: types.time(3),
  q: types.array(types.int()),
  r: types.row([{ name: 'x', type: types.string() }]),
  s: types.map(types.string(), types.int()),
})
const rows: Value[][] = [
  [
    true,
    -1,
    -300,
    70000,
    -(2n ** 63n),
    0.5,
    -0.25,
    -123n,
    -(10n ** 37n),
    'é',
    Uint8Array.of(1, 2),
    -1n,
    -1n,
    -1n,
    -3,
    5,
    [1, null, 3],
    ['y'],
    new Map([['m', 1]]),
  ],
  [
    false,
    127,
    300,
    -70000,
    2n ** 63n - 1n,
    -0.5,
    1e300,
    99n,
    10n ** 37n,
    'a text of more than seven bytes',
    new Uint8Array(0),
    1_700_000_000_000n,
    1_700_000_000_000_001n,
    1_700_000_000_000_000_001n,
    20000,
    86399999,
    [],
    [null],
    new Map(),
  ],
  all.fields.map(() => null),
]

test('keys and rows of every type come back as they were', () => {
  const batch = batchFromRows(all, rows)
  const keys = createKeyEncoder(
    all.fields.map((f) => f.type),
    [all.fields.map((_, i) => i), [4]],
    true,
  ).encode(batch, Float64Array.of(-5, 2 ** 40, 0))
  const byKey = new BatchBuilder(all)
  for (let r = 0; r < 3; r++) {
    appendKey(byKey.columns, keys.words, keys.starts[r]!)
    byKey.endRow()
  }
  const decoded = byKey.finish()
  const writer = new ByteWriter()
  for (let r = 0; r < 3; r++) encodeRow(writer, batch.columns, r)
  const byRow = new BatchBuilder(all)
  const reader = new ByteReader(writer.finish())
  for (let r = 0; r < 3; r++) {
    appendRow(byRow.columns, reader)
    byRow.endRow()
  }
  const read = byRow.finish()
  for (let r = 0; r < 3; r++) {
    assert.deepEqual(rowAt(decoded, r), rows[r])
    assert.deepEqual(rowAt(read, r), rows[r])
    assert.equal(keys.nulls[r], r === 2 ? 1 : 0)
  }
})

test('a slice has the rows of its range', () => {
  const many = Array.from({ length: 21 }, (_, i) => rows[i % 3]!)
  const batch = batchFromRows(all, many)
  for (const [from, to] of [
    [0, 21],
    [1, 2],
    [3, 20],
    [8, 17],
    [9, 9],
  ] as const) {
    const slice = sliceBatch(batch, from, to)
    assert.deepEqual(
      Array.from({ length: slice.rowCount }, (_, r) => rowAt(slice, r)),
      many.slice(from, to),
    )
  }
})

test('the time heap gives the earliest first, ties in sequence', () => {
  const random = seededRandom(7)
  const heap = new TimeHeap()
  const model: [number, number][] = []
  for (let i = 0; i < 500; i++) {
    const time = random.uint32() % 50
    heap.push(time, i, i)
    model.push([time, i])
    if (random.uint32() % 3 === 0) {
      model.sort((a, b) => a[0] - b[0] || a[1] - b[1])
      assert.deepEqual([heap.time, heap.sequence], model.shift())
      heap.pop()
    }
  }
  assert.equal(heap.size, model.length)
})
