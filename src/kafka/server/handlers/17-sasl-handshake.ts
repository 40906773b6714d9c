// SaslHandshake, versions 0 and 1: chooses a mechanism. After version 0 tokens come as bare frames, after version 1 in
// SaslAuthenticate. Where nobody authenticates it is out of place.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const saslHandshake = defineHandler(apis.saslHandshake, (_broker, client, { mechanism }, version) =>
  client.sasl ? client.sasl.handshake(mechanism, version) : { errorCode: kafkaErrors.illegalSaslState, mechanisms: [] },
)
