// EndTxn, versions 0 to 5: commits or aborts. From version 5 on each end raises the producer's epoch, which the answer
// tells, so that nothing late falls into the next transaction (KIP-890). Answered when the markers are readable.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const endTxn = defineHandler(apis.endTxn, async (broker, client, request, version) => {
  const { transactionalId: id, producerId, producerEpoch, committed: commits } = request
  if (!broker.allows(client, 'write', 'transactional-id', id))
    return { errorCode: kafkaErrors.transactionalIdAuthorizationFailed }
  const generation = version >= 5 ? 2 : 1
  const { error, ...identity } = await broker.transactions.end(id, { producerId, producerEpoch, commits, generation })
  return { errorCode: shownError(error, version), ...identity }
})

/** Names that older versions do not know. */
function shownError(error: number, version: number): number {
  if (error === kafkaErrors.producerFenced && version < 2) return kafkaErrors.invalidProducerEpoch
  if (error === kafkaErrors.transactionAbortable && version < 4) return kafkaErrors.coordinatorNotAvailable
  return error
}
