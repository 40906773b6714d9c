// Doors of the DEK registry: keys that encrypt keys (KEKs) and keys that encrypt data (DEKs) of subjects.
// Reference: Confluent DekRegistryResource; DekRegistryErrors.
import type { HttpResponse } from '../base/index.ts'
import type { DekAlgorithm } from '../format/index.ts'
import type { Action } from '../model/index.ts'
import { normalizeSubject, qualify, qualifyReference } from './contexts.ts'
import { bodyOf, orBadRequest, page, versionNumber, type Answer, type Call, type Door } from './door.ts'
import { objectOrNull } from './entities.ts'
import { keyRules } from './keys/encrypted-fields.ts'
import { drawnVersionMin } from './keys/field-keys.ts'
import { isDekAlgorithm, sortedProps, type Dek, type DekId, type Kek } from './keys/key-records.ts'
import type { KekChange, KeyRegistry, OpenDek } from './keys/key-registry.ts'
import { refusals, type JsonObject } from './registry-types.ts'

const nameCharactersMax = 64

const keysOf = ({ registry }: Call): KeyRegistry => {
  if (!registry.keys) throw refusals.pathNotFound()
  return registry.keys
}

const done: HttpResponse = { status: 204, headers: {} }

function nameOf(name: unknown): string {
  if (typeof name !== 'string' || name.length > nameCharactersMax || !/^[\p{L}_][\p{L}\p{Nd}_-]*$/u.test(name))
    throw refusals.invalidKey('name')
  return name
}

const kekNameOf = ({ request }: Call): string => nameOf(request.parameters['name'])

/** The KEK of the path. Throws 40470. */
function kekOf(call: Call, withDeleted: boolean): Kek {
  const name = kekNameOf(call)
  const kek = keysOf(call).state().kek(name, withDeleted)
  if (!kek) throw refusals.keyNotFound(name)
  return kek
}

/** The DEK's subject, qualified by the context of the path; a config's aliasForDeks is followed. */
function dekSubjectOf(call: Call, given: unknown, action: Action): string {
  // eslint-disable-next-line no-control-regex
  if (typeof given !== 'string' || given === '' || /[\u0000-\u001f\u007f-\u009f]/.test(given))
    throw refusals.invalidKey('subject')
  const subject = normalizeSubject(qualify(call.contextPrefix, given))
  const alias = call.registry.state().config(subject)?.aliasForDeks
  const meant = alias ? qualifyReference(alias, subject) : subject
  if (!call.may(action, meant)) throw refusals.forbidden(`User is denied operation on this server: ${meant}`)
  return meant
}

const pathSubject = (call: Call, action: Action): string =>
  dekSubjectOf(call, call.request.parameters['dekSubject'], action)

/** Throws 404 for another text, as their server does. */
function algorithmOf({ request }: Call): DekAlgorithm {
  const text = request.query.get('algorithm')
  if (text === null || text === '') return 'AES256_GCM'
  if (!isDekAlgorithm(text)) throw refusals.pathNotFound()
  return text
}

function kekFields({ name, kmsType, kmsKeyId, kmsProps, doc, shared, timestampMs, deleted }: Kek): JsonObject {
  return {
    name,
    kmsType,
    kmsKeyId,
    kmsProps: sortedProps(kmsProps),
    ...(doc === null ? {} : { doc }),
    shared,
    ...(timestampMs === undefined ? {} : { ts: timestampMs }),
    ...(deleted ? { deleted } : {}),
  }
}

function dekFields(dek: OpenDek): JsonObject {
  const { kekName, subject, version, algorithm, encryptedKeyMaterial, keyMaterial, timestampMs, deleted } = dek
  return {
    kekName,
    subject,
    version,
    algorithm,
    ...(encryptedKeyMaterial === null ? {} : { encryptedKeyMaterial }),
    ...(keyMaterial === undefined ? {} : { keyMaterial }),
    ...(timestampMs === undefined ? {} : { ts: timestampMs }),
    ...(deleted ? { deleted } : {}),
  }
}

/** Numbers and booleans count as their text, as for Confluent's reader. */
function optionalText(body: JsonObject, field: string): string | null {
  const value = body[field]
  if (value === undefined || value === null) return null
  if (typeof value === 'object') throw new Error(`${field} must be a string`)
  return String(value as string | number | boolean)
}

function optionalFlag(body: JsonObject, field: string): boolean | null {
  const value = body[field]
  if (value === undefined || value === null) return null
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new Error(`${field} must be a boolean`)
}

function propsOf(body: JsonObject): Record<string, string> {
  const value = body['kmsProps']
  if (value === undefined || value === null) return {}
  const object = objectOrNull(value)
  if (!object) throw new Error('kmsProps must be an object')
  return Object.fromEntries(Object.keys(object).map((name) => [name, optionalText(object, name) ?? '']))
}

