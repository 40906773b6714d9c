// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { decodeProduceRequest, decodeProduceResponse, encodeProduceRequest, encodeProduceResponse } from './produce.ts'
import { decodeFetchRequest, decodeFetchResponse, encodeFetchRequest, encodeFetchResponse } from './fetch.ts'
import { decodeListOffsetsRequest, decodeListOffsetsResponse, encodeListOffsetsRequest, encodeListOffsetsResponse } from './list-offsets.ts'
import { decodeMetadataRequest, decodeMetadataResponse, encodeMetadataRequest, encodeMetadataResponse } from './metadata.ts'
import { decodeOffsetCommitRequest, decodeOffsetCommitResponse, encodeOffsetCommitRequest, encodeOffsetCommitResponse } from './offset-commit.ts'
import { decodeOffsetFetchRequest, decodeOffsetFetchResponse, encodeOffsetFetchRequest, encodeOffsetFetchResponse } from './offset-fetch.ts'
import { decodeFindCoordinatorRequest, decodeFindCoordinatorResponse, encodeFindCoordinatorRequest, encodeFindCoordinatorResponse } from './find-coordinator.ts'
import { decodeJoinGroupRequest, decodeJoinGroupResponse, encodeJoinGroupRequest, encodeJoinGroupResponse } from './join-group.ts'
import { decodeHeartbeatRequest, decodeHeartbeatResponse, encodeHeartbeatRequest, encodeHeartbeatResponse } from './heartbeat.ts'
import { decodeLeaveGroupRequest, decodeLeaveGroupResponse, encodeLeaveGroupRequest, encodeLeaveGroupResponse } from './leave-group.ts'
import { decodeSyncGroupRequest, decodeSyncGroupResponse, encodeSyncGroupRequest, encodeSyncGroupResponse } from './sync-group.ts'
import { decodeDescribeGroupsRequest, decodeDescribeGroupsResponse, encodeDescribeGroupsRequest, encodeDescribeGroupsResponse } from './describe-groups.ts'
import { decodeListGroupsRequest, decodeListGroupsResponse, encodeListGroupsRequest, encodeListGroupsResponse } from './list-groups.ts'
import { decodeSaslHandshakeRequest, decodeSaslHandshakeResponse, encodeSaslHandshakeRequest, encodeSaslHandshakeResponse } from './sasl-handshake.ts'
import { decodeApiVersionsRequest, decodeApiVersionsResponse, encodeApiVersionsRequest, encodeApiVersionsResponse } from './api-versions.ts'
import { decodeCreateTopicsRequest, decodeCreateTopicsResponse, encodeCreateTopicsRequest, encodeCreateTopicsResponse } from './create-topics.ts'
import { decodeDeleteTopicsRequest, decodeDeleteTopicsResponse, encodeDeleteTopicsRequest, encodeDeleteTopicsResponse } from './delete-topics.ts'
import { decodeDeleteRecordsRequest, decodeDeleteRecordsResponse, encodeDeleteRecordsRequest, encodeDeleteRecordsResponse } from './delete-records.ts'
import { decodeInitProducerIdRequest, decodeInitProducerIdResponse, encodeInitProducerIdRequest, encodeInitProducerIdResponse } from './init-producer-id.ts'
import { decodeOffsetForLeaderEpochRequest, decodeOffsetForLeaderEpochResponse, encodeOffsetForLeaderEpochRequest, encodeOffsetForLeaderEpochResponse } from './offset-for-leader-epoch.ts'
import { decodeAddPartitionsToTxnRequest, decodeAddPartitionsToTxnResponse, encodeAddPartitionsToTxnRequest, encodeAddPartitionsToTxnResponse } from './add-partitions-to-txn.ts'
import { decodeAddOffsetsToTxnRequest, decodeAddOffsetsToTxnResponse, encodeAddOffsetsToTxnRequest, encodeAddOffsetsToTxnResponse } from './add-offsets-to-txn.ts'
import { decodeEndTxnRequest, decodeEndTxnResponse, encodeEndTxnRequest, encodeEndTxnResponse } from './end-txn.ts'
import { decodeWriteTxnMarkersRequest, decodeWriteTxnMarkersResponse, encodeWriteTxnMarkersRequest, encodeWriteTxnMarkersResponse } from './write-txn-markers.ts'
import { decodeTxnOffsetCommitRequest, decodeTxnOffsetCommitResponse, encodeTxnOffsetCommitRequest, encodeTxnOffsetCommitResponse } from './txn-offset-commit.ts'
import { decodeDescribeAclsRequest, decodeDescribeAclsResponse, encodeDescribeAclsRequest, encodeDescribeAclsResponse } from './describe-acls.ts'
import { decodeCreateAclsRequest, decodeCreateAclsResponse, encodeCreateAclsRequest, encodeCreateAclsResponse } from './create-acls.ts'
import { decodeDeleteAclsRequest, decodeDeleteAclsResponse, encodeDeleteAclsRequest, encodeDeleteAclsResponse } from './delete-acls.ts'
import { decodeDescribeConfigsRequest, decodeDescribeConfigsResponse, encodeDescribeConfigsRequest, encodeDescribeConfigsResponse } from './describe-configs.ts'
import { decodeAlterConfigsRequest, decodeAlterConfigsResponse, encodeAlterConfigsRequest, encodeAlterConfigsResponse } from './alter-configs.ts'
import { decodeAlterReplicaLogDirsRequest, decodeAlterReplicaLogDirsResponse, encodeAlterReplicaLogDirsRequest, encodeAlterReplicaLogDirsResponse } from './alter-replica-log-dirs.ts'
import { decodeDescribeLogDirsRequest, decodeDescribeLogDirsResponse, encodeDescribeLogDirsRequest, encodeDescribeLogDirsResponse } from './describe-log-dirs.ts'
import { decodeSaslAuthenticateRequest, decodeSaslAuthenticateResponse, encodeSaslAuthenticateRequest, encodeSaslAuthenticateResponse } from './sasl-authenticate.ts'
import { decodeCreatePartitionsRequest, decodeCreatePartitionsResponse, encodeCreatePartitionsRequest, encodeCreatePartitionsResponse } from './create-partitions.ts'
import { decodeDeleteGroupsRequest, decodeDeleteGroupsResponse, encodeDeleteGroupsRequest, encodeDeleteGroupsResponse } from './delete-groups.ts'
import { decodeElectLeadersRequest, decodeElectLeadersResponse, encodeElectLeadersRequest, encodeElectLeadersResponse } from './elect-leaders.ts'
import { decodeIncrementalAlterConfigsRequest, decodeIncrementalAlterConfigsResponse, encodeIncrementalAlterConfigsRequest, encodeIncrementalAlterConfigsResponse } from './incremental-alter-configs.ts'
import { decodeAlterPartitionReassignmentsRequest, decodeAlterPartitionReassignmentsResponse, encodeAlterPartitionReassignmentsRequest, encodeAlterPartitionReassignmentsResponse } from './alter-partition-reassignments.ts'
import { decodeListPartitionReassignmentsRequest, decodeListPartitionReassignmentsResponse, encodeListPartitionReassignmentsRequest, encodeListPartitionReassignmentsResponse } from './list-partition-reassignments.ts'
import { decodeOffsetDeleteRequest, decodeOffsetDeleteResponse, encodeOffsetDeleteRequest, encodeOffsetDeleteResponse } from './offset-delete.ts'
import { decodeDescribeClientQuotasRequest, decodeDescribeClientQuotasResponse, encodeDescribeClientQuotasRequest, encodeDescribeClientQuotasResponse } from './describe-client-quotas.ts'
import { decodeAlterClientQuotasRequest, decodeAlterClientQuotasResponse, encodeAlterClientQuotasRequest, encodeAlterClientQuotasResponse } from './alter-client-quotas.ts'
import { decodeDescribeUserScramCredentialsRequest, decodeDescribeUserScramCredentialsResponse, encodeDescribeUserScramCredentialsRequest, encodeDescribeUserScramCredentialsResponse } from './describe-user-scram-credentials.ts'
import { decodeAlterUserScramCredentialsRequest, decodeAlterUserScramCredentialsResponse, encodeAlterUserScramCredentialsRequest, encodeAlterUserScramCredentialsResponse } from './alter-user-scram-credentials.ts'
import { decodeDescribeQuorumRequest, decodeDescribeQuorumResponse, encodeDescribeQuorumRequest, encodeDescribeQuorumResponse } from './describe-quorum.ts'
import { decodeUpdateFeaturesRequest, decodeUpdateFeaturesResponse, encodeUpdateFeaturesRequest, encodeUpdateFeaturesResponse } from './update-features.ts'
import { decodeDescribeClusterRequest, decodeDescribeClusterResponse, encodeDescribeClusterRequest, encodeDescribeClusterResponse } from './describe-cluster.ts'
import { decodeDescribeProducersRequest, decodeDescribeProducersResponse, encodeDescribeProducersRequest, encodeDescribeProducersResponse } from './describe-producers.ts'
import { decodeDescribeTransactionsRequest, decodeDescribeTransactionsResponse, encodeDescribeTransactionsRequest, encodeDescribeTransactionsResponse } from './describe-transactions.ts'
import { decodeListTransactionsRequest, decodeListTransactionsResponse, encodeListTransactionsRequest, encodeListTransactionsResponse } from './list-transactions.ts'
import { decodeConsumerGroupHeartbeatRequest, decodeConsumerGroupHeartbeatResponse, encodeConsumerGroupHeartbeatRequest, encodeConsumerGroupHeartbeatResponse } from './consumer-group-heartbeat.ts'
import { decodeConsumerGroupDescribeRequest, decodeConsumerGroupDescribeResponse, encodeConsumerGroupDescribeRequest, encodeConsumerGroupDescribeResponse } from './consumer-group-describe.ts'
import { decodeListConfigResourcesRequest, decodeListConfigResourcesResponse, encodeListConfigResourcesRequest, encodeListConfigResourcesResponse } from './list-config-resources.ts'
import { decodeDescribeTopicPartitionsRequest, decodeDescribeTopicPartitionsResponse, encodeDescribeTopicPartitionsRequest, encodeDescribeTopicPartitionsResponse } from './describe-topic-partitions.ts'

