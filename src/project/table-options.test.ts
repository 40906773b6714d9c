// Options of CREATE TABLE: what nobody reads is a mistake, with the name that was meant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import { loadProject, resolveProject, tableOptionRows } from './index.ts'

function mistakes(options: string): string[] {
  const millrace = 'apiVersion: millrace/v1\n'
  const project = loadProject(
    [
      { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
      { path: 'o.yaml', text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#p" }\n` },
      { path: 'tables.sql', text: `CREATE TABLE t (id BIGINT, name STRING) WITH (${options});` },
    ],
    {},
  )
  assert.deepEqual(project.errors, [])
  const errors: MillraceError[] = []
  resolveProject(project, 'local', errors)
  return errors.map(({ code, message, help, place }) => `${code} ${place?.file} ${message} ${help}`)
}

test('a misspelt option is refused with what was meant, with its beginning or without', () => {
  for (const [option, meant] of [
    ['millrace.encrypt.column', 'millrace.encrypt.columns'],
    ['millrace.encrypted.columns', 'millrace.encrypt.columns'],
    ['milrace.encrypt.columns', 'millrace.encrypt.columns'],
    ['Millrace.Encrypt.Columns', 'millrace.encrypt.columns'],
    ['encrypt.columns', 'millrace.encrypt.columns'],
    ['encrypt.subject', 'millrace.encrypt.subject'],
    ['millrace.encrypt.algoritm', 'millrace.encrypt.algorithm'],
    ['millrace.lakes', 'millrace.lake'],
    ['csv.null-literal', 'millrace.csv.null-literal'],
  ] as const) {
    const [mistake, ...more] = mistakes(`'${option}' = 'name'`)
    assert.deepEqual(more, [], option)
    assert.match(mistake!, /^MR-PROJECT-019 tables\.sql /)
    assert.ok(mistake!.includes(`${meant} (did you mean it?)`), `${option}: ${mistake}`)
  }
})

test('one that is like none is refused with all that there are; Flink’s own are left to Flink', () => {
  assert.match(
    mistakes(`'millrace.colour' = 'red'`)[0]!,
    /the option is millrace\.colour,.*millrace\.encrypt\.columns,/,
  )
  assert.deepEqual(
    mistakes(`'connector' = 'kafka', 'topic' = 'x', 'format' = 'csv', 'millrace.topic.retention.ms' = '1'`),
    [],
  )
})

test('the guide lists each option once', () => {
  const names = tableOptionRows.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of ['columns', 'subject', 'kek', 'algorithm']) assert.ok(names.includes(`millrace.encrypt.${name}`))
})
