// The face of deploy/embedded: one node of a folder in this process, and what the CLI needs to open a folder.
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Backup, BackupManifest, BackupSource } from './backup.ts'
import type { DemoOptions, DemoRun } from './demo.ts'
import type { EmbeddedNode } from './node.ts'
import type { TestResult } from './run-tests.ts'
import type { Project } from '../../project/index.ts'
import type { PlatformOptions } from './options.ts'

export { applyFolder } from './apply-folder.ts'
export { appliedOf, appliedWithSamples } from './applied-of.ts'
export type { Backup, BackupManifest, BackupSource } from './backup.ts'
export { catalogOf } from './catalog-of.ts'
export type { DemoOptions, DemoRun } from './demo.ts'
export { openProject, readFolder } from './folder.ts'
export type { EmbeddedNode } from './node.ts'
export { defaultPorts, resolveOptions } from './options.ts'
export type { PlatformOptions, Ports } from './options.ts'
export type { Row, TestResult } from './run-tests.ts'
export { version } from './version.ts'

/** See node.ts. Loaded when called, so that commands which only read a folder stay quick. */
export async function startNode(options: PlatformOptions): Promise<EmbeddedNode> {
  return (await import('./node.ts')).startNode(options)
}

/** See demo.ts. */
export async function runDemo(options: DemoOptions): Promise<DemoRun> {
  return (await import('./demo.ts')).runDemo(options)
}

/** See run-tests.ts. */
export async function runTests(project: Project, environment: string): Promise<TestResult[]> {
  return (await import('./run-tests.ts')).runTests(project, environment)
}

/** See backup.ts; `to` is a folder or s3://BUCKET/PREFIX. */
export async function openBackup(source: BackupSource, to: string): Promise<Backup> {
  const { isBucket, openS3 } = await import('./object-store.ts')
  if (!isBucket(to)) return (await import('./backup.ts')).openBackup(source, resolve(to))
  return (await import('./backup-objects.ts')).openObjectBackup(source, await openS3(to))
}

/** See backup.ts; `from` is a folder or s3://BUCKET/PREFIX, which is laid down beside the data folder first. */
export async function restoreBackup(
  from: string,
  to: { data: string; lake: string | null; project?: string },
): Promise<BackupManifest> {
  const { isBucket, openS3 } = await import('./object-store.ts')
  const { restoreBackup: restore } = await import('./backup.ts')
  if (!isBucket(from)) return restore(resolve(from), to)
  const store = await openS3(from)
  const folder = `${to.data}.download`
  try {
    rmSync(folder, { recursive: true, force: true })
    await (await import('./backup-objects.ts')).fetchObjectBackup(store, folder)
    return restore(folder, to)
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