const listKeks: Answer = (call) => {
  const state = keysOf(call).state()
  const prefixes = call.request.query.getAll('subjectPrefix').filter((prefix) => prefix !== '')
  const deleted = call.flag('deleted')
  const qualified = prefixes.map((prefix) => qualify(call.contextPrefix, prefix))
  return page(qualified.length === 0 ? state.kekNames(deleted) : state.kekNamesOf(qualified, deleted), call.request)
}

const getKek: Answer = (call) => kekFields(kekOf(call, call.flag('deleted')))

const createKek: Answer = async (call) => {
  const body = bodyOf(call.request)
  const keys = keysOf(call)
  const name = nameOf(body['name'])
  const given = orBadRequest(() => ({
    name,
    kmsType: optionalText(body, 'kmsType'),
    kmsKeyId: optionalText(body, 'kmsKeyId'),
    kmsProps: propsOf(body),
    doc: optionalText(body, 'doc'),
    shared: optionalFlag(body, 'shared') ?? false,
    deleted: optionalFlag(body, 'deleted') ?? false,
  }))
  const { kmsType, kmsKeyId } = given
  if (kmsKeyId === null || kmsKeyId === '') throw refusals.invalidKey('kmsKeyId')
  if (kmsType === null) throw refusals.invalidKey('kmsType')
  const kek = { ...given, kmsType, kmsKeyId }
  if (kek.shared && call.flag('testSharing')) keys.testKek(kek)
  return kekFields(await keys.createKek(kek))
}

const updateKek: Answer = async (call) => {
  const body = bodyOf(call.request)
  const old = kekOf(call, false)
  const change = orBadRequest((): KekChange => {
    const shared = optionalFlag(body, 'shared')
    return {
      ...('kmsProps' in body ? { kmsProps: propsOf(body) } : {}),
      ...('doc' in body ? { doc: optionalText(body, 'doc') } : {}),
      ...(shared === null ? {} : { shared }),
    }
  })
  const kek = { ...old, ...change }
  if (kek.shared && call.flag('testSharing')) keysOf(call).testKek(kek)
  return kekFields(await keysOf(call).updateKek(old.name, change))
}

const testKek: Answer = (call) => {
  const kek = kekOf(call, false)
  keysOf(call).testKek(kek)
  return kekFields(kek)
}

const deleteKek: Answer = async (call) => {
  await keysOf(call).deleteKek(kekNameOf(call), call.flag('permanent'))
  return done
}

const undeleteKek: Answer = async (call) => {
  await keysOf(call).undeleteKek(kekNameOf(call))
  return done
}

const listDeks: Answer = (call) => {
  const deleted = call.flag('deleted')
  const { name } = kekOf(call, deleted)
  const subjects = keysOf(call).state().dekSubjects(name, deleted)
  return page(
    subjects.filter((subject) => call.may('describe', subject)),
    call.request,
  )
}

const listVersions: Answer = (call) => {
  const subject = pathSubject(call, 'describe')
  const deleted = call.flag('deleted')
  const { name } = kekOf(call, deleted)
  const deks = keysOf(call).state().deks(name, subject, algorithmOf(call), deleted)
  return page(
    deks.map((dek) => dek.version),
    call.request,
  )
}

/**
 * The key of a person, where it is asked for by the subject whose rule made it: Confluent's clients look for the version that
 * a value begins with below their own subject.
 */
function personsDek(call: Call, id: DekId, withDeleted: boolean): Dek | undefined {
  const { kekName, subject, algorithm, version } = id
  if (version < drawnVersionMin) return undefined
  const rules = call.registry
    .state()
    .versions(subject, true)
    .flatMap(({ ruleSet }) => (ruleSet ? keyRules(ruleSet) : []))
  const isMade = rules.some(
    (rule) => rule.keySubject !== null && rule.kekName === kekName && rule.algorithm === algorithm,
  )
  if (!isMade) return undefined
  const found = keysOf(call)
    .state()
    .deksOfVersion({ kekName, algorithm, version })
    .filter((dek) => withDeleted || !dek.deleted)
  return found.length === 1 ? { ...found[0]!, subject } : undefined
}

/** @param version -1: the newest */
function theDek(call: Call, version: number): OpenDek {
  const subject = pathSubject(call, 'read')
  const deleted = call.flag('deleted')
  const kek = kekOf(call, deleted)
  const keys = keysOf(call)
  const id = { kekName: kek.name, subject, algorithm: algorithmOf(call), version }
  const dek = keys.state().dek(id, deleted) ?? personsDek(call, id, deleted)
  if (!dek) throw refusals.keyNotFound(subject)
  return keys.open(dek)
}

