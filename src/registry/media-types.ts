// Content types in and out: three names for the same JSON. The most specific one that the client takes is the answer's.
// Reference: RFC 9110 section 12.5.1; Confluent Versions.
import { refusals } from './registry-types.ts'

/** By preference. */
const served = ['application/vnd.schemaregistry.v1+json', 'application/vnd.schemaregistry+json', 'application/json']
const taken: ReadonlySet<string> = new Set([...served, 'application/octet-stream'])

export const defaultMediaType: string = served[0]!

/** @param accept the header; absent: everything. Throws 406 */
export function answerType(accept: string | undefined): string {
  if (accept === undefined || accept.trim() === '' || accept === '*/*' || accept === defaultMediaType)
    return defaultMediaType
  const ranges = accept.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    return { range, quality: Number.isFinite(quality) ? quality : 1 }
  })
  const qualityOf = (type: string): number => {
    const exact = ranges.find(({ range }) => range === type)
    const wide =
      ranges.find(({ range }) => range === 'application/*') ?? ranges.find(({ range }) => range.startsWith('*'))
    return (exact ?? wide)?.quality ?? 0
  }
  const best = Math.max(...served.map(qualityOf))
  if (best <= 0) throw refusals.notAcceptable()
  return served.find((type) => qualityOf(type) === best)!
}

/** @param contentType the header of a request with a body; absent counts as bytes of any kind. Throws 415 */
export function checkContentType(contentType: string | undefined): void {
  if (contentType === undefined) return
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  if (!taken.has(type)) throw refusals.unsupportedMediaType()
}
