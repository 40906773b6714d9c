// InitProducerId, versions 0 to 5: an id for an idempotent producer, or the identity of a transactional one, whose older
// holders are fenced by it. An idempotent producer that lost its sequence (version 3 and up says its id and epoch) gets a new
// id, which is always right. Not here: version 6 (two-phase commit).
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

const refuse = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })

export const initProducerId = defineHandler(apis.initProducerId, async (broker, client, request, version) => {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
  if (producerId >= 0n !== producerEpoch >= 0) return refuse(kafkaErrors.invalidRequest)
  if (transactionalId === null) {
    // Whoever may write anything may write idempotently (KIP-679); which topics, Produce asks.
    const allowed =
      broker.allows(client, 'idempotent-write', 'cluster', broker.clusterName) ||
      broker.allowsAny(client, 'write', 'topic')
    if (!allowed) return refuse(kafkaErrors.clusterAuthorizationFailed)
    try {
      return { errorCode: 0, producerId: await broker.log.nextProducerId(), producerEpoch: 0 }
    } catch {
      return refuse(kafkaErrors.kafkaStorageError)
    }
  }
  if (transactionalId === '' || transactionalId.length > broker.limits.transactionalIdLengthMax)
    return refuse(kafkaErrors.invalidRequest)
  if (!broker.allows(client, 'write', 'transactional-id', transactionalId))
    return refuse(kafkaErrors.transactionalIdAuthorizationFailed)
  const expected = producerId >= 0n ? { producerId, producerEpoch } : undefined
  const { error, ...identity } = await broker.transactions.init(transactionalId, transactionTimeoutMs, expected)
  // Older versions do not know the newer name.
  const shown = error === kafkaErrors.producerFenced && version < 4 ? kafkaErrors.invalidProducerEpoch : error
  return { errorCode: shown, ...identity }
})
