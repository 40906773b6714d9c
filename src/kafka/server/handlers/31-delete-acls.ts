// DeleteAcls, versions 1 to 3: by filters; all that match go together, and are named in the answer.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { filterProblem } from '../security/acls.ts'

export const deleteAcls = defineHandler(apis.deleteAcls, async (broker, client, { filters }) => {
  const refusal = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, matchingAcls: [] })
  if (!broker.allows(client, 'alter', 'cluster', broker.clusterName)) {
    const refused = refusal(kafkaErrors.clusterAuthorizationFailed, 'no right to alter the cluster')
    return { filterResults: filters.map(() => refused) }
  }
  const { acls } = broker.security
  if (!acls) {
    const refused = refusal(kafkaErrors.securityDisabled, 'No Authorizer is configured on the broker')
    return { filterResults: filters.map(() => refused) }
  }
  const outcome = await acls.remove(filters.filter((filter) => !filterProblem(filter)))
  const removed = outcome.ok ? outcome.result.values() : undefined
  const filterResults = filters.map((filter) => {
    const problem = filterProblem(filter)
    if (problem) return refusal(kafkaErrors.invalidRequest, problem)
    if (!outcome.ok) return refusal(outcome.error, outcome.message)
    const matchingAcls = removed!.next().value!.map((acl) => ({ ...acl, errorCode: 0, errorMessage: null }))
    return { errorCode: 0, errorMessage: null, matchingAcls }
  })
  return { filterResults }
})
