// Another local secret: keys are wrapped anew, ended anywhere and gone on with; who has only the newest reads everything then, and
// who has only the old one, nothing that was wrapped since. And what threads are told of keys that are deleted for good.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localKms, makeKeyMaterial } from '../../format/index.ts'
import { registryLimits } from '../limits.ts'
import type { SchemasRecord } from '../records.ts'
import { dekRecord } from './key-records.ts'
import { formatOf, read, rows, rule, world, write, type World } from './testing-fields.ts'

const byPerson = rule({ 'millrace.dek.subject': 'customer-{id}' })
const format = formatOf()
const names = (place: World, secret: string | readonly string[], written: readonly Uint8Array[]): unknown[] =>
  read(place.ids(secret), format, written, [1]).rows.map(([name]) => name)

async function erase(place: World, subject: string): Promise<void> {
  const id = { kekName: 'pii', subject, algorithm: 'AES256_GCM' } as const
  await place.registry.keys!.deleteDeks(id, false)
  await place.registry.keys!.deleteDeks(id, true)
}

test('with both secrets everything is read, then every key is wrapped with the newest, and the old one opens none', async () => {
  const place = await world(format, byPerson, 'old')
  const written = await write(place, place.ids('old'), format)
  // Deleted softly it still opens: it is wrapped anew as well.
  await place.registry.keys!.deleteDeks({ kekName: 'pii', subject: 'customer-1', algorithm: 'AES256_GCM' }, false)
  assert.deepEqual(names(place, 'new', written), [null])
  assert.deepEqual(
    names(place, ['new', 'old'], written),
    rows.map((row) => row[1]),
  )
  const registry = place.restarted(['new', 'old'])
  assert.equal(registry.closedKey([byPerson]), undefined)
  assert.deepEqual(await registry.keys!.rewrap(), { wrapped: 2, closed: 0, parted: 0 })
  assert.deepEqual(await registry.keys!.rewrap(), { wrapped: 0, closed: 0, parted: 0 })
  assert.deepEqual(
    names(place, 'new', written),
    rows.map((row) => row[1]),
  )
  assert.deepEqual(names(place, 'old', written), [null])
  assert.deepEqual(registry.keys!.state().deks('pii', 'customer-1', 'AES256_GCM', false), [])
  // New keys are wrapped with the newest at once.
  const more = await write(place, place.ids(['new', 'old']), format, [[9n, 'Emmy', null, null, null, null]])
  assert.deepEqual(names(place, 'new', more), ['Emmy'])
})

test('ended between two batches it goes on; who was erased meanwhile does not come back; a key keeps its age', async () => {
  const place = await world(format, byPerson, 'old')
  place.nowMs = 1_234
  const people = Array.from({ length: registryLimits.rewrappedAtOnce + 10 }, (_, i) => [
    BigInt(i),
    `n${i}`,
    null,
    null,
    null,
    null,
  ])
  const written = await write(place, place.ids('old'), format, people)
  place.nowMs = 99_999
  let left = 1
  const dying = place.restarted(['new', 'old'], (records: readonly SchemasRecord[]) => {
    if (left-- > 0) return place.appendKeys(records)
    throw new Error('killed')
  })
  await assert.rejects(dying.keys!.rewrap(), /killed/)
  await erase(place, 'customer-3')
  await erase(place, `customer-${people.length - 1}`)
  const next = place.restarted(['new', 'old'])
  let pauses = 0
  const pause = async (): Promise<void> => void pauses++
  assert.deepEqual(await next.keys!.rewrap(pause), { wrapped: 9, closed: 0, parted: 0 })
  assert.equal(pauses, 1, 'between two pieces')
  assert.equal(names(place, 'new', written).length, people.length - 2)
  const [dek] = next.keys!.state().deks('pii', 'customer-0', 'AES256_GCM', false)
  assert.equal(dek!.timestampMs, 1_234)
})

test('keys that no secret opens are counted and left, as are KEKs with a secret of their own', async () => {
  const place = await world(format, byPerson, 'old')
  await write(place, place.ids('old'), format)
  await place.registry.keys!.createKek({
    name: 'own',
    kmsType: 'local-kms',
    kmsKeyId: 'k',
    kmsProps: { secret: 'its own' },
    doc: null,
    shared: true,
    deleted: false,
  })
  const own = { kekName: 'own', subject: 's', algorithm: 'AES256_GCM', version: 1 } as const
  await place.registry.keys!.createDek({ ...own, encryptedKeyMaterial: null, deleted: false }, false)
  const registry = place.restarted(['new', 'another'])
  const before = registry.keys!.state().dek(own, false)
  assert.deepEqual(await registry.keys!.rewrap(), { wrapped: 0, closed: 2, parted: 0 })
  // With one that opens beside them they are told from keys that are somebody else's as a whole.
  const other = dekRecord({ ...own, kekName: 'pii' }, null).key
  const material = Buffer.from(localKms('new').seal(makeKeyMaterial('AES256_GCM'))).toString('base64')
  const dek = { ...own, kekName: 'pii', encryptedKeyMaterial: material, deleted: false }
  await place.append(other, dekRecord(dek, dek).value!)
  assert.deepEqual(await registry.keys!.rewrap(), { wrapped: 0, closed: 2, parted: 2 })
  assert.deepEqual(registry.keys!.state().dek(own, false), before)
})

test('held keys stand still, and tell whose were deleted for good, once each and in order', async () => {
  const place = await world(format, byPerson, 's')
  const keys = place.ids('s').fieldKeys!
  const written = await write(place, place.ids('s'), format)
  const first = keys.hold()
  const subjects = (from: number): string[] => keys.erasedFrom(from).map(({ subject }) => subject)
  await place.registry.keys!.deleteDeks({ kekName: 'pii', subject: 'customer-3', algorithm: 'AES256_GCM' }, false)
  keys.release()
  const soft = keys.hold()
  assert.ok(soft > first)
  assert.deepEqual(subjects(0), [], 'a key that was deleted softly is nobody’s end')
  const { revision } = keys
  const seen = revision()
  await erase(place, 'customer-1')
  assert.equal(revision(), seen, 'nothing changes while it is held')
  assert.deepEqual(subjects(0), [])
  keys.release()
  assert.notEqual(revision(), seen)
  const next = keys.hold()
  assert.deepEqual(subjects(soft), ['customer-1'])
  assert.deepEqual(subjects(next), [])
  keys.release()
  assert.equal(read(place.ids('s'), format, written, [1]).bad.length, 1)
})
