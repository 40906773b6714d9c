// A bucket's objects below a prefix, as backups need them: over S3's protocol with the AWS SDK, which finds credentials, region and
// endpoint where every AWS program does. Loaded when a backup goes there and not before.
import { MillraceError } from '../../base/index.ts'

export interface ObjectStore {
  /** For messages: 's3://bucket/prefix'. */
  readonly place: string
  /** undefined when there is none. Throws MR-DEPLOY-019. */
  get(key: string): Promise<{ readonly bytes: Uint8Array; readonly tag: string } | undefined>
  /**
   * @param over what must be there for it to be written: the tag of an object, or null for none; undefined: whatever is there
   * @returns its tag; undefined when something else was there. Throws MR-DEPLOY-019.
   */
  put(key: string, bytes: Uint8Array, over?: string | null): Promise<string | undefined>
  /** No matter whether they are there. Throws MR-DEPLOY-019. */
  remove(keys: readonly string[]): Promise<void>
  /** All keys. Throws MR-DEPLOY-019. */
  list(): Promise<string[]>
  close(): void
}

const place = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/
const removeMax = 1000

/** Whether a place is a bucket and not a folder. */
export const isBucket = (text: string): boolean => text.startsWith('s3://')

/** Throws MR-DEPLOY-019 when the address is none. */
export async function openS3(address: string): Promise<ObjectStore> {
  const [, bucket, path = ''] = place.exec(address) ?? []
  if (bucket === undefined) throw failure('open', address, new Error('an address is s3://BUCKET/PREFIX'))
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`
  const sdk = await import('@aws-sdk/client-s3')
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']
  // Servers other than Amazon's seldom have a name per bucket.
  const client = new sdk.S3Client({ maxAttempts: 5, ...(endpoint ? { forcePathStyle: true } : {}) })
  const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw failure(what, address, error)
    }
  }
  return {
    place: address,
    get: (key) =>
      attempt(`read ${key} of`, async () => {
        try {
          const found = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: prefix + key }))
          return { bytes: await found.Body!.transformToByteArray(), tag: found.ETag! }
        } catch (error) {
          if (error instanceof sdk.NoSuchKey) return undefined
          throw error
        }
      }),
    put: (key, bytes, over) =>
      attempt(`write ${key} to`, async () => {
        const condition = over === undefined ? {} : over === null ? { IfNoneMatch: '*' } : { IfMatch: over }
        const object = { Bucket: bucket, Key: prefix + key, Body: bytes, ...condition }
        try {
          return (await client.send(new sdk.PutObjectCommand(object))).ETag!
        } catch (error) {
          const status = error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined
          if (over !== undefined && (status === 412 || status === 409 || status === 404)) return undefined
          throw error
        }
      }),
    remove: (keys) =>
      attempt('remove from', async () => {
        for (let at = 0; at < keys.length; at += removeMax) {
          const Objects = keys.slice(at, at + removeMax).map((key) => ({ Key: prefix + key }))
          await client.send(new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
        }
      }),
    list: () =>
      attempt('list', async () => {
        const keys: string[] = []
        for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
          for (const { Key } of page.Contents ?? []) keys.push(Key!.slice(prefix.length))
        }
        return keys
      }),
    close: () => client.destroy(),
  }
}

function failure(what: string, address: string, cause: unknown): MillraceError {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  const reason = message === '' || message === 'UnknownError' ? name : message
  return new MillraceError('MR-DEPLOY-019', { details: { what, place: address, reason }, cause })
}
