// Records of the __consumer_offsets topic: an int16 version, then the fields, in key and in value alike. Other tools read
// them, so they are Kafka's own. The form is described in ../definition.ts.

export const stored = `
data OffsetCommitKey 0-1 flexible none
  group: string
  topic: string
  partition: int32

data OffsetCommitValue 0-4 flexible 4+
  offset: long
  leaderEpoch: int32 3+ default=-1
  metadata: string
  commitTimestamp: long
  expireTimestamp: long 1-1 default=-1
  topicId: uuid 4+ tag=0
`
