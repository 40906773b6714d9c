// One REST script against our registry and against Apicurio's, a second implementation of the same API. Each step compares
// the status, the error code and what the answer says; every difference is listed with who is right and why. A new
// difference fails, and so does one that is gone.
// needs: apicurio
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startApicurio, type Apicurio } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'
import { addedEverywhere, differences, steps, type Step } from './second-steps.ts'

const mediaType = 'application/vnd.schemaregistry.v1+json'

/** Ids differ between two registries: each is called by the step that saw it first. */
class Names {
  readonly #byId = new Map<unknown, string>()
  of(id: unknown, step: string): string {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    this.#byId.set(id, step)
    return step
  }
  id(step: string): unknown {
    return [...this.#byId].find(([, name]) => name === step)?.[0]
  }
}

async function run(url: string, step: Step, names: Names): Promise<string> {
  const [method, path, body] = step.request
  const asked = path.replaceAll(/#(\w+)/g, (_all, name: string) => String(names.id(name)))
  const response = await fetch(url + asked, {
    method,
    headers: { 'content-type': mediaType },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    answer = text
  }
  return `${response.status} ${describeAnswer(answer, names, step.name)}`
}

/** An answer without what may differ: messages, and ids themselves. */
function describeAnswer(answer: unknown, names: Names, step: string): string {
  if (typeof answer !== 'object' || answer === null) return JSON.stringify(answer)
  if (Array.isArray(answer)) return JSON.stringify(answer)
  if ('error_code' in answer) return `error ${String(answer.error_code)}`
  const fields = Object.entries(answer).flatMap(([name, value]) => {
    if (addedEverywhere[name] === JSON.stringify(value)) return []
    if (name === 'id' || name === 'schemaId') return `${name} of “${names.of(value, step)}”`
    if (name === 'messages') return 'messages'
    if (name === 'schema') return `schema: ${canonical(value)}`
    return `${name}: ${JSON.stringify(value)}`
  })
  return fields.toSorted().join(', ')
}

function canonical(schema: unknown): string {
  try {
    return JSON.stringify(JSON.parse(String(schema)))
  } catch {
    return JSON.stringify(String(schema).replaceAll(/\s+/g, ' ').trim())
  }
}

describe('a second implementation', () => {
  let node: RegistryNode
  let apicurio: Apicurio
  before(async () => {
    apicurio = await startApicurio()
    node = await startRegistryNode(temporaryFolder())
  })
  after(async () => {
    await node?.stop()
    await apicurio?.stop()
  })

  test('answers the same, but for what is listed', async () => {
    const [ours, theirs] = [new Names(), new Names()]
    const found: Record<string, readonly [string, string]> = {}
    for (const step of steps) {
      const [mine, other] = [await run(node.url, step, ours), await run(apicurio.url, step, theirs)]
      if (mine !== other) found[step.name] = [mine, other]
    }
    const listed = Object.fromEntries(
      differences.map(({ step, millrace, apicurio: other }) => [step, [millrace, other]]),
    )
    assert.deepEqual(found, listed)
    assert.deepEqual(node.faults, [])
  })
})
