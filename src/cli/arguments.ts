// The command line as data: each command declares its options once; parsing, help and the error for a wrong word come from that.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { nearest } from '../base/index.ts'

export interface OptionDeclaration {
  readonly type: 'string' | 'boolean'
  /** What stands after it in help, for strings: 'PORT'. */
  readonly value?: string
  readonly help: string
  readonly short?: string
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** What follows the options: '[FOLDER]', '[FOLDER] SQL'. */
  readonly operands: string
  readonly operandsMax: number
  readonly options: Readonly<Record<string, OptionDeclaration>>
  readonly example: string
  /** @returns the exit code */
  run(input: CommandInput): Promise<number>
}

export interface CommandInput {
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
}

/** A wrong word on the command line: exit code 2. */
export class UsageError extends Error {}

const everyCommand: Readonly<Record<string, OptionDeclaration>> = {
  help: { type: 'boolean', short: 'h', help: 'this text' },
  json: { type: 'boolean', help: 'output for programs' },
}

export function parseCommandLine(
  command: Command,
  words: readonly string[],
): CommandInput & { readonly help: boolean } {
  const options: ParseArgsConfig['options'] = {}
  for (const [name, declaration] of Object.entries({ ...everyCommand, ...command.options })) {
    options[name] = { type: declaration.type, ...(declaration.short ? { short: declaration.short } : {}) }
  }
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    if (parsed.positionals.length > command.operandsMax)
      throw new UsageError(`too many words: ${parsed.positionals.slice(command.operandsMax).join(' ')}`)
    return {
      operands: parsed.positionals,
      options: parsed.values as CommandInput['options'],
      help: parsed.values['help'] === true,
    }
  } catch (error) {
    const reason = (error as Error).message.split('. To specify')[0]!
    const unknown = /^Unknown option '--(.+)'$/.exec(reason)?.[1]
    const near = unknown === undefined ? undefined : nearestName(unknown, Object.keys(options))
    throw new UsageError(near === undefined ? reason : `${reason}; did you mean --${near}?`)
  }
}

/** The one name that is meant by a slip of the fingers, or by its beginning. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  return nearest(name, names) ?? (name === '' ? undefined : names.find((other) => other.startsWith(name)))
}

export function helpText(command: Command): string {
  const rows = Object.entries({ ...command.options, ...everyCommand }).map(
    ([name, d]) => [`${d.short ? `-${d.short}, ` : ''}--${name}${d.value ? ` ${d.value}` : ''}`, d.help] as const,
  )
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    `millrace ${command.name} ${command.operands}`.trimEnd(),
    `  ${command.summary}`,
    '',
    'Options',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    `Example: ${command.example}`,
    '',
  ].join('\n')
}
