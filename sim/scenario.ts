// What the simulation runs: scenarios of worker bodies on a simulated disk and clock, each run decided by its seed alone.
import type { Body } from '../src/base/index.ts'
import type { SeededRandom } from './random.ts'

/** One run's figures, so that a person sees that something happened. */
export interface RunReport {
  readonly crashes: number
  readonly acknowledged: number
  /** Figures of its own, summed over the seeds. */
  readonly counts?: Readonly<Record<string, number>>
}

export interface Scenario {
  readonly name: string
  /** Throws when something that must hold does not. */
  run(seed: number): Promise<RunReport>
}

/** A body of a scenario: a room's, or one that plays a user. */
export type Actor = Pick<Body, 'step'> & { readonly name: string }

/** Steps the actors in random order, once each; promises settle in between, as they do in a thread with an event loop. */
export async function stepAll(actors: readonly Actor[], random: SeededRandom): Promise<void> {
  const order = [...actors]
  while (order.length > 0) {
    const [actor] = order.splice(random.below(order.length), 1)
    actor!.step()
    for (let i = 0; i < 6; i++) await undefined
  }
}

/** Runs one seed; an error then names the scenario and the seed that shows it again. */
export async function runSeed(scenario: Scenario, seed: number): Promise<RunReport> {
  try {
    return await scenario.run(seed)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `${scenario.name}, seed ${seed}: ${reason}\n  again: MILLRACE_SIM_SEED=${seed} npm run sim -- ${scenario.name}`,
      { cause },
    )
  }
}
