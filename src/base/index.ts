// The face of base: what every room may build on.
export { assert, AssertionError, unreachable } from './assert.ts'
export {
  ByteReader,
  BytesError,
  ByteWriter,
  compareBytes,
  concatBytes,
  decodeText,
  emptyBytes,
  encodeText,
  toHex,
} from './bytes.ts'
export { crc32c, joinCrc32c } from './crc.ts'
export { errorTable, formatError, MillraceError } from './errors.ts'
export type { ErrorCode, ErrorEntry, ErrorOptions, Place } from './errors.ts'
export { flinkMurmur, keyGroupCount, keyGroupOf, murmur2, partitionOf } from './hash.ts'
export { compileRoutes, eventStreamResponse, httpLimits, jsonResponse, requestText, startHttpServer } from './http.ts'
export type {
  Authenticate,
  HttpHandler,
  HttpLimits,
  HttpRequest,
  HttpResponse,
  HttpRoute,
  HttpServer,
  HttpServerOptions,
  ServerEvent,
} from './http.ts'
export { nodeClock, nodeDiskSpace, nodeNet, nodeRandom, openNodeDisk, wrapSocket } from './node-ports.ts'
export { createMemoryDisk } from './memory-disk.ts'
export { nearest } from './nearest.ts'
export { readWholeFile, replaceFile } from './ports.ts'
export type { Clock, Connection, Disk, DiskFile, Listener, ListenOptions, Net, Random } from './ports.ts'
export { createRing, Doorbell, RingReader, RingWriter } from './ring.ts'
export type { RingShare } from './ring.ts'
export { checkTlsMaterial, distinguishedName } from './tls.ts'
export type { TlsMaterial, TlsSettings } from './tls.ts'
export { makeAuthority, type IssuedCertificate, type TestAuthority } from './test-certificates.ts'
export { preloadWorker, runWorker, startWorker } from './worker.ts'
export type { Body, BodyContext, PreloadedWorker, WorkerHandle, WorkerOptions } from './worker.ts'
