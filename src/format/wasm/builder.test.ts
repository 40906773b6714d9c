import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { call, i32, i64, makeWasmMemory, ModuleBuilder, select, v128 } from './builder.ts'

test('functions with loops, recursion, 64-bit numbers and SIMD compile and run', () => {
  const module = new ModuleBuilder()
  module.function(
    ['i32', 'i32'],
    'i32',
    (f, from, size) => {
      const sum = f.local('i32')
      f.block((done) => {
        f.loop((again) => {
          f.brIf(done, i32.eqz(size))
          f.set(sum, i32.add(sum, i32.load8(from)))
          f.step(from, 1)
          f.step(size, -1)
          f.br(again)
        })
      })
      f.return(sum)
    },
    'sum',
  )
  const factorial = module.declare(['i32'], 'i64')
  module.define(factorial, ['i32'], (f, n) => {
    f.if(i32.le(n, i32.of(1)), () => f.return(i64.of(1n)))
    f.return(i64.mul(i64.extend(n), call(factorial, i32.sub(n, i32.of(1)))))
  })
  module.function(
    ['i32'],
    'i32',
    (f, n) => {
      f.store64(i32.of(0), 32, call(factorial, n))
      f.return(select(i32.gt(n, i32.of(12)), i32.of(-1), i32.of(1)))
    },
    'factorial',
  )
  module.function(
    ['i32'],
    'i32',
    (f, at) => f.return(v128.bitmask8(v128.eq8(v128.load(at), v128.splat8(i32.of(34))))),
    'quotes',
  )
  const memory = makeWasmMemory(1)!
  const run = module.instantiate(memory)
  const bytes = new Uint8Array(memory.buffer)
  bytes.set([1, 2, 250], 5)
  assert.equal(run['sum']!(5, 3), 253)
  assert.equal(run['factorial']!(20), -1)
  assert.equal(new DataView(memory.buffer).getBigInt64(32, true), 2432902008176640000n)
  bytes.fill(0)
  bytes[3] = bytes[18] = 34
  assert.equal(run['quotes']!(3), 1 | (1 << 15))
})

test('without WebAssembly everything is read and printed plainly', () => {
  const script = `
    import { createDecoder, createEncoder } from ${JSON.stringify(import.meta.resolve('../index.ts'))}
    import { BatchBuilder, batchFromRows, decodeRecords, encodeRecordBatch, rowAt, types } from ${JSON.stringify(import.meta.resolve('../../model/index.ts'))}
    delete globalThis.WebAssembly
    const schema = { fields: [{ name: 's', type: types.string() }, { name: 'b', type: types.boolean() }, { name: 'n', type: types.bigint() }] }
    const format = { topic: 't', schema, keyColumns: null, keyFormat: 'raw', valueFormat: 'json', primaryKey: null }
    const records = []
    const rows = Array.from({ length: 100 }, (_, i) => ['x'.repeat(i), i % 3 === 0 ? null : i % 2 === 0, BigInt(i)])
    createEncoder(format, { schemaId: null }).encode(batchFromRows(schema, rows), 0, 100, (row, key, value) =>
      records.push({ key: null, value: value.slice(), timestampMs: 0 }))
    const ids = { byId: () => undefined, latest: () => undefined }
    const decoder = createDecoder(format, [0, 1, 2], ids, { kernelAfter: 0 })
    const out = new BatchBuilder(decoder.schema)
    decoder.decode(decodeRecords(encodeRecordBatch(records)), 0, 100, out, [])
    const batch = out.finish()
    const same = rows.every((row, i) => row.every((value, k) => rowAt(batch, i)[k] === value))
    console.log(typeof WebAssembly, batch.rowCount, same)
  `
  const run = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  assert.deepEqual([run.stdout.trim(), run.stderr], ['undefined 100 true', ''])
})
