// What is said on the way from one local secret to the next, and when.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PipelineStatus } from '../../engine/index.ts'
import type { Rewrapped } from '../../registry/index.ts'
import { SecretRotation } from './secret-rotation.ts'

const done: Rewrapped = { wrapped: 3, closed: 0, parted: 0 }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const of = (name: string, needsOldSecret: boolean): PipelineStatus => ({ name, needsOldSecret }) as PipelineStatus

function rotation(secrets: readonly string[] | undefined, results: readonly (Rewrapped | Error)[]) {
  const said: string[] = []
  const notes = new Map<string, string>()
  const state = { pipelines: [] as PipelineStatus[], calls: 0 }
  const rewrap = async (): Promise<Rewrapped> => {
    const result = results[state.calls++]!
    if (result instanceof Error) throw result
    return result
  }
  const pipelines = (): readonly PipelineStatus[] => state.pipelines
  const tell = (line: string): void => void said.push(line)
  const made = new SecretRotation({ keys: { rewrap }, secrets, hasPipelines: true, pipelines, notes, tell })
  const look = async (): Promise<void> => {
    made.look()
    await turn()
    made.look()
  }
  return { look, said, notes, state }
}

test('it is said once, when every key and the state of every pipeline is sealed anew', async () => {
  const { look, said, notes, state } = rotation(['new', 'old'], [new Error('no room'), done])
  await look()
  assert.match([...notes.values()].join(), /could not be wrapped .* no room/)
  await look()
  assert.deepEqual([said, state.calls], [[], 2], 'no pipeline has said anything yet')
  state.pipelines = [of('a', true), of('b', false)]
  await look()
  assert.deepEqual([...notes.values()], ['LOCAL_OLD_SECRETS is still needed for the state of a.'])
  state.pipelines = [of('a', false), of('b', false)]
  for (let i = 0; i < 3; i++) await look()
  assert.equal(notes.size, 0)
  assert.deepEqual(said, [
    'Every key that opens, and all state, is sealed with LOCAL_SECRET now (3 keys were wrapped anew): LOCAL_OLD_SECRETS is no longer needed.',
  ])
})

test('keys that no secret opens are counted', async () => {
  const { look, said, state } = rotation(['new', 'old'], [{ ...done, closed: 2 }])
  state.pipelines = [of('a', false)]
  await look()
  assert.match(said[0]!, /no longer needed\. 2 keys are opened by none of the secrets/)
})

test('with one secret it is only said which keys it does not open among others that it does', async () => {
  const early = rotation(['new'], [{ wrapped: 0, closed: 5, parted: 2 }])
  await early.look()
  assert.match([...early.notes.values()][0]!, /^2 keys are not opened by LOCAL_SECRET, though others/)
  const somebodys = rotation(['new'], [{ wrapped: 0, closed: 5, parted: 0 }])
  await somebodys.look()
  assert.deepEqual([somebodys.notes.size, somebodys.said], [0, []])
  const none = rotation(undefined, [])
  await none.look()
  assert.equal(none.state.calls, 0)
})