export type { ProduceRequest, ProduceRequestInput, ProduceResponse, ProduceResponseInput } from './produce.ts'
export type { FetchRequest, FetchRequestInput, FetchResponse, FetchResponseInput } from './fetch.ts'
export type { ListOffsetsRequest, ListOffsetsRequestInput, ListOffsetsResponse, ListOffsetsResponseInput } from './list-offsets.ts'
export type { MetadataRequest, MetadataRequestInput, MetadataResponse, MetadataResponseInput } from './metadata.ts'
export type { OffsetCommitRequest, OffsetCommitRequestInput, OffsetCommitResponse, OffsetCommitResponseInput } from './offset-commit.ts'
export type { OffsetFetchRequest, OffsetFetchRequestInput, OffsetFetchResponse, OffsetFetchResponseInput } from './offset-fetch.ts'
export type { FindCoordinatorRequest, FindCoordinatorRequestInput, FindCoordinatorResponse, FindCoordinatorResponseInput } from './find-coordinator.ts'
export type { JoinGroupRequest, JoinGroupRequestInput, JoinGroupResponse, JoinGroupResponseInput } from './join-group.ts'
export type { HeartbeatRequest, HeartbeatRequestInput, HeartbeatResponse, HeartbeatResponseInput } from './heartbeat.ts'
export type { LeaveGroupRequest, LeaveGroupRequestInput, LeaveGroupResponse, LeaveGroupResponseInput } from './leave-group.ts'
export type { SyncGroupRequest, SyncGroupRequestInput, SyncGroupResponse, SyncGroupResponseInput } from './sync-group.ts'
export type { DescribeGroupsRequest, DescribeGroupsRequestInput, DescribeGroupsResponse, DescribeGroupsResponseInput } from './describe-groups.ts'
export type { ListGroupsRequest, ListGroupsRequestInput, ListGroupsResponse, ListGroupsResponseInput } from './list-groups.ts'
export type { SaslHandshakeRequest, SaslHandshakeRequestInput, SaslHandshakeResponse, SaslHandshakeResponseInput } from './sasl-handshake.ts'
export type { ApiVersionsRequest, ApiVersionsRequestInput, ApiVersionsResponse, ApiVersionsResponseInput } from './api-versions.ts'
export type { CreateTopicsRequest, CreateTopicsRequestInput, CreateTopicsResponse, CreateTopicsResponseInput } from './create-topics.ts'
export type { DeleteTopicsRequest, DeleteTopicsRequestInput, DeleteTopicsResponse, DeleteTopicsResponseInput } from './delete-topics.ts'
export type { DeleteRecordsRequest, DeleteRecordsRequestInput, DeleteRecordsResponse, DeleteRecordsResponseInput } from './delete-records.ts'
export type { InitProducerIdRequest, InitProducerIdRequestInput, InitProducerIdResponse, InitProducerIdResponseInput } from './init-producer-id.ts'
export type { OffsetForLeaderEpochRequest, OffsetForLeaderEpochRequestInput, OffsetForLeaderEpochResponse, OffsetForLeaderEpochResponseInput } from './offset-for-leader-epoch.ts'
export type { AddPartitionsToTxnRequest, AddPartitionsToTxnRequestInput, AddPartitionsToTxnResponse, AddPartitionsToTxnResponseInput } from './add-partitions-to-txn.ts'
export type { AddOffsetsToTxnRequest, AddOffsetsToTxnRequestInput, AddOffsetsToTxnResponse, AddOffsetsToTxnResponseInput } from './add-offsets-to-txn.ts'
export type { EndTxnRequest, EndTxnRequestInput, EndTxnResponse, EndTxnResponseInput } from './end-txn.ts'
export type { WriteTxnMarkersRequest, WriteTxnMarkersRequestInput, WriteTxnMarkersResponse, WriteTxnMarkersResponseInput } from './write-txn-markers.ts'
export type { TxnOffsetCommitRequest, TxnOffsetCommitRequestInput, TxnOffsetCommitResponse, TxnOffsetCommitResponseInput } from './txn-offset-commit.ts'
export type { DescribeAclsRequest, DescribeAclsRequestInput, DescribeAclsResponse, DescribeAclsResponseInput } from './describe-acls.ts'
export type { CreateAclsRequest, CreateAclsRequestInput, CreateAclsResponse, CreateAclsResponseInput } from './create-acls.ts'
export type { DeleteAclsRequest, DeleteAclsRequestInput, DeleteAclsResponse, DeleteAclsResponseInput } from './delete-acls.ts'
export type { DescribeConfigsRequest, DescribeConfigsRequestInput, DescribeConfigsResponse, DescribeConfigsResponseInput } from './describe-configs.ts'
export type { AlterConfigsRequest, AlterConfigsRequestInput, AlterConfigsResponse, AlterConfigsResponseInput } from './alter-configs.ts'
export type { AlterReplicaLogDirsRequest, AlterReplicaLogDirsRequestInput, AlterReplicaLogDirsResponse, AlterReplicaLogDirsResponseInput } from './alter-replica-log-dirs.ts'
export type { DescribeLogDirsRequest, DescribeLogDirsRequestInput, DescribeLogDirsResponse, DescribeLogDirsResponseInput } from './describe-log-dirs.ts'
export type { SaslAuthenticateRequest, SaslAuthenticateRequestInput, SaslAuthenticateResponse, SaslAuthenticateResponseInput } from './sasl-authenticate.ts'
export type { CreatePartitionsRequest, CreatePartitionsRequestInput, CreatePartitionsResponse, CreatePartitionsResponseInput } from './create-partitions.ts'
export type { DeleteGroupsRequest, DeleteGroupsRequestInput, DeleteGroupsResponse, DeleteGroupsResponseInput } from './delete-groups.ts'
export type { ElectLeadersRequest, ElectLeadersRequestInput, ElectLeadersResponse, ElectLeadersResponseInput } from './elect-leaders.ts'
export type { IncrementalAlterConfigsRequest, IncrementalAlterConfigsRequestInput, IncrementalAlterConfigsResponse, IncrementalAlterConfigsResponseInput } from './incremental-alter-configs.ts'
export type { AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsRequestInput, AlterPartitionReassignmentsResponse, AlterPartitionReassignmentsResponseInput } from './alter-partition-reassignments.ts'
export type { ListPartitionReassignmentsRequest, ListPartitionReassignmentsRequestInput, ListPartitionReassignmentsResponse, ListPartitionReassignmentsResponseInput } from './list-partition-reassignments.ts'
export type { OffsetDeleteRequest, OffsetDeleteRequestInput, OffsetDeleteResponse, OffsetDeleteResponseInput } from './offset-delete.ts'
export type { DescribeClientQuotasRequest, DescribeClientQuotasRequestInput, DescribeClientQuotasResponse, DescribeClientQuotasResponseInput } from './describe-client-quotas.ts'
export type { AlterClientQuotasRequest, AlterClientQuotasRequestInput, AlterClientQuotasResponse, AlterClientQuotasResponseInput } from './alter-client-quotas.ts'
export type { DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsRequestInput, DescribeUserScramCredentialsResponse, DescribeUserScramCredentialsResponseInput } from './describe-user-scram-credentials.ts'
export type { AlterUserScramCredentialsRequest, AlterUserScramCredentialsRequestInput, AlterUserScramCredentialsResponse, AlterUserScramCredentialsResponseInput } from './alter-user-scram-credentials.ts'
export type { DescribeQuorumRequest, DescribeQuorumRequestInput, DescribeQuorumResponse, DescribeQuorumResponseInput } from './describe-quorum.ts'
export type { UpdateFeaturesRequest, UpdateFeaturesRequestInput, UpdateFeaturesResponse, UpdateFeaturesResponseInput } from './update-features.ts'
export type { DescribeClusterRequest, DescribeClusterRequestInput, DescribeClusterResponse, DescribeClusterResponseInput } from './describe-cluster.ts'
export type { DescribeProducersRequest, DescribeProducersRequestInput, DescribeProducersResponse, DescribeProducersResponseInput } from './describe-producers.ts'
export type { DescribeTransactionsRequest, DescribeTransactionsRequestInput, DescribeTransactionsResponse, DescribeTransactionsResponseInput } from './describe-transactions.ts'
export type { ListTransactionsRequest, ListTransactionsRequestInput, ListTransactionsResponse, ListTransactionsResponseInput } from './list-transactions.ts'
export type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatRequestInput, ConsumerGroupHeartbeatResponse, ConsumerGroupHeartbeatResponseInput } from './consumer-group-heartbeat.ts'
export type { ConsumerGroupDescribeRequest, ConsumerGroupDescribeRequestInput, ConsumerGroupDescribeResponse, ConsumerGroupDescribeResponseInput } from './consumer-group-describe.ts'
export type { ListConfigResourcesRequest, ListConfigResourcesRequestInput, ListConfigResourcesResponse, ListConfigResourcesResponseInput } from './list-config-resources.ts'
export type { DescribeTopicPartitionsRequest, DescribeTopicPartitionsRequestInput, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponseInput } from './describe-topic-partitions.ts'

