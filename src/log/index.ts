// The face of log: segments, the journal in front of them, topics, and the commit that changes several at once.
export { createLogPort, startLogWorker } from './start.ts'
export type { LogWorker } from './start.ts'
export { openLogClient } from './client.ts'
export type { LogClientPort } from './client.ts'
export { openLogReader } from './reader.ts'
export { createLog } from './core.ts'
export { verifyLog } from './verify.ts'
export type { LogProblem, LogVerdict } from './verify.ts'
export { repairLog } from './repair.ts'
export type { LogRepair, OffsetGap, PartitionRepair, RepairOptions } from './repair.ts'
export { createLocalLog } from './local.ts'
export type { LocalLog } from './local.ts'
export { LogBody } from './body.ts'
export { CutPlan, LogBackup, restoreLog, startsOf } from './backup.ts'
export type { CopiedFile, CopyStep, LogCut } from './backup.ts'
export { currentLeaderEpoch, endOfLeaderEpoch, leaderEpochAt } from './leader-epochs.ts'
export type { LeaderEpochs } from './leader-epochs.ts'
export type { LogStart } from './state.ts'
export { lockDataFolder } from './lock.ts'
export type { DataFolderLock } from './lock.ts'
export { defaultLimits } from './limits.ts'
export type { LogLimits } from './limits.ts'
export { coordinatorPartition, decodeOffsetRecord, encodeOffsetRecord, offsetsTopic } from './offsets.ts'
export type { OffsetRecord } from './offsets.ts'
export type { AbortedTransaction } from './transactions.ts'
export type {
  AppendAllOutcome,
  AppendOptions,
  AppendOutcome,
  ChangeOutcome,
  Damage,
  DeleteRecordsOutcome,
  Durability,
  EndTransaction,
  EndTransactionOutcome,
  Log,
  LogChanges,
  LogClient,
  LogReader,
  LogShare,
  NewRecords,
  NewTopic,
  OpenTransaction,
  ProducerDescription,
  ProducerIdOutcome,
  ProducersOutcome,
  ReadOptions,
  Refusal,
  TopicInfo,
  TopicOutcome,
} from './log-types.ts'
