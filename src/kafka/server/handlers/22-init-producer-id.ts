// InitProducerId, versions 0 to 5: an id for an idempotent producer. A producer that lost its sequence (version 3 and up says
// its id and epoch) gets a new id, which is always right. Transactional ids are refused: transactions are not served.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

const refuse = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })

export const initProducerId = defineHandler(apis.initProducerId, async (broker, _client, request) => {
  if (request.transactionalId !== null) return refuse(kafkaErrors.transactionalIdAuthorizationFailed)
  // Whoever may write anything may write idempotently; which topics, Produce asks.
  try {
    return { errorCode: 0, producerId: await broker.log.nextProducerId(), producerEpoch: 0 }
  } catch {
    return refuse(kafkaErrors.kafkaStorageError)
  }
})