/** Every API that the definitions have, with its codec. */
export const apis = {
  produce: { key: 0, name: 'Produce', versionMin: 3, versionMax: 13, flexibleFrom: 9, decodeRequest: decodeProduceRequest, encodeRequest: encodeProduceRequest, decodeResponse: decodeProduceResponse, encodeResponse: encodeProduceResponse },
  fetch: { key: 1, name: 'Fetch', versionMin: 4, versionMax: 18, flexibleFrom: 12, decodeRequest: decodeFetchRequest, encodeRequest: encodeFetchRequest, decodeResponse: decodeFetchResponse, encodeResponse: encodeFetchResponse },
  listOffsets: { key: 2, name: 'ListOffsets', versionMin: 1, versionMax: 11, flexibleFrom: 6, decodeRequest: decodeListOffsetsRequest, encodeRequest: encodeListOffsetsRequest, decodeResponse: decodeListOffsetsResponse, encodeResponse: encodeListOffsetsResponse },
  metadata: { key: 3, name: 'Metadata', versionMin: 0, versionMax: 13, flexibleFrom: 9, decodeRequest: decodeMetadataRequest, encodeRequest: encodeMetadataRequest, decodeResponse: decodeMetadataResponse, encodeResponse: encodeMetadataResponse },
  offsetCommit: { key: 8, name: 'OffsetCommit', versionMin: 2, versionMax: 10, flexibleFrom: 8, decodeRequest: decodeOffsetCommitRequest, encodeRequest: encodeOffsetCommitRequest, decodeResponse: decodeOffsetCommitResponse, encodeResponse: encodeOffsetCommitResponse },
  offsetFetch: { key: 9, name: 'OffsetFetch', versionMin: 1, versionMax: 10, flexibleFrom: 6, decodeRequest: decodeOffsetFetchRequest, encodeRequest: encodeOffsetFetchRequest, decodeResponse: decodeOffsetFetchResponse, encodeResponse: encodeOffsetFetchResponse },
  findCoordinator: { key: 10, name: 'FindCoordinator', versionMin: 0, versionMax: 6, flexibleFrom: 3, decodeRequest: decodeFindCoordinatorRequest, encodeRequest: encodeFindCoordinatorRequest, decodeResponse: decodeFindCoordinatorResponse, encodeResponse: encodeFindCoordinatorResponse },
  joinGroup: { key: 11, name: 'JoinGroup', versionMin: 0, versionMax: 9, flexibleFrom: 6, decodeRequest: decodeJoinGroupRequest, encodeRequest: encodeJoinGroupRequest, decodeResponse: decodeJoinGroupResponse, encodeResponse: encodeJoinGroupResponse },
  heartbeat: { key: 12, name: 'Heartbeat', versionMin: 0, versionMax: 4, flexibleFrom: 4, decodeRequest: decodeHeartbeatRequest, encodeRequest: encodeHeartbeatRequest, decodeResponse: decodeHeartbeatResponse, encodeResponse: encodeHeartbeatResponse },
  leaveGroup: { key: 13, name: 'LeaveGroup', versionMin: 0, versionMax: 5, flexibleFrom: 4, decodeRequest: decodeLeaveGroupRequest, encodeRequest: encodeLeaveGroupRequest, decodeResponse: decodeLeaveGroupResponse, encodeResponse: encodeLeaveGroupResponse },
  syncGroup: { key: 14, name: 'SyncGroup', versionMin: 0, versionMax: 5, flexibleFrom: 4, decodeRequest: decodeSyncGroupRequest, encodeRequest: encodeSyncGroupRequest, decodeResponse: decodeSyncGroupResponse, encodeResponse: encodeSyncGroupResponse },
  describeGroups: { key: 15, name: 'DescribeGroups', versionMin: 0, versionMax: 6, flexibleFrom: 5, decodeRequest: decodeDescribeGroupsRequest, encodeRequest: encodeDescribeGroupsRequest, decodeResponse: decodeDescribeGroupsResponse, encodeResponse: encodeDescribeGroupsResponse },
  listGroups: { key: 16, name: 'ListGroups', versionMin: 0, versionMax: 5, flexibleFrom: 3, decodeRequest: decodeListGroupsRequest, encodeRequest: encodeListGroupsRequest, decodeResponse: decodeListGroupsResponse, encodeResponse: encodeListGroupsResponse },
  saslHandshake: { key: 17, name: 'SaslHandshake', versionMin: 0, versionMax: 1, flexibleFrom: Infinity, decodeRequest: decodeSaslHandshakeRequest, encodeRequest: encodeSaslHandshakeRequest, decodeResponse: decodeSaslHandshakeResponse, encodeResponse: encodeSaslHandshakeResponse },
  apiVersions: { key: 18, name: 'ApiVersions', versionMin: 0, versionMax: 5, flexibleFrom: 3, decodeRequest: decodeApiVersionsRequest, encodeRequest: encodeApiVersionsRequest, decodeResponse: decodeApiVersionsResponse, encodeResponse: encodeApiVersionsResponse },
  createTopics: { key: 19, name: 'CreateTopics', versionMin: 2, versionMax: 7, flexibleFrom: 5, decodeRequest: decodeCreateTopicsRequest, encodeRequest: encodeCreateTopicsRequest, decodeResponse: decodeCreateTopicsResponse, encodeResponse: encodeCreateTopicsResponse },
  deleteTopics: { key: 20, name: 'DeleteTopics', versionMin: 1, versionMax: 6, flexibleFrom: 4, decodeRequest: decodeDeleteTopicsRequest, encodeRequest: encodeDeleteTopicsRequest, decodeResponse: decodeDeleteTopicsResponse, encodeResponse: encodeDeleteTopicsResponse },
  deleteRecords: { key: 21, name: 'DeleteRecords', versionMin: 0, versionMax: 2, flexibleFrom: 2, decodeRequest: decodeDeleteRecordsRequest, encodeRequest: encodeDeleteRecordsRequest, decodeResponse: decodeDeleteRecordsResponse, encodeResponse: encodeDeleteRecordsResponse },
  initProducerId: { key: 22, name: 'InitProducerId', versionMin: 0, versionMax: 5, flexibleFrom: 2, decodeRequest: decodeInitProducerIdRequest, encodeRequest: encodeInitProducerIdRequest, decodeResponse: decodeInitProducerIdResponse, encodeResponse: encodeInitProducerIdResponse },
  offsetForLeaderEpoch: { key: 23, name: 'OffsetForLeaderEpoch', versionMin: 2, versionMax: 4, flexibleFrom: 4, decodeRequest: decodeOffsetForLeaderEpochRequest, encodeRequest: encodeOffsetForLeaderEpochRequest, decodeResponse: decodeOffsetForLeaderEpochResponse, encodeResponse: encodeOffsetForLeaderEpochResponse },
  addPartitionsToTxn: { key: 24, name: 'AddPartitionsToTxn', versionMin: 0, versionMax: 5, flexibleFrom: 3, decodeRequest: decodeAddPartitionsToTxnRequest, encodeRequest: encodeAddPartitionsToTxnRequest, decodeResponse: decodeAddPartitionsToTxnResponse, encodeResponse: encodeAddPartitionsToTxnResponse },
  addOffsetsToTxn: { key: 25, name: 'AddOffsetsToTxn', versionMin: 0, versionMax: 4, flexibleFrom: 3, decodeRequest: decodeAddOffsetsToTxnRequest, encodeRequest: encodeAddOffsetsToTxnRequest, decodeResponse: decodeAddOffsetsToTxnResponse, encodeResponse: encodeAddOffsetsToTxnResponse },
  endTxn: { key: 26, name: 'EndTxn', versionMin: 0, versionMax: 5, flexibleFrom: 3, decodeRequest: decodeEndTxnRequest, encodeRequest: encodeEndTxnRequest, decodeResponse: decodeEndTxnResponse, encodeResponse: encodeEndTxnResponse },
  writeTxnMarkers: { key: 27, name: 'WriteTxnMarkers', versionMin: 1, versionMax: 2, flexibleFrom: 1, decodeRequest: decodeWriteTxnMarkersRequest, encodeRequest: encodeWriteTxnMarkersRequest, decodeResponse: decodeWriteTxnMarkersResponse, encodeResponse: encodeWriteTxnMarkersResponse },
  txnOffsetCommit: { key: 28, name: 'TxnOffsetCommit', versionMin: 0, versionMax: 6, flexibleFrom: 3, decodeRequest: decodeTxnOffsetCommitRequest, encodeRequest: encodeTxnOffsetCommitRequest, decodeResponse: decodeTxnOffsetCommitResponse, encodeResponse: encodeTxnOffsetCommitResponse },
  describeAcls: { key: 29, name: 'DescribeAcls', versionMin: 1, versionMax: 3, flexibleFrom: 2, decodeRequest: decodeDescribeAclsRequest, encodeRequest: encodeDescribeAclsRequest, decodeResponse: decodeDescribeAclsResponse, encodeResponse: encodeDescribeAclsResponse },
  createAcls: { key: 30, name: 'CreateAcls', versionMin: 1, versionMax: 3, flexibleFrom: 2, decodeRequest: decodeCreateAclsRequest, encodeRequest: encodeCreateAclsRequest, decodeResponse: decodeCreateAclsResponse, encodeResponse: encodeCreateAclsResponse },
  deleteAcls: { key: 31, name: 'DeleteAcls', versionMin: 1, versionMax: 3, flexibleFrom: 2, decodeRequest: decodeDeleteAclsRequest, encodeRequest: encodeDeleteAclsRequest, decodeResponse: decodeDeleteAclsResponse, encodeResponse: encodeDeleteAclsResponse },
  describeConfigs: { key: 32, name: 'DescribeConfigs', versionMin: 1, versionMax: 4, flexibleFrom: 4, decodeRequest: decodeDescribeConfigsRequest, encodeRequest: encodeDescribeConfigsRequest, decodeResponse: decodeDescribeConfigsResponse, encodeResponse: encodeDescribeConfigsResponse },
  alterConfigs: { key: 33, name: 'AlterConfigs', versionMin: 0, versionMax: 2, flexibleFrom: 2, decodeRequest: decodeAlterConfigsRequest, encodeRequest: encodeAlterConfigsRequest, decodeResponse: decodeAlterConfigsResponse, encodeResponse: encodeAlterConfigsResponse },
  alterReplicaLogDirs: { key: 34, name: 'AlterReplicaLogDirs', versionMin: 1, versionMax: 2, flexibleFrom: 2, decodeRequest: decodeAlterReplicaLogDirsRequest, encodeRequest: encodeAlterReplicaLogDirsRequest, decodeResponse: decodeAlterReplicaLogDirsResponse, encodeResponse: encodeAlterReplicaLogDirsResponse },
  describeLogDirs: { key: 35, name: 'DescribeLogDirs', versionMin: 1, versionMax: 5, flexibleFrom: 2, decodeRequest: decodeDescribeLogDirsRequest, encodeRequest: encodeDescribeLogDirsRequest, decodeResponse: decodeDescribeLogDirsResponse, encodeResponse: encodeDescribeLogDirsResponse },
  saslAuthenticate: { key: 36, name: 'SaslAuthenticate', versionMin: 0, versionMax: 2, flexibleFrom: 2, decodeRequest: decodeSaslAuthenticateRequest, encodeRequest: encodeSaslAuthenticateRequest, decodeResponse: decodeSaslAuthenticateResponse, encodeResponse: encodeSaslAuthenticateResponse },
  createPartitions: { key: 37, name: 'CreatePartitions', versionMin: 0, versionMax: 3, flexibleFrom: 2, decodeRequest: decodeCreatePartitionsRequest, encodeRequest: encodeCreatePartitionsRequest, decodeResponse: decodeCreatePartitionsResponse, encodeResponse: encodeCreatePartitionsResponse },
  deleteGroups: { key: 42, name: 'DeleteGroups', versionMin: 0, versionMax: 3, flexibleFrom: 2, decodeRequest: decodeDeleteGroupsRequest, encodeRequest: encodeDeleteGroupsRequest, decodeResponse: decodeDeleteGroupsResponse, encodeResponse: encodeDeleteGroupsResponse },
  electLeaders: { key: 43, name: 'ElectLeaders', versionMin: 0, versionMax: 2, flexibleFrom: 2, decodeRequest: decodeElectLeadersRequest, encodeRequest: encodeElectLeadersRequest, decodeResponse: decodeElectLeadersResponse, encodeResponse: encodeElectLeadersResponse },
  incrementalAlterConfigs: { key: 44, name: 'IncrementalAlterConfigs', versionMin: 0, versionMax: 1, flexibleFrom: 1, decodeRequest: decodeIncrementalAlterConfigsRequest, encodeRequest: encodeIncrementalAlterConfigsRequest, decodeResponse: decodeIncrementalAlterConfigsResponse, encodeResponse: encodeIncrementalAlterConfigsResponse },
  alterPartitionReassignments: { key: 45, name: 'AlterPartitionReassignments', versionMin: 0, versionMax: 1, flexibleFrom: 0, decodeRequest: decodeAlterPartitionReassignmentsRequest, encodeRequest: encodeAlterPartitionReassignmentsRequest, decodeResponse: decodeAlterPartitionReassignmentsResponse, encodeResponse: encodeAlterPartitionReassignmentsResponse },
  listPartitionReassignments: { key: 46, name: 'ListPartitionReassignments', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeListPartitionReassignmentsRequest, encodeRequest: encodeListPartitionReassignmentsRequest, decodeResponse: decodeListPartitionReassignmentsResponse, encodeResponse: encodeListPartitionReassignmentsResponse },
  offsetDelete: { key: 47, name: 'OffsetDelete', versionMin: 0, versionMax: 0, flexibleFrom: Infinity, decodeRequest: decodeOffsetDeleteRequest, encodeRequest: encodeOffsetDeleteRequest, decodeResponse: decodeOffsetDeleteResponse, encodeResponse: encodeOffsetDeleteResponse },
  describeClientQuotas: { key: 48, name: 'DescribeClientQuotas', versionMin: 0, versionMax: 1, flexibleFrom: 1, decodeRequest: decodeDescribeClientQuotasRequest, encodeRequest: encodeDescribeClientQuotasRequest, decodeResponse: decodeDescribeClientQuotasResponse, encodeResponse: encodeDescribeClientQuotasResponse },
  alterClientQuotas: { key: 49, name: 'AlterClientQuotas', versionMin: 0, versionMax: 1, flexibleFrom: 1, decodeRequest: decodeAlterClientQuotasRequest, encodeRequest: encodeAlterClientQuotasRequest, decodeResponse: decodeAlterClientQuotasResponse, encodeResponse: encodeAlterClientQuotasResponse },
  describeUserScramCredentials: { key: 50, name: 'DescribeUserScramCredentials', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeDescribeUserScramCredentialsRequest, encodeRequest: encodeDescribeUserScramCredentialsRequest, decodeResponse: decodeDescribeUserScramCredentialsResponse, encodeResponse: encodeDescribeUserScramCredentialsResponse },
  alterUserScramCredentials: { key: 51, name: 'AlterUserScramCredentials', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeAlterUserScramCredentialsRequest, encodeRequest: encodeAlterUserScramCredentialsRequest, decodeResponse: decodeAlterUserScramCredentialsResponse, encodeResponse: encodeAlterUserScramCredentialsResponse },
  describeQuorum: { key: 55, name: 'DescribeQuorum', versionMin: 0, versionMax: 2, flexibleFrom: 0, decodeRequest: decodeDescribeQuorumRequest, encodeRequest: encodeDescribeQuorumRequest, decodeResponse: decodeDescribeQuorumResponse, encodeResponse: encodeDescribeQuorumResponse },
  updateFeatures: { key: 57, name: 'UpdateFeatures', versionMin: 0, versionMax: 2, flexibleFrom: 0, decodeRequest: decodeUpdateFeaturesRequest, encodeRequest: encodeUpdateFeaturesRequest, decodeResponse: decodeUpdateFeaturesResponse, encodeResponse: encodeUpdateFeaturesResponse },
  describeCluster: { key: 60, name: 'DescribeCluster', versionMin: 0, versionMax: 2, flexibleFrom: 0, decodeRequest: decodeDescribeClusterRequest, encodeRequest: encodeDescribeClusterRequest, decodeResponse: decodeDescribeClusterResponse, encodeResponse: encodeDescribeClusterResponse },
  describeProducers: { key: 61, name: 'DescribeProducers', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeDescribeProducersRequest, encodeRequest: encodeDescribeProducersRequest, decodeResponse: decodeDescribeProducersResponse, encodeResponse: encodeDescribeProducersResponse },
  describeTransactions: { key: 65, name: 'DescribeTransactions', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeDescribeTransactionsRequest, encodeRequest: encodeDescribeTransactionsRequest, decodeResponse: decodeDescribeTransactionsResponse, encodeResponse: encodeDescribeTransactionsResponse },
  listTransactions: { key: 66, name: 'ListTransactions', versionMin: 0, versionMax: 2, flexibleFrom: 0, decodeRequest: decodeListTransactionsRequest, encodeRequest: encodeListTransactionsRequest, decodeResponse: decodeListTransactionsResponse, encodeResponse: encodeListTransactionsResponse },
  consumerGroupHeartbeat: { key: 68, name: 'ConsumerGroupHeartbeat', versionMin: 0, versionMax: 1, flexibleFrom: 0, decodeRequest: decodeConsumerGroupHeartbeatRequest, encodeRequest: encodeConsumerGroupHeartbeatRequest, decodeResponse: decodeConsumerGroupHeartbeatResponse, encodeResponse: encodeConsumerGroupHeartbeatResponse },
  consumerGroupDescribe: { key: 69, name: 'ConsumerGroupDescribe', versionMin: 0, versionMax: 1, flexibleFrom: 0, decodeRequest: decodeConsumerGroupDescribeRequest, encodeRequest: encodeConsumerGroupDescribeRequest, decodeResponse: decodeConsumerGroupDescribeResponse, encodeResponse: encodeConsumerGroupDescribeResponse },
  listConfigResources: { key: 74, name: 'ListConfigResources', versionMin: 0, versionMax: 1, flexibleFrom: 0, decodeRequest: decodeListConfigResourcesRequest, encodeRequest: encodeListConfigResourcesRequest, decodeResponse: decodeListConfigResourcesResponse, encodeResponse: encodeListConfigResourcesResponse },
  describeTopicPartitions: { key: 75, name: 'DescribeTopicPartitions', versionMin: 0, versionMax: 0, flexibleFrom: 0, decodeRequest: decodeDescribeTopicPartitionsRequest, encodeRequest: encodeDescribeTopicPartitionsRequest, decodeResponse: decodeDescribeTopicPartitionsResponse, encodeResponse: encodeDescribeTopicPartitionsResponse },
} as const
