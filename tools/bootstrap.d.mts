export const root: string
export function ensureInstalled(): Promise<void>
export function ensureConsoleBuilt(): Promise<void>
export function pinnedNode(): string
export function runScript(script: string, args: readonly string[]): Promise<number>
