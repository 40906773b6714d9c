// Applying without running: opens the data folder, carries the changes out, closes it.
import { nodeClock, openNodeDisk, type MillraceError } from '../../base/index.ts'
import { lockDataFolder, openLogClient, openLogReader, startLogWorker } from '../../log/index.ts'
import { openRegistry } from '../../registry/index.ts'
import { resolveProject, type Change } from '../../project/index.ts'
import { applyChanges } from './applied.ts'
import { openProject } from './folder.ts'
import { localSecretsFor, refuseOtherSecret } from './local-secret.ts'
import { resolveOptions } from './options.ts'

/** Throws MR-BASE-005 while a node runs the folder (it applies by itself when started again), MR-DEPLOY-001, -002. */
export async function applyFolder(options: {
  project: string
  data?: string
  environment: string
  accept: readonly string[]
}): Promise<Change[]> {
  const resolved = resolveOptions(options, process.env)
  const mistakes: MillraceError[] = []
  const desired = resolveProject(openProject(resolved.project), resolved.environment, mistakes)
  if (mistakes.length > 0) throw new AggregateError(mistakes)
  const lock = lockDataFolder(resolved.data)
  try {
    const worker = await startLogWorker({
      folder: resolved.data,
      durability: desired.environment.durability,
      clients: ['apply'],
      onFailure: () => {},
    })
    const client = openLogClient(worker.clientPort('apply'))
    const reader = openLogReader(worker.share, openNodeDisk(resolved.data))
    try {
      const registry = await openRegistry({
        log: client,
        reader,
        clock: nodeClock,
        localSecret: localSecretsFor(desired),
      })
      refuseOtherSecret(registry, desired)
      return await applyChanges({
        desired,
        reader,
        log: client,
        registerSchema: async (subject, type, text, rules) =>
          void (await registry.register(subject, type, text, rules)),
        isRegistered: (subject) => registry.state().versions(subject, false).length > 0,
        nowMs: nodeClock.nowMs(),
        accept: options.accept,
      })
    } finally {
      reader.close()
      client.close()
      await worker.stop()
    }
  } finally {
    lock.release()
  }
}
