// AddOffsetsToTxn, versions 0 to 4: a group's offsets join a transaction (first generation); TxnOffsetCommit writes them.
import { offsetsTopic } from '../../../log/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const addOffsetsToTxn = defineHandler(apis.addOffsetsToTxn, async (broker, client, request, version) => {
  const { transactionalId: id, groupId } = request
  if (!broker.allows(client, 'write', 'transactional-id', id))
    return { errorCode: kafkaErrors.transactionalIdAuthorizationFailed }
  if (!broker.allows(client, 'read', 'group', groupId)) return { errorCode: kafkaErrors.groupAuthorizationFailed }
  const { offsets } = broker.groups
  if ((await offsets.ensureTopic()) !== 0) return { errorCode: kafkaErrors.coordinatorNotAvailable }
  const error = broker.transactions.check(id, request)
  if (error === kafkaErrors.producerFenced && version < 2) return { errorCode: kafkaErrors.invalidProducerEpoch }
  if (error !== 0) return { errorCode: error }
  const place = { topic: offsetsTopic.name, partition: offsets.partitionOf(groupId) }
  return { errorCode: await broker.transactions.join(id, [place], 1) }
})
