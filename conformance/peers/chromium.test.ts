// needs: chromium
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { chromiumScreenshot } from '../../peers/index.ts'
import { temporaryFolder } from '../harness.ts'

test('Chromium runs a page and leaves a picture of it', async () => {
  const page =
    '<!doctype html><title>wait</title><h1>Millrace</h1><script>document.title = "done"; console.log("ran")</script>'
  const server = createServer((request, response) => {
    response
      .writeHead(request.url === '/' ? 200 : 204, { 'content-type': 'text/html' })
      .end(request.url === '/' ? page : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const file = join(temporaryFolder(), 'page.png')
    const shot = await chromiumScreenshot(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, file)
    assert.equal(shot.title, 'done')
    assert.deepEqual(shot.messages, ['log: ran'])
    const picture = readFileSync(file)
    assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    assert.equal(picture.readUInt32BE(16), 1280, 'width')
  } finally {
    server.close()
  }
})
