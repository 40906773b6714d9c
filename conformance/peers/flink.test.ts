// needs: flink
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { startFlink, type Flink } from '../../peers/index.ts'

let flink: Flink
before(async () => {
  flink = await startFlink({ planOnly: true })
})
after(() => flink?.stop())

test('Flink plans a window over a Kafka table, and refuses an unknown column', async () => {
  const session = await flink.session()
  await session.run(`CREATE TABLE orders (id BIGINT, amount DECIMAL(10, 2), placed TIMESTAMP(3), WATERMARK FOR placed AS placed - INTERVAL '5' SECOND)
    WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = '127.0.0.1:1', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json')`)
  const plan =
    await session.explain(`SELECT window_start, SUM(amount) FROM TUMBLE(TABLE orders, DESCRIPTOR(placed), INTERVAL '1' MINUTE)
    GROUP BY window_start, window_end`)
  assert.match(plan, /GlobalWindowAggregate|WindowAggregate/)
  await assert.rejects(session.explain('SELECT colour FROM orders'), /Column 'colour' not found/)
  await session.close()
})
