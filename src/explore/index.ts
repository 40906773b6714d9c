// The face of explore: ad hoc SELECTs over topics and lake tables.
export { createExplorer } from './explorer.ts'
export type { ExploreAnswer, Explorer, ExplorerOptions, ExploreSource, ExploreStats } from './explorer.ts'
export { exploreLimits } from './limits.ts'
export type { ExploreLimits } from './limits.ts'
