// The example's folder as a script for Flink.
import { join } from 'node:path'
import { openProject, readFolder } from '../../src/deploy/embedded/index.ts'
import { flinkScript, type FlinkScript } from '../../src/deploy/flink/index.ts'
import { resolveProject, type Desired } from '../../src/project/index.ts'

export const exampleFolder: string = join(import.meta.dirname, '..', '..', 'examples', 'checkout')

export interface ExampleScript extends FlinkScript {
  readonly desired: Desired
}

/** @param cluster.delivery at-least-once for brokers without transactions */
export function exampleScript(cluster: {
  bootstrap: string
  registryUrl: string
  delivery?: 'exactly-once' | 'at-least-once'
}): ExampleScript {
  const project = openProject(exampleFolder)
  const desired = resolveProject(project, 'local', [])
  const files = readFolder(exampleFolder).map(({ path, text }) => ({ file: path, text }))
  return { ...flinkScript({ files, project, desired, ...cluster }), desired }
}
