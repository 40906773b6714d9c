// What a handler is: one file per API key in handlers/, each a function from a decoded request to a response, given the
// broker's services and the asking client. A promise holds back later answers on that connection; undefined sends none.
import type { Principal } from '../../model/index.ts'
import type { WireReader, WireWriter } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import type { SaslSession } from './security/sasl-session.ts'

/** Who asks. */
export interface Client {
  /** As it is proven so far; changes once, when SASL is done. */
  readonly principal: Principal
  readonly remote: string
  /** `remote` without the port, as ACLs name hosts. */
  readonly host: string
  /** What the listener tells clients to connect to; undefined: what this one used. */
  readonly advertised: { readonly host: string; readonly port: number } | undefined
  /** Where the listener authenticates with SASL. */
  readonly sasl: SaslSession | undefined
  /** The address that the client used to reach us. */
  readonly localHost: string
  readonly localPort: number
  /** As the last request said; '' when it said none. */
  clientId: string
  /** Closes the connection: for requests without an answer that go wrong. */
  disconnect(): void
  /** Run once when the connection is gone; what waits for the client takes itself out then. */
  readonly onClose: Set<() => void>
}

export interface ApiCodec<Request, Response> {
  readonly key: number
  readonly name: string
  readonly versionMin: number
  readonly versionMax: number
  readonly flexibleFrom: number
  decodeRequest(reader: WireReader, version: number): Request
  encodeResponse(writer: WireWriter, version: number, response: Response): void
}

export type Handle<Request, Response> = (
  broker: Broker,
  client: Client,
  request: Request,
  version: number,
) => Response | undefined | Promise<Response | undefined>

export interface Handler {
  readonly api: ApiCodec<unknown, unknown>
  /** The lowest version that ApiVersions names, where it is not the lowest that is served. */
  readonly advertisedMin: number
  /** Requests of this kind may be under way together, as long as answers keep their order. */
  readonly overlaps: boolean
  handle(broker: Broker, client: Client, request: unknown, version: number): unknown
  /** Called once for each response: its bytes are on their way, or will never be sent. */
  release?(response: unknown): void
}

export function defineHandler<Request, Response>(
  api: ApiCodec<Request, Response>,
  handle: Handle<Request, Response>,
  options: { advertisedMin?: number; overlaps?: boolean; release?: (response: Response) => void } = {},
): Handler {
  return {
    // The codec gives `handle` what it decodes, so the types meet again.
    api: api as unknown as ApiCodec<unknown, unknown>,
    advertisedMin: options.advertisedMin ?? api.versionMin,
    overlaps: options.overlaps ?? false,
    handle: handle as unknown as Handler['handle'],
    ...(options.release && { release: options.release as unknown as NonNullable<Handler['release']> }),
  }
}
