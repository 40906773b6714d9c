import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffProject, loadProject, projectNotices, resolveProject, resourceTexts } from './index.ts'

const base = [
  {
    path: 'millrace.yaml',
    text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: p, owner: o }\n---\napiVersion: millrace/v1\nkind: Owner\nmetadata: { name: o }\nspec: { contact: x }\n',
  },
  {
    path: 'tables.sql',
    text: ['a', 'b', 'c']
      .map((name) => `CREATE TABLE ${name} (id BIGINT NOT NULL, n INT);`)
      .concat(
        'CREATE TABLE k (id BIGINT NOT NULL, n INT, PRIMARY KEY (id) NOT ENFORCED);',
        'CREATE VIEW v AS SELECT id, n FROM a;',
      )
      .join('\n'),
  },
]

function said(pipelines: string): { notices: string[]; refused: string[] } {
  const project = loadProject([...base, { path: 'p.sql', text: pipelines }], {})
  assert.deepEqual(project.errors, [])
  const desired = resolveProject(project, 'local', [])
  const changes = diffProject(desired, new Map())
  assert.deepEqual(diffProject(desired, resourceTexts(desired)), [], 'what was approved once is not asked again')
  return {
    notices: projectNotices(project).map(({ text, place }) => `${place.line}:${place.column} ${text.split(':')[0]!}`),
    refused: changes.filter((change) => change.refused).map(({ kind, name }) => `${kind}/${name}`),
  }
}

const endless = 'and nothing on the way holds a record back'
const until =
  'so that a record goes round until a WHERE, a join or an aggregate drops it; if that is not meant, write into a table that is not read on the way'

for (const [name, pipelines, notices, refused] of [
  ['none', 'INSERT INTO b SELECT * FROM a; INSERT INTO c SELECT * FROM b;', [], []],
  [
    'itself',
    'INSERT INTO a SELECT id, n + 1 FROM a;',
    [`1:1 pipeline a reads what it writes (a → a), ${endless}`],
    ['pipeline/a'],
  ],
  [
    'over a view',
    'INSERT INTO a\nSELECT * FROM v;',
    [`1:1 pipeline a reads what it writes (a → a), ${endless}`],
    ['pipeline/a'],
  ],
  [
    'in a UNION',
    'INSERT INTO a SELECT * FROM b UNION ALL SELECT * FROM a;',
    [`1:1 pipeline a reads what it writes (a → a), ${endless}`],
    ['pipeline/a'],
  ],
  [
    'two pipelines',
    'INSERT INTO c SELECT * FROM a;\nINSERT INTO b SELECT * FROM a;\nINSERT INTO a SELECT * FROM b;',
    [`2:1 pipelines b, a read each other (a → b → a), ${endless}`],
    ['pipeline/a', 'pipeline/b'],
  ],
  [
    'with a WHERE it may come to rest',
    'INSERT INTO a SELECT id, n + 1 FROM a WHERE n < 3;',
    [`1:1 pipeline a reads what it writes (a → a), ${until}`],
    [],
  ],
  [
    'with an aggregate',
    'INSERT INTO k SELECT id, MAX(n) FROM k GROUP BY id;',
    [`1:1 pipeline k reads what it writes (k → k), ${until}`],
    [],
  ],
  [
    'an inner join',
    'INSERT INTO a SELECT a.id, a.n FROM a JOIN b ON a.id = b.id;',
    [`1:1 pipeline a reads what it writes (a → a), ${until}`],
    [],
  ],
  [
    'a WHERE on one way, none on the other',
    'INSERT INTO a SELECT * FROM b WHERE n < 3;\nINSERT INTO a SELECT * FROM b;\nINSERT INTO b SELECT * FROM a;',
    [
      `1:1 pipelines a, b read each other (b → a → b), ${until}`,
      `2:1 pipelines a#2, b read each other (b → a → b), ${endless}`,
    ],
    ['pipeline/a#2', 'pipeline/b'],
  ],
] as const) {
  test(`a pipeline that reads what it writes: ${name}`, () => {
    assert.deepEqual(said(pipelines), { notices, refused })
  })
}
