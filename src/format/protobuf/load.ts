// A schema as the registry holds it, text or descriptor, with the files that its imports name, to one linked file.
import { MillraceError } from '../../base/index.ts'
import { formatLimits } from '../limits.ts'
import { builtinFiles } from './builtin.ts'
import { linkFile } from './link.ts'
import { parseFile } from './parse.ts'
import type { ProtoFile } from './schema.ts'
import { fileFromDescriptor, isDescriptorText, type DescribedFile } from './descriptor-read.ts'
import { ProtoMistake } from './tokens.ts'

/** A schema that another one imports. */
export interface ProtoReference {
  /** The path that import statements name. */
  readonly name: string
  readonly text: string
}

const builtin = new Map<string, ProtoFile>()

/** A built-in file, linked; undefined where there is none. */
export function builtinFile(path: string): ProtoFile | undefined {
  const known = builtin.get(path)
  if (known) return known
  const text = builtinFiles.get(path)
  if (text === undefined) return undefined
  const mistakes: ProtoMistake[] = []
  const file = parseFile(text, path, mistakes)
  linkFile(file, { load: builtinFile, mistakes, lenient: false })
  const [mistake] = mistakes
  // Only a mistake of ours: these texts are constants.
  if (mistake) throw new Error(`${path}:${mistake.place.line}:${mistake.place.column}: ${mistake.message}`)
  builtin.set(path, file)
  return file
}

/**
 * Parses, links and checks a schema.
 * @param text a .proto text, or a FileDescriptorProto in base64
 * @param references what its imports name; built-in files need none
 * @param options.path the name it goes by itself
 * @param options.lenient accepts what protoc forbids and bytes do not show (a reserved number that is used, an enum that
 * does not begin with 0), as registries do
 * Throws MR-FORMAT-001 with every mistake, each with its line and column. O(text).
 */
export function parseProto(
  text: string,
  references: readonly ProtoReference[] = [],
  { path = 'default.proto', lenient = false }: { readonly path?: string; readonly lenient?: boolean } = {},
): ProtoFile {
  const mistakes: ProtoMistake[] = []
  const found = findMistakes(text, references, { path, lenient, mistakes })
  if (mistakes.length === 0) return found
  throw mistakesError(mistakes)
}

function mistakesError(mistakes: readonly ProtoMistake[]): MillraceError {
  const [first] = mistakes
  const reason = mistakes.map(({ message, place }) => `${place.line}:${place.column}: ${message}`).join('; ')
  return new MillraceError('MR-FORMAT-001', {
    details: { reason, line: first!.place.line, column: first!.place.column },
  })
}

/**
 * Reads a schema's text or descriptor without what it imports: names of types are as written, and nothing is decided about
 * fields. For changes of a text that is known to be right. Throws MR-FORMAT-001 where it is no .proto text.
 */
export function readProto(text: string): ProtoFile {
  const mistakes: ProtoMistake[] = []
  const { file } = readFile(text, 'default.proto', mistakes)
  if (mistakes.length > 0) throw mistakesError(mistakes)
  return file
}

function findMistakes(
  text: string,
  references: readonly ProtoReference[],
  { path, lenient, mistakes }: { readonly path: string; readonly lenient: boolean; readonly mistakes: ProtoMistake[] },
): ProtoFile {
  const size = references.reduce((sum, reference) => sum + reference.text.length, text.length)
  if (size > formatLimits.schemaBytesMax * 8 || text.length > formatLimits.schemaBytesMax) {
    mistakes.push(
      new ProtoMistake(`the schema has more than ${formatLimits.schemaBytesMax} characters`, { line: 1, column: 1 }),
    )
    return parseFile('', path, [])
  }
  const texts = new Map(references.map((reference) => [reference.name, reference.text]))
  const files = new Map<string, ProtoFile>()
  const loading = new Set<string>([path])
  const load = (wanted: string): ProtoFile | undefined => {
    const known = files.get(wanted)
    if (known) return known
    const source = texts.get(wanted)
    // A registered file stands before a built-in one of the same path.
    if (source === undefined) return builtinFile(wanted)
    if (loading.has(wanted)) {
      mistakes.push(new ProtoMistake(`"${wanted}" imports itself, through others`, { line: 1, column: 1 }))
      return undefined
    }
    loading.add(wanted)
    const inner: ProtoMistake[] = []
    const { file, finish } = readFile(source, wanted, inner)
    linkFile(file, { load, mistakes: inner, lenient })
    finish()
    loading.delete(wanted)
    for (const mistake of inner)
      mistakes.push(
        new ProtoMistake(`"${wanted}" ${mistake.place.line}:${mistake.place.column}: ${mistake.message}`, {
          line: 1,
          column: 1,
        }),
      )
    files.set(wanted, file)
    return file
  }
  const { file, finish } = readFile(text, path, mistakes)
  // Names of a text that could not be read would only be missed.
  if (mistakes.length === 0) linkFile(file, { load, mistakes, lenient })
  finish()
  return file
}

function readFile(text: string, path: string, mistakes: ProtoMistake[]): DescribedFile {
  if (isDescriptorText(text)) return fileFromDescriptor(text, path, mistakes)
  return { file: parseFile(text, path, mistakes), finish: () => {} }
}
