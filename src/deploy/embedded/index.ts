// The face of deploy/embedded: one node of a folder in this process, and what the CLI needs to open a folder.
export { catalogOf } from './catalog-of.ts'
export { openProject, readFolder } from './folder.ts'
export { startNode } from './node.ts'
export type { EmbeddedNode } from './node.ts'
export { defaultPorts, resolveOptions } from './options.ts'
export type { PlatformOptions, Ports } from './options.ts'
export { version } from './version.ts'
