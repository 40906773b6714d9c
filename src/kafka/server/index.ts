// The face of kafka/server: Kafka's protocol on a socket, in front of the log.
export { createKafkaServer } from './server.ts'
export type { KafkaServer, KafkaServerOptions } from './server.ts'
export { defaultLimits, defaultSettings } from './limits.ts'
export type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
export type { ServerLog, ServerReader } from './log-face.ts'
export { topicConfigProblem, topicConfigs } from './topic-configs.ts'
export { topicNameProblem } from './topics.ts'
