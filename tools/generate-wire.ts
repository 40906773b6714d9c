// Writes src/kafka/wire/generated/ from the definitions: node tools/run.mjs tools/generate-wire.ts
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { definitions } from '../src/kafka/wire/definitions/index.ts'
import { generateWire } from '../src/kafka/wire/generate.ts'

const folder = fileURLToPath(new URL('../src/kafka/wire/generated/', import.meta.url))
mkdirSync(folder, { recursive: true })
const files = generateWire(definitions)
const names = new Set(files.map((file) => file.name))
for (const old of readdirSync(folder)) if (!names.has(old)) rmSync(`${folder}${old}`)
for (const file of files) writeFileSync(`${folder}${file.name}`, file.text)
console.log(`${files.length} files in ${folder}`)
