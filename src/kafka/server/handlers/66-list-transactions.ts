// ListTransactions, versions 0 to 2: transactional ids, by state, producer, age of what is open, and a pattern of their names.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { compilePattern } from '../pattern.ts'
import { transactionStates } from '../transactions/records.ts'
import { shownState } from '../transactions/transaction.ts'

export const listTransactions = defineHandler(apis.listTransactions, (broker, client, request) => {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern: text } = request
  const unknownStateFilters = stateFilters.filter((state) => !transactionStates.some((known) => known === state))
  const none = { unknownStateFilters, transactionStates: [] }
  // As Kafka has it: when none of the states is known, nothing is looked for.
  if (stateFilters.length > 0 && unknownStateFilters.length === stateFilters.length) return { errorCode: 0, ...none }
  const pattern = text === null || text === '' ? undefined : compilePattern(text)
  if (pattern === null) return { errorCode: kafkaErrors.invalidRegularExpression, ...none }
  const nowMs = broker.clock.nowMs()
  const found = [...broker.transactions.all()].filter((one) => {
    if (stateFilters.length > 0 && !stateFilters.includes(shownState(one))) return false
    if (producerIdFilters.length > 0 && !producerIdFilters.includes(one.producerId)) return false
    if (durationFilter >= 0 && !(one.state === 'Ongoing' && nowMs - one.startMs > durationFilter)) return false
    if (pattern && !pattern(one.id)) return false
    return broker.allows(client, 'describe', 'transactional-id', one.id)
  })
  return {
    errorCode: 0,
    unknownStateFilters,
    transactionStates: found.map((one) => ({
      transactionalId: one.id,
      producerId: one.producerId,
      transactionState: shownState(one),
    })),
  }
})
