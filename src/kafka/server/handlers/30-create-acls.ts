// CreateAcls, versions 1 to 3: kept in the log, in force when answered. Those that can be made are, whatever becomes of the others.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { aclProblem, type Acl } from '../security/acls.ts'

export const createAcls = defineHandler(apis.createAcls, async (broker, client, { creations }) => {
  const refuseAll = (errorCode: number, errorMessage: string) => ({
    results: creations.map(() => ({ errorCode, errorMessage })),
  })
  if (!broker.allows(client, 'alter', 'cluster', broker.clusterName))
    return refuseAll(kafkaErrors.clusterAuthorizationFailed, 'no right to alter the cluster')
  const { acls } = broker.security
  if (!acls) return refuseAll(kafkaErrors.securityDisabled, 'No Authorizer is configured on the broker')
  const checked = creations.map(({ resourcePatternType: patternType, ...rest }) => {
    const acl: Acl = { ...rest, patternType }
    return { acl, problem: aclProblem(acl, broker.clusterName, broker.limits.securityNameLengthMax) }
  })
  const failed = await acls.add(checked.filter(({ problem }) => !problem).map(({ acl }) => acl))
  const results = checked.map(({ problem }) => {
    if (problem) return { errorCode: kafkaErrors.invalidRequest, errorMessage: problem }
    return failed ? { errorCode: failed.error, errorMessage: failed.message } : { errorCode: 0, errorMessage: null }
  })
  return { results }
})
