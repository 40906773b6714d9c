// ListPartitionReassignments, version 0: none is ever under way on one node.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const listPartitionReassignments = defineHandler(apis.listPartitionReassignments, (broker, client) => {
  const allowed = broker.allows(client, 'describe', 'cluster', broker.clusterName)
  return {
    throttleTimeMs: 0,
    errorCode: allowed ? 0 : kafkaErrors.clusterAuthorizationFailed,
    errorMessage: allowed ? null : 'no right to describe the cluster',
    topics: [],
  }
})
