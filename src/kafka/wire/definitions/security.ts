// Who a client is, what it may do, and how fast. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const security = `
api 17 SaslHandshake
request 0-1 flexible none
  mechanism: string
response 0-1 flexible none
  errorCode: int16
  mechanisms: [string]

api 36 SaslAuthenticate
request 0-2 flexible 2+
  authBytes: bytes
response 0-2 flexible 2+
  errorCode: int16
  errorMessage: string? default=null
  authBytes: bytes
  sessionLifetimeMs: long 1+ default=0

api 29 DescribeAcls
request 1-3 flexible 2+
  resourceTypeFilter: int8
  resourceNameFilter: string?
  patternTypeFilter: int8 default=3
  principalFilter: string?
  hostFilter: string?
  operation: int8
  permissionType: int8
response 1-3 flexible 2+
  throttleTimeMs: int32 default=0
  errorCode: int16
  errorMessage: string? default=null
  resources: [DescribeAclsResource]
    resourceType: int8
    resourceName: string
    patternType: int8 default=3
    acls: [AclDescription]
      principal: string
      host: string
      operation: int8
      permissionType: int8

api 30 CreateAcls
request 1-3 flexible 2+
  creations: [AclCreation]
    resourceType: int8
    resourceName: string
    resourcePatternType: int8 default=3
    principal: string
    host: string
    operation: int8
    permissionType: int8
response 1-3 flexible 2+
  throttleTimeMs: int32 default=0
  results: [AclCreationResult]
    errorCode: int16
    errorMessage: string? default=null

api 31 DeleteAcls
request 1-3 flexible 2+
  filters: [DeleteAclsFilter]
    resourceTypeFilter: int8
    resourceNameFilter: string?
    patternTypeFilter: int8 default=3
    principalFilter: string?
    hostFilter: string?
    operation: int8
    permissionType: int8
response 1-3 flexible 2+
  throttleTimeMs: int32 default=0
  filterResults: [DeleteAclsFilterResult]
    errorCode: int16
    errorMessage: string? default=null
    matchingAcls: [DeleteAclsMatchingAcl]
      errorCode: int16
      errorMessage: string? default=null
      resourceType: int8
      resourceName: string
      patternType: int8 default=3
      principal: string
      host: string
      operation: int8
      permissionType: int8

api 50 DescribeUserScramCredentials
request 0-0 flexible 0+
  users: [UserName]?
    name: string
response 0-0 flexible 0+
  throttleTimeMs: int32 default=0
  errorCode: int16
  errorMessage: string? default=null
  results: [DescribeUserScramCredentialsResult]
    user: string
    errorCode: int16
    errorMessage: string? default=null
    credentialInfos: [CredentialInfo]
      mechanism: int8
      iterations: int32

api 51 AlterUserScramCredentials
request 0-0 flexible 0+
  deletions: [ScramCredentialDeletion]
    name: string
    mechanism: int8
  upsertions: [ScramCredentialUpsertion]
    name: string
    mechanism: int8
    iterations: int32
    salt: bytes
    saltedPassword: bytes
response 0-0 flexible 0+
  throttleTimeMs: int32 default=0
  results: [AlterUserScramCredentialsResult]
    user: string
    errorCode: int16
    errorMessage: string? default=null

api 48 DescribeClientQuotas
request 0-1 flexible 1+
  components: [QuotaComponent]
    entityType: string
    matchType: int8
    match: string?
  strict: bool
response 0-1 flexible 1+
  throttleTimeMs: int32 default=0
  errorCode: int16
  errorMessage: string? default=null
  entries: [DescribedQuota]?
    entity: [DescribedQuotaEntity]
      entityType: string
      entityName: string?
    values: [QuotaValue]
      key: string
      value: float64

api 49 AlterClientQuotas
request 0-1 flexible 1+
  entries: [AlterQuotaEntry]
    entity: [AlterQuotaEntity]
      entityType: string
      entityName: string?
    ops: [QuotaOp]
      key: string
      value: float64
      remove: bool
  validateOnly: bool
response 0-1 flexible 1+
  throttleTimeMs: int32 default=0
  entries: [AlteredQuota]
    errorCode: int16
    errorMessage: string? default=null
    entity: [AlteredQuotaEntity]
      entityType: string
      entityName: string?
`
