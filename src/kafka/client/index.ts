// The face of kafka/client: real clusters, behind our own narrow interface.
export { openKafkaAdmin } from './admin.ts'
export type { ClusterTopic, KafkaAdmin, KafkaClusterOptions, NewClusterTopic } from './admin.ts'
