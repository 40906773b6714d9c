// Sealed state files: whole and in pieces, damaged and with another secret, and written anew when the secret changes.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { BytesError } from '../../base/index.ts'
import { erasureRun, sealedTables, stateFiles, type ErasureRun } from '../erasure-kit.ts'
import { openWhole, SealClosed, SealingWriter, sealWhole, stateSealOf } from './sealed-file.ts'

const seal = stateSealOf('one')

test('what was sealed in any pieces opens whole; no byte may change, go or move; no other secret opens it', () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(1 << 16, (1 << 16) - 1, 70_000)), { maxLength: 6 })
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (pieces, at, bit) => {
      const parts = pieces.map((size, i) => new Uint8Array(size).fill(i + 1))
      const writer = new SealingWriter(seal)
      const bytes = Buffer.concat([...parts.map((part) => writer.push(part)), writer.finish()])
      const opened = openWhole(bytes, seal)
      assert.equal(Buffer.compare(opened.bytes, Buffer.concat(parts)), 0)
      assert.equal(opened.isOld, false)
      assert.throws(() => openWhole(bytes, undefined), SealClosed)
      assert.throws(() => openWhole(bytes, stateSealOf('two')), SealClosed)
      assert.equal(openWhole(bytes, stateSealOf(['two', 'one'])).isOld, true)
      const changed = Uint8Array.from(bytes)
      // Not the magic: what does not begin so is no sealed file.
      changed[8 + (at % (bytes.length - 8))]! ^= 1 << (bit % 8)
      const refused = (error: Error): boolean => error instanceof BytesError || error instanceof SealClosed
      // The writer's version, which says nothing to a reader, is bound to the blocks as well.
      assert.throws(() => openWhole(changed, seal), refused)
      assert.throws(() => openWhole(bytes.subarray(0, 14 + (at % (bytes.length - 14))), seal), refused)
    }),
    { numRuns: 60 },
  )
})

test('blocks that changed places do not open', () => {
  const bytes = sealWhole(new Uint8Array(200_000), seal)
  const head = bytes.length - 200_000 - 4 * 16
  const block = (1 << 16) + 16
  const swapped = Uint8Array.from(bytes)
  swapped.set(bytes.subarray(head, head + block), head + block)
  swapped.set(bytes.subarray(head + block, head + 2 * block), head)
  assert.throws(() => openWhole(swapped, seal), BytesError)
  // Cut between blocks, and before the first one.
  assert.throws(() => openWhole(bytes.subarray(0, head), seal), BytesError)
  assert.throws(() => openWhole(bytes.subarray(0, head + 2 * block), seal), BytesError)
})

const ada = 'ada@lovelace.example'
const sql = `${sealedTables}
CREATE TABLE found (order_id BIGINT, email STRING);
INSERT INTO found SELECT o.order_id, c.email FROM orders o JOIN customers c ON o.customer_id = c.customer_id;`
const inSteps = { stateForgetAtOnceBytes: 0, stateMergeAtOnceBytes: 0, stateMergeStepBytes: 64 }

function filled(limits: object, secrets?: readonly string[]): ErasureRun {
  const run = erasureRun(sql, limits, secrets ? { secrets } : {})
  for (let i = 0; i < 8; i++) {
    run.produce('customers', [[BigInt(i), i === 1 ? ada : `x${i}`.repeat(50), 'UK', BigInt(1_767_225_600_000 + i)]])
    run.settle()
  }
  return run
}

function joins(run: ErasureRun): void {
  const count = run.count('found')
  run.produce('orders', [[10n, 1n, 1_767_225_600_000n]])
  run.settle()
  assert.deepEqual(run.from('found', count), [{ order_id: 10, email: ada }])
}

for (const [name, limits] of [
  ['at once', {}],
  ['in steps', inSteps],
] as const) {
  test(`state of encrypted columns is sealed, and goes on after a restart, ${name}`, () => {
    const run = filled(limits, ['one'])
    assert.deepEqual(run.filesWith(ada), [])
    run.restart()
    joins(run)
    assert.deepEqual(run.filesWith(ada), [])
    // A person who was erased is gone from there as well: with the secret of old files nothing is found.
    const before = stateFiles(run.disk)
    run.erase('customer-1')
    run.settle()
    assert.deepEqual(
      before.filter((path) => run.disk.exists(path)),
      [],
    )
  })

  test(`files in clear of before, and of an older secret, are written anew, ${name}`, () => {
    const run = filled(limits)
    assert.notDeepEqual(run.filesWith(ada), [])
    for (const secrets of [['one'], ['two', 'one'], ['three', 'zero', 'two']]) {
      run.restart(secrets)
      assert.equal(run.body.status()[0]!.needsOldSecret, true)
      run.settle()
      const { needsOldSecret, epoch } = run.body.status()[0]!
      assert.equal(needsOldSecret, false, secrets[0])
      assert.deepEqual(run.filesWith(ada), [])
      run.settle()
      assert.equal(run.body.status()[0]!.epoch, epoch, 'when it is done, nothing more is committed')
      run.restart(secrets.slice(0, 1))
      assert.equal(run.body.status()[0]!.needsOldSecret, false)
      joins(run)
    }
  })

  test(`ended anywhere on the way to a new secret, it goes on with both, ${name}`, () => {
    for (let steps = 0; steps < 12; steps++) {
      const run = filled(limits, ['one'])
      run.restart(['two', 'one'])
      for (let i = 0; i < steps; i++) run.body.step()
      run.restart()
      run.settle()
      run.restart(['two'])
      joins(run)
    }
  })
}

test('another secret is told as such, and damage as damage', () => {
  const run = filled({}, ['one'])
  run.restart(['two'])
  const { state, error, needsOldSecret } = run.body.status()[0]!
  assert.deepEqual([state, error!.code, needsOldSecret], ['failed', 'MR-ENGINE-011', true])
  assert.match(error!.message, /is sealed: no secret of this node opens it/)
  const [path] = stateFiles(run.disk)
  const file = run.disk.open(path!, 'write')
  file.write(Uint8Array.of(255), file.size() - 20)
  file.close()
  for (const secrets of [['one'], ['two']]) {
    run.restart(secrets)
    assert.equal(run.body.status()[0]!.error!.code, 'MR-ENGINE-003')
  }
})
