// DescribeAcls, versions 1 to 3: the ACLs that were made through the protocol. Rules of the project folder are not among them.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeAclsResponseInput } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { filterProblem } from '../security/acls.ts'

type Resource = DescribeAclsResponseInput['resources'][number]

export const describeAcls = defineHandler(apis.describeAcls, (broker, client, request) => {
  const refuse = (errorCode: number, errorMessage: string) => ({ errorCode, errorMessage, resources: [] })
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName))
    return refuse(kafkaErrors.clusterAuthorizationFailed, 'no right to describe the cluster')
  const { acls } = broker.security
  if (!acls) return refuse(kafkaErrors.securityDisabled, 'No Authorizer is configured on the broker')
  const problem = filterProblem(request)
  if (problem) return refuse(kafkaErrors.invalidRequest, problem)
  const resources = new Map<string, Resource & { acls: Resource['acls'][number][] }>()
  for (const acl of acls.matching(request)) {
    const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
    const key = `${resourceType}/${patternType}/${resourceName}`
    const resource = resources.get(key) ?? { resourceType, resourceName, patternType, acls: [] }
    resource.acls.push({ principal, host, operation, permissionType })
    resources.set(key, resource)
  }
  return { errorCode: 0, errorMessage: null, resources: [...resources.values()] }
})
