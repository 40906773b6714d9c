// Kafka Streams: a word count with exactly_once_v2, as users run it.
import { installPeer } from '../install.ts'
import { runProgram, type RunResult } from '../run-program.ts'

export interface WordCountOptions {
  readonly bootstrap: string
  readonly input: string
  readonly output: string
  /** Kept between runs of one application. */
  readonly stateFolder: string
  readonly applicationId: string
  readonly seconds: number
}

/** Counts the words of the input's lines for some seconds, then closes in order. @throws PeerUnavailable */
export async function countWords(options: WordCountOptions): Promise<RunResult> {
  const home = await installPeer('kafka-streams')
  const { bootstrap, input, output, stateFolder, applicationId, seconds } = options
  const java = ['-Xmx384m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const path = ['-cp', `${home}/classes:${home}/libs/*`, 'WordCount']
  const args = [bootstrap, input, output, stateFolder, applicationId, String(seconds)]
  return runProgram('java', [...java, ...path, ...args], { timeoutMs: seconds * 1000 + 60_000 })
}
