// SaslAuthenticate, versions 0 to 2: a token of the mechanism that the handshake chose. From version 1 on the client learns when
// it must authenticate again (KIP-368).
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const saslAuthenticate = defineHandler(apis.saslAuthenticate, (_broker, client, { authBytes }) => {
  if (client.sasl) return client.sasl.authenticate(authBytes)
  const errorMessage = 'this listener does not authenticate with SASL'
  return { errorCode: kafkaErrors.illegalSaslState, errorMessage, authBytes: new Uint8Array(0) }
})
