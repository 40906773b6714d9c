// DescribeTransactions, version 0: where transactional ids stand.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { shownState } from '../transactions/transaction.ts'

export const describeTransactions = defineHandler(apis.describeTransactions, (broker, client, request) => {
  const transactionStates = request.transactionalIds.map((transactionalId) => {
    const allowed = broker.allows(client, 'describe', 'transactional-id', transactionalId)
    const found = allowed ? broker.transactions.get(transactionalId) : undefined
    const errorCode =
      transactionalId === ''
        ? kafkaErrors.invalidRequest
        : !allowed
          ? kafkaErrors.transactionalIdAuthorizationFailed
          : found
            ? 0
            : kafkaErrors.transactionalIdNotFound
    // Topics that the client may not see are left out.
    const topics = [...(found?.partitions ?? [])].filter(([topic]) => broker.allows(client, 'describe', 'topic', topic))
    return {
      errorCode,
      transactionalId,
      transactionState: found ? shownState(found) : '',
      transactionTimeoutMs: found?.timeoutMs ?? 0,
      transactionStartTimeMs: found?.startMs ?? 0,
      producerId: found?.producerId ?? 0n,
      producerEpoch: found?.producerEpoch ?? 0,
      topics: topics.map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
    }
  })
  return { transactionStates }
})
