// The keys and versions that each broker advertises are those that the compatibility table states.
// needs: kafka
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startKafka } from '../../peers/index.ts'
import { kafkaKeys } from './api-keys.ts'

/** Asks with version 0, which every broker answers. @returns [key, lowest, highest] by key */
function advertised(bootstrap: string): Promise<number[][]> {
  const [host, port] = bootstrap.split(':') as [string, string]
  const request = Buffer.alloc(14)
  request.writeInt32BE(10, 0)
  request.writeInt16BE(18, 4)
  request.writeInt32BE(1, 8)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(request))
    let answer: Buffer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('data', (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes])
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
      socket.end()
      const keys = Array.from({ length: answer.readInt32BE(10) }, (_, i) =>
        [0, 2, 4].map((at) => answer.readInt16BE(14 + i * 6 + at)),
      )
      resolve(keys.toSorted((a, b) => a[0]! - b[0]!))
    })
  })
}

test('Apache Kafka: its keys and versions are those of the compatibility table', async (t) => {
  const kafka = await startKafka({ heap: ['-Xms128m', '-Xmx384m'] })
  t.after(() => kafka.stop())
  const stated = kafkaKeys.flatMap(({ key, kafka: range }) => (range ? [[key, ...range]] : []))
  assert.deepEqual(await advertised(kafka.bootstrap), stated)
})
