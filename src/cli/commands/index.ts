// Every command, with what the overview says; the rest is loaded when it is called.
import type { Command } from '../arguments.ts'

interface Entry {
  readonly summary: string
  load(): Promise<Command>
}

export const commands: Readonly<Record<string, Entry>> = {
  init: { summary: 'make a new project folder to start from', load: async () => (await import('./init.ts')).init },
  dev: { summary: 'run a folder here, in the foreground', load: async () => (await import('./dev.ts')).dev },
  check: { summary: 'report every mistake in a folder', load: async () => (await import('./check.ts')).check },
  plan: { summary: 'show what would change, and write plan.lock', load: async () => (await import('./plan.ts')).plan },
  apply: { summary: 'carry the changes out', load: async () => (await import('./apply.ts')).apply },
  test: { summary: 'run the folder’s tests', load: async () => (await import('./test.ts')).test },
  demo: {
    summary: 'run a bounded, seeded piece of the example and check it against DuckDB',
    load: async () => (await import('./demo.ts')).demo,
  },
  explore: {
    summary: 'answer a SELECT from topics and tables',
    load: async () => (await import('./explore.ts')).explore,
  },
  topics: {
    summary: 'list topics, or the newest messages of one',
    load: async () => (await import('./topics.ts')).topics,
  },
  quarantine: {
    summary: 'list what was set aside of a topic, and write it back',
    load: async () => (await import('./quarantine.ts')).quarantine,
  },
  schemas: { summary: 'list registered schemas', load: async () => (await import('./schemas.ts')).schemas },
  pipelines: {
    summary: 'list pipelines with their rates',
    load: async () => (await import('./pipelines.ts')).pipelines,
  },
  tables: { summary: 'list lake tables', load: async () => (await import('./tables.ts')).tables },
  catalog: {
    summary: 'list assets with owner, columns and lineage',
    load: async () => (await import('./catalog.ts')).catalog,
  },
  groups: {
    summary: 'list consumer groups, or one with its members and partitions',
    load: async () => (await import('./groups.ts')).groups,
  },
  lag: { summary: 'what consumer groups have not yet read', load: async () => (await import('./lag.ts')).lag },
  backup: {
    summary: 'copy a folder’s data, beside its running node or not',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'lay a backup out as a folder’s data',
    load: async () => (await import('./restore.ts')).restore,
  },
  log: {
    summary: 'check every byte of a folder’s log',
    load: async () => (await import('./log.ts')).log,
  },
  explain: { summary: 'show the plan of each pipeline', load: async () => (await import('./explain.ts')).explain },
  flink: { summary: 'print the folder as a script for Flink', load: async () => (await import('./flink.ts')).flink },
}
