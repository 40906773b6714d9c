// What the server needs of the log; LogClient and LogReader satisfy it as they are.
import type { LogChanges, LogClient, LogReader } from '../../log/index.ts'

export type { TopicInfo } from '../../log/index.ts'

export type ServerLog = Pick<
  LogChanges,
  | 'append'
  | 'appendAll'
  | 'endTransaction'
  | 'openTransactions'
  | 'producers'
  | 'createTopic'
  | 'deleteTopic'
  | 'alterTopic'
  | 'addPartitions'
  | 'deleteRecords'
  | 'nextProducerId'
> &
  Pick<LogClient, 'onAdvance' | 'pendingBytes'>

export type ServerReader = Pick<
  LogReader,
  | 'topics'
  | 'topic'
  | 'topicById'
  | 'partitionCount'
  | 'startOffset'
  | 'endOffset'
  | 'highWatermark'
  | 'readUncommitted'
  | 'abortedTransactions'
  | 'listOffsetForTime'
  | 'maxTimestamp'
  | 'leaderEpochs'
  | 'sizeBytes'
  | 'status'
>
