// What a client asks first: versions, brokers and topics, authentication. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const cluster = `
api 18 ApiVersions
request 0-5 flexible 3+
  clientSoftwareName: string 3+
  clientSoftwareVersion: string 3+
  clusterId: string? 5+ default=null
  nodeId: int32 5+ default=-1
response 0-5 flexible 3+
  errorCode: int16
  apiKeys: [ApiVersion]
    apiKey: int16
    minVersion: int16
    maxVersion: int16
  throttleTimeMs: int32 1+ default=0
  supportedFeatures: [SupportedFeatureKey] 3+ tag=0
    name: string
    minVersion: int16
    maxVersion: int16
  finalizedFeaturesEpoch: long 3+ tag=1 default=-1
  finalizedFeatures: [FinalizedFeatureKey] 3+ tag=2
    name: string
    maxVersionLevel: int16
    minVersionLevel: int16
  zkMigrationReady: bool 3+ tag=3

api 3 Metadata
request 0-13 flexible 9+
  topics: [MetadataRequestTopic]?1+
    topicId: uuid 10+
    name: string?10+
  allowAutoTopicCreation: bool 4+ default=true
  includeClusterAuthorizedOperations: bool 8-10
  includeTopicAuthorizedOperations: bool 8+
response 0-13 flexible 9+
  throttleTimeMs: int32 3+ default=0
  brokers: [MetadataResponseBroker]
    nodeId: int32
    host: string
    port: int32
    rack: string? 1+ default=null
  clusterId: string? 2+ default=null
  controllerId: int32 1+ default=-1
  topics: [MetadataResponseTopic]
    errorCode: int16
    name: string?12+
    topicId: uuid 10+
    isInternal: bool 1+
    partitions: [MetadataResponsePartition]
      errorCode: int16
      partitionIndex: int32
      leaderId: int32
      leaderEpoch: int32 7+ default=-1
      replicaNodes: [int32]
      isrNodes: [int32]
      offlineReplicas: [int32] 5+
    topicAuthorizedOperations: int32 8+ default=-2147483648
  clusterAuthorizedOperations: int32 8-10 default=-2147483648
  errorCode: int16 13+

api 60 DescribeCluster
request 0-2 flexible 0+
  includeClusterAuthorizedOperations: bool
  endpointType: int8 1+ default=1
  includeFencedBrokers: bool 2+
response 0-2 flexible 0+
  throttleTimeMs: int32 default=0
  errorCode: int16
  errorMessage: string? default=null
  endpointType: int8 1+ default=1
  clusterId: string
  controllerId: int32 default=-1
  brokers: [DescribeClusterBroker]
    brokerId: int32
    host: string
    port: int32
    rack: string? default=null
    isFenced: bool 2+
  clusterAuthorizedOperations: int32 default=-2147483648
`
