// DescribeUserScramCredentials, version 0: mechanisms and iterations of users, never what is kept of their passwords. Users of the
// project folder are shown, too.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import { scramMechanisms } from '../security/scram.ts'

export const describeUserScramCredentials = defineHandler(
  apis.describeUserScramCredentials,
  (broker, client, { users: asked }) => {
    if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
      const errorMessage = 'no right to describe the cluster'
      return { errorCode: kafkaErrors.clusterAuthorizationFailed, errorMessage, results: [] }
    }
    const known = broker.security.users.list()
    const names = asked === null || asked.length === 0 ? [...known.keys()] : asked.map(({ name }) => name)
    const results = [...new Set(names)].map((user) => {
      const found = known.get(user)
      const refuse = (errorCode: number, errorMessage: string) => ({
        user,
        errorCode,
        errorMessage,
        credentialInfos: [],
      })
      if (names.indexOf(user) !== names.lastIndexOf(user))
        return refuse(
          kafkaErrors.duplicateResource,
          `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`,
        )
      if (!found)
        return refuse(
          kafkaErrors.resourceNotFound,
          `Attempt to describe a user credential that does not exist: ${user}`,
        )
      const credentialInfos = found.map(({ mechanism, iterations }) => ({
        mechanism: scramMechanisms[mechanism].code,
        iterations,
      }))
      return { user, errorCode: 0, errorMessage: null, credentialInfos }
    })
    return { errorCode: 0, errorMessage: null, results }
  },
)
