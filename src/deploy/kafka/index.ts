// The face of deploy/kafka: a folder's topics on a real Kafka.
export { applyKafka, diffKafka } from './apply.ts'
