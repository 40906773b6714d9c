// needs: pyiceberg
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { pyiceberg } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'

test('PyIceberg loads with its Arrow reader', async () => {
  const script = join(temporaryFolder(), 'load.py')
  writeFileSync(
    script,
    'import pyiceberg, pyarrow\nfrom pyiceberg.catalog.rest import RestCatalog\nprint(pyiceberg.__version__)\n',
  )
  assert.match(await pyiceberg(script), /^0\.12\./)
})
