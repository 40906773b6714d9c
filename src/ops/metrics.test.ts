import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeterBuffer, createMetrics } from './index.ts'

test('metrics render as Prometheus text, labels sorted and escaped', () => {
  const metrics = createMetrics()
  metrics.add('millrace_pipeline_rows_in_total', { pipeline: 'a "b"\n' }, 2)
  metrics.add('millrace_pipeline_rows_in_total', { pipeline: 'a "b"\n' }, 3)
  metrics.set('millrace_freshness_seconds', { asset: 'x' }, Infinity)
  assert.equal(
    metrics.render(),
    '# HELP millrace_pipeline_rows_in_total Rows that a pipeline read.\n' +
      '# TYPE millrace_pipeline_rows_in_total counter\n' +
      'millrace_pipeline_rows_in_total{pipeline="a \\"b\\"\\n"} 5\n' +
      '# HELP millrace_freshness_seconds Seconds since the newest record of an asset was written.\n' +
      '# TYPE millrace_freshness_seconds gauge\n' +
      'millrace_freshness_seconds{asset="x"} +Inf\n',
  )
})

test('what a worker gathers is merged once, whatever the order of labels', () => {
  const buffer = createMeterBuffer()
  buffer.add('millrace_broker_errors_total', { api: 'Fetch', code: '1' }, 1)
  buffer.add('millrace_broker_errors_total', { code: '1', api: 'Fetch' }, 1)
  const metrics = createMetrics()
  metrics.merge(buffer.drain())
  metrics.merge(buffer.drain())
  assert.equal(metrics.value('millrace_broker_errors_total', { api: 'Fetch', code: '1' }), 2)
})

test('an undeclared name is our own fault', () => {
  assert.throws(() => createMetrics().add('made_up', {}, 1), /is declared in ops/)
})
