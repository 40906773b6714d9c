// The log's thread deletes topics while requests look at them: a topic that a handler has found may be gone at its next look,
// or its files while they are read. It is then what it is to a request that comes a moment later: unknown.
import type { Broker } from './broker.ts'
import type { TopicInfo } from './log-face.ts'

/**
 * Looks at a topic that was there just now.
 * @param gone what to answer when the look failed since the topic is no longer there; any other failure is thrown on
 */
export function whileThere<T>({ reader }: Broker, { id }: TopicInfo, look: () => T, gone: () => T): T {
  try {
    return look()
  } catch (error) {
    if (reader.topicById(id)) throw error
    return gone()
  }
}
