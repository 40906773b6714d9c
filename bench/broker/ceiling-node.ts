// A broker that keeps nothing: our protocol in front of a log that answers each append at once. What a client reaches against
// it is what that client can send on this machine at all; no broker that keeps records gets beyond. Sends its port to who forked it.
import { createMemoryDisk, nodeClock, nodeNet, nodeRandom } from '../../src/base/index.ts'
import { createKafkaServer, type ServerLog } from '../../src/kafka/server/index.ts'
import { createLocalLog, createLog } from '../../src/log/index.ts'
import { makeAuthorize } from '../../src/model/index.ts'

const disk = createMemoryDisk()
const clock = nodeClock
const real = createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
let offset = 0
const log: ServerLog = {
  ...real,
  append: (topic, ...rest) =>
    topic.startsWith('__')
      ? real.append(topic, ...rest)
      : Promise.resolve({ ok: true, baseOffset: offset++, logAppendTimeMs: -1, logStartOffset: 0 }),
}
const { port } = await createKafkaServer({
  log,
  reader: real,
  net: nodeNet,
  clock,
  random: nodeRandom,
  authorize: makeAuthorize([]),
  meter: { add() {}, set() {} },
  host: '127.0.0.1',
  port: 0,
  clusterId: 'ceiling',
})
process.on('disconnect', () => process.exit())
process.send!(port)
