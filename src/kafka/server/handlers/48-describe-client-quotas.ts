// DescribeClientQuotas, versions 0 and 1: quotas that were made through the protocol, and those of the project folder, which win.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { filterProblem } from '../security/quota-entities.ts'

export const describeClientQuotas = defineHandler(apis.describeClientQuotas, (broker, client, request) => {
  const refuse = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, entries: null })
  if (!broker.allows(client, 'describe-configs', 'cluster', broker.clusterName))
    return refuse(kafkaErrors.clusterAuthorizationFailed, 'no right to describe the cluster’s settings')
  const problem = filterProblem(request.components)
  if (problem) return refuse(problem.error, problem.message)
  const entries = broker.security.quotas.matching(request).map(({ entity, values }) => ({
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName: entityName ?? null })),
    values: Object.entries(values).map(([key, value]) => ({ key, value })),
  }))
  return { errorCode: 0, errorMessage: null, entries }
})
