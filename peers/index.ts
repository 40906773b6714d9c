// The face of peers: real engines and clients to check against. Each starter installs what it needs when it is missing,
// takes free ports, and gives stop(); what it started also ends when this process does, however it ends.
export { chromiumScreenshot, startChromium, type Browser, type BrowserPage } from './chromium/chromium.ts'
export { startFlink, type Flink, type FlinkOptions } from './flink/flink.ts'
export { FlinkSession, splitStatements, type FlinkResult, type FlinkRow } from './flink/gateway.ts'
export { freePorts, startGuarded, waitUntilReady, type Guarded, type GuardedOptions } from './guarded.ts'
export { installPeer, peerNames, PeerUnavailable, type PeerName } from './install.ts'
export { kafkaTool, startKafka, type Kafka, type KafkaOptions, type KafkaTool } from './kafka/kafka.ts'
export { countWords, type WordCountOptions } from './kafka-streams/kafka-streams.ts'
export { kcat } from './kcat/kcat.ts'
export { startMysql, type Mysql, type MysqlOptions } from './mysql/mysql.ts'
export { oldestNode } from './node/node.ts'
export { pyiceberg, pythonVenv, type Python, type PythonPackages } from './python/python.ts'
export { mustRun, runProgram, type RunOptions, type RunResult } from './run-program.ts'
