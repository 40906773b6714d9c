// The face of console-api: the routes of a running node, and the shapes of their answers.
export { consoleRoutes, errorAnswer, json } from './routes.ts'
export type { ConsoleSources, StaticFiles } from './routes.ts'
export type * from './shapes.ts'
