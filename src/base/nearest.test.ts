import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './index.ts'

test('the nearest name: a letter wrong, missing, too many, two swapped, or another case', () => {
  const names = ['metadata', 'spec', 'kind', 'topics', 'pipelines', 'op']
  const meant = {
    metdata: 'metadata',
    sepc: 'spec',
    Kind: 'kind',
    knid: 'kind',
    topic: 'topics',
    'pipe-lines': 'pipelines',
  }
  for (const [written, name] of Object.entries(meant)) assert.equal(nearest(written, names), name, written)
  for (const written of ['', 'x', 'po', 'owner', 'm'.repeat(100_000)]) assert.equal(nearest(written, names), undefined)
})
