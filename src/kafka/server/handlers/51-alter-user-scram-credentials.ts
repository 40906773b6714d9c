// AlterUserScramCredentials, version 0: the client sends the salted password, of which two keys are kept, in the log. A user with
// one wrong part in the request is left as he was; others are changed. Reference: KIP-554, Kafka's ScramControlManager.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { AlterUserScramCredentialsRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { scramCredential, scramIterations, scramMechanismOf, scramMechanisms } from '../security/scram.ts'
import type { StoreProblem } from '../security/store.ts'
import type { UserChange } from '../security/users.ts'

type Deletion = AlterUserScramCredentialsRequest['deletions'][number]
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]

export const alterUserScramCredentials = defineHandler(
  apis.alterUserScramCredentials,
  async (broker, client, { deletions, upsertions }) => {
    const users = [...new Set([...deletions, ...upsertions].map(({ name }) => name))]
    if (!broker.allows(client, 'alter', 'cluster', broker.clusterName)) {
      const refusal = {
        errorCode: kafkaErrors.clusterAuthorizationFailed,
        errorMessage: 'no right to alter the cluster',
      }
      return { results: users.map((user) => ({ user, ...refusal })) }
    }
    const { unacceptableCredential, duplicateResource } = kafkaErrors
    const problems = new Map<string, StoreProblem>()
    const changes: UserChange[] = []
    const seen = new Set<string>()
    const wanted = [
      ...deletions.map((one) => ({ ...one, change: deletionOf(one) })),
      ...upsertions.map((one) => ({ ...one, change: upsertionOf(broker, one) })),
    ]
    for (const { name, mechanism, change } of wanted) {
      const key = `${mechanism}/${name}`
      if (seen.has(key)) {
        const message = 'A user credential cannot be altered twice in the same request'
        problems.set(name, { error: duplicateResource, message })
      } else if ('error' in change) problems.set(name, change)
      else {
        const problem = broker.security.users.changeProblem(change)
        if (problem) problems.set(name, problem)
        else changes.push(change)
      }
      if (name === '' && !problems.has(name))
        problems.set(name, { error: unacceptableCredential, message: 'Username must not be empty' })
      seen.add(key)
    }
    const outcome = await broker.security.users.change(changes.filter(({ name }) => !problems.has(name)))
    const results = users.map((user) => {
      const problem = problems.get(user) ?? (outcome.ok ? undefined : outcome)
      return problem
        ? { user, errorCode: problem.error, errorMessage: problem.message }
        : { user, errorCode: 0, errorMessage: null }
    })
    return { results }
  },
)

const unknownMechanism: StoreProblem = {
  error: kafkaErrors.unsupportedSaslMechanism,
  message: 'Unknown SCRAM mechanism',
}

function deletionOf({ name, mechanism: code }: Deletion): UserChange | StoreProblem {
  const mechanism = scramMechanismOf(code)
  return mechanism ? { name, mechanism, credential: null } : unknownMechanism
}

function upsertionOf(broker: Broker, one: Upsertion): UserChange | StoreProblem {
  const { name, mechanism: code, iterations, salt, saltedPassword } = one
  const { unacceptableCredential: error } = kafkaErrors
  const mechanism = scramMechanismOf(code)
  if (!mechanism) return unknownMechanism
  if (name.length > broker.limits.securityNameLengthMax) return { error, message: 'Username is too long' }
  if (iterations < scramIterations.min) return { error, message: 'Too few iterations' }
  if (iterations > scramIterations.max) return { error, message: 'Too many iterations' }
  if (salt.length === 0 || salt.length > 256) return { error, message: 'Salt must have 1 to 256 bytes' }
  if (saltedPassword.length !== scramMechanisms[mechanism].bytes)
    return { error, message: `The salted password of ${mechanism} has ${scramMechanisms[mechanism].bytes} bytes` }
  // The request's bytes are not ours to keep.
  return { name, mechanism, credential: scramCredential(mechanism, saltedPassword, salt.slice(), iterations) }
}