const getDek: Answer = (call) => dekFields(theDek(call, 1))
const getDekVersion: Answer = (call) => dekFields(theDek(call, pathVersion(call)))

const pathVersion = ({ request }: Call): number => versionNumber(request.parameters['version']!)

const createDek: Answer = async (call) => {
  const body = bodyOf(call.request)
  const keys = keysOf(call)
  const kekName = kekNameOf(call)
  const subject = dekSubjectOf(call, call.request.parameters['dekSubject'] ?? body['subject'], 'write')
  const given = orBadRequest(() => {
    const version = body['version'] ?? 1
    if (!Number.isInteger(version) || Math.abs(Number(version)) > 0x7fffffff)
      throw new Error('version must be an integer')
    const algorithm = body['algorithm'] ?? 'AES256_GCM'
    if (!isDekAlgorithm(algorithm)) throw new Error(`algorithm ${String(algorithm)} is not known`)
    return {
      kekName,
      subject,
      algorithm,
      version: Number(version),
      encryptedKeyMaterial: optionalText(body, 'encryptedKeyMaterial'),
      deleted: optionalFlag(body, 'deleted') ?? false,
    }
  })
  const dek = await keys.createDek(given, call.flag('rewrap'))
  const isImport = call.registry.state().modeInForce(subject) === 'IMPORT'
  return dekFields(isImport ? dek : keys.open(dek))
}

type DekChange = (keys: KeyRegistry, dek: Omit<Dek, 'version' | 'encryptedKeyMaterial' | 'deleted'>) => Promise<void>

const changeDeks =
  (action: Action, change: (call: Call) => DekChange): Answer =>
  async (call) => {
    const subject = pathSubject(call, action)
    await change(call)(keysOf(call), { kekName: kekNameOf(call), subject, algorithm: algorithmOf(call) })
    return done
  }

const versionOf = (call: Call): { version?: number } =>
  call.request.parameters['version'] === undefined ? {} : { version: pathVersion(call) }

const deleteDeks = changeDeks('delete', (call) => {
  const version = versionOf(call)
  return (keys, dek) => keys.deleteDeks({ ...dek, ...version }, call.flag('permanent'))
})
const undeleteDeks = changeDeks('write', (call) => {
  const version = versionOf(call)
  return (keys, dek) => keys.undeleteDeks({ ...dek, ...version })
})

const base = '/dek-registry/v1/keks'
const dek = `${base}/{name}/deks/{dekSubject}`
const dekVersion = `${dek}/versions/{version}`

const door = (
  method: Door['method'],
  pattern: string,
  action: Action,
  answer: Answer,
  parameters: readonly string[] = [],
  difference?: string,
): Door => ({ method, pattern, action, answer, parameters, ...(difference === undefined ? {} : { difference }) })

const local = 'the registry itself wraps keys of `local-kms` only'
const newest = '`latest` means the newest version, where Confluent’s does nothing'

export const keyDoors: readonly Door[] = [
  door('GET', base, 'describe', listKeks, ['subjectPrefix', 'deleted', 'offset', 'limit']),
  door('POST', base, 'create', createKek, ['testSharing'], local),
  door('GET', `${base}/{name}`, 'describe', getKek, ['deleted']),
  door('PUT', `${base}/{name}`, 'alter', updateKek, ['testSharing'], local),
  door('DELETE', `${base}/{name}`, 'delete', deleteKek, ['permanent']),
  door('POST', `${base}/{name}/test`, 'describe', testKek, [], 'answers the KEK as the other paths do'),
  door('POST', `${base}/{name}/undelete`, 'create', undeleteKek),
  door('GET', `${base}/{name}/deks`, 'describe', listDeks, ['deleted', 'offset', 'limit']),
  // Subjects of DEKs are asked for behind the door: they follow another alias than schemas do.
  door('POST', `${base}/{name}/deks`, 'describe', createDek, ['rewrap'], local),
  door('GET', dek, 'describe', getDek, ['algorithm', 'deleted']),
  door('POST', dek, 'describe', createDek, ['rewrap'], local),
  door('DELETE', dek, 'describe', deleteDeks, ['algorithm', 'permanent']),
  door('POST', `${dek}/undelete`, 'describe', undeleteDeks, ['algorithm']),
  door('GET', `${dek}/versions`, 'describe', listVersions, ['algorithm', 'deleted', 'offset', 'limit']),
  door('GET', dekVersion, 'describe', getDekVersion, ['algorithm', 'deleted']),
  door('DELETE', dekVersion, 'describe', deleteDeks, ['algorithm', 'permanent'], newest),
  door('POST', `${dekVersion}/undelete`, 'describe', undeleteDeks, ['algorithm'], newest),
]
