import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../ops/index.ts'
import type { TopicHealth } from '../../registry/index.ts'
import { noteRegistryHealth } from './registry-problems.ts'

test('a skipped record of the registry is a problem of the node with its offset, and is counted', () => {
  const metrics = createMetrics()
  const notes = new Map<string, string>()
  let health: readonly TopicHealth[] = [
    { topic: '_schemas', skippedCount: 3, firstSkipped: { offset: 7, reason: 'keytype "x"' } },
  ]
  const look = (): void => noteRegistryHealth({ health: () => health }, notes, metrics)
  look()
  assert.match(notes.get('topic _schemas')!, /^Record 7 of _schemas cannot be understood and is skipped: keytype "x"\./)
  assert.equal(metrics.value('millrace_registry_skipped_records', { topic: '_schemas' }), 3)
  health = [{ topic: '_schemas', skippedCount: 0 }]
  look()
  assert.equal(notes.size, 0)
})
