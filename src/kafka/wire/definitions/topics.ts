// Topics and their settings. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const topics = `
api 19 CreateTopics
request 2-7 flexible 5+
  topics: [CreatableTopic]
    name: string
    numPartitions: int32
    replicationFactor: int16
    assignments: [CreatableReplicaAssignment]
      partitionIndex: int32
      brokerIds: [int32]
    configs: [CreatableTopicConfig]
      name: string
      value: string?
  timeoutMs: int32 default=60000
  validateOnly: bool
response 2-7 flexible 5+
  throttleTimeMs: int32 default=0
  topics: [CreatableTopicResult]
    name: string
    topicId: uuid 7+
    errorCode: int16
    errorMessage: string?
    topicConfigErrorCode: int16 5+ tag=0
    numPartitions: int32 5+ default=-1
    replicationFactor: int16 5+ default=-1
    configs: [CreatableTopicConfigs]? 5+
      name: string
      value: string?
      readOnly: bool
      configSource: int8 default=-1
      isSensitive: bool

api 20 DeleteTopics
request 1-6 flexible 4+
  topics: [DeleteTopicState] 6+
    name: string? default=null
    topicId: uuid
  topicNames: [string] 1-5
  timeoutMs: int32
response 1-6 flexible 4+
  throttleTimeMs: int32 default=0
  responses: [DeletableTopicResult]
    name: string?6+
    topicId: uuid 6+
    errorCode: int16
    errorMessage: string? 5+ default=null

api 37 CreatePartitions
request 0-3 flexible 2+
  topics: [CreatePartitionsTopic]
    name: string
    count: int32
    assignments: [CreatePartitionsAssignment]?
      brokerIds: [int32]
  timeoutMs: int32
  validateOnly: bool
response 0-3 flexible 2+
  throttleTimeMs: int32 default=0
  results: [CreatePartitionsTopicResult]
    name: string
    errorCode: int16
    errorMessage: string? default=null

api 32 DescribeConfigs
request 1-4 flexible 4+
  resources: [DescribeConfigsResource]
    resourceType: int8
    resourceName: string
    configurationKeys: [string]?
  includeSynonyms: bool
  includeDocumentation: bool 3+
response 1-4 flexible 4+
  throttleTimeMs: int32 default=0
  results: [DescribeConfigsResult]
    errorCode: int16
    errorMessage: string?
    resourceType: int8
    resourceName: string
    configs: [DescribeConfigsResourceResult]
      name: string
      value: string?
      readOnly: bool
      configSource: int8 default=-1
      isSensitive: bool
      synonyms: [DescribeConfigsSynonym]
        name: string
        value: string?
        source: int8
      configType: int8 3+
      documentation: string? 3+

api 33 AlterConfigs
request 0-2 flexible 2+
  resources: [AlterConfigsResource]
    resourceType: int8
    resourceName: string
    configs: [AlterableConfig]
      name: string
      value: string?
  validateOnly: bool
response 0-2 flexible 2+
  throttleTimeMs: int32 default=0
  responses: [AlterConfigsResourceResponse]
    errorCode: int16
    errorMessage: string?
    resourceType: int8
    resourceName: string

api 44 IncrementalAlterConfigs
request 0-1 flexible 1+
  resources: [AlterConfigsResource]
    resourceType: int8
    resourceName: string
    configs: [AlterableConfig]
      name: string
      configOperation: int8
      value: string?
  validateOnly: bool
response 0-1 flexible 1+
  throttleTimeMs: int32 default=0
  responses: [AlterConfigsResourceResponse]
    errorCode: int16
    errorMessage: string?
    resourceType: int8
    resourceName: string
`
