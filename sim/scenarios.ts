// All scenarios by name; tests, run.ts and regressions look here.
import { engineScenario } from './engine-scenario.ts'
import { logScenario } from './log-scenario.ts'
import { nodeScenario } from './node-scenario.ts'
import type { Scenario } from './scenario.ts'
import { schemasScenario } from './schemas-scenario.ts'

export const scenarios: readonly Scenario[] = [logScenario, nodeScenario, engineScenario, schemasScenario]

/** Undefined when there is none of this name. */
export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((one) => one.name === name)
}
