import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Locked {
  readonly version: string
  /** Where it is not the name of its folder. */
  readonly name?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

/** What the code that is run in production may be under. A licence that is new here is a decision: make it here. */
const licences = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0']

const registry = 'https://registry.npmjs.org/'
const read = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
const manifest = read('package.json')
const { '': _, ...locked } = read('package-lock.json').packages as Record<string, Locked>
const packages = Object.entries(locked)
const without = (wrong: (entry: Locked, path: string) => boolean) =>
  packages.filter(([path, entry]) => wrong(entry, path)).map(([path]) => path)

/** Every range that a manifest states, also in overrides within overrides. */
const rangesOf = (section: object = {}): string[] =>
  Object.values(section).flatMap(value => (typeof value === 'string' ? [value] : rangesOf(value)))

test('every version is exact', () => {
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest
  const ranges = [dependencies, devDependencies, optionalDependencies, overrides].flatMap(rangesOf)
  expect(ranges.length).toBeGreaterThan(30)
  expect(ranges.filter(range => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([])
})

test('all comes from the registry, and is what it was', () => {
  expect(packages.length).toBeGreaterThan(100)
  // Left out where it is the registry, which npm may be told to do.
  expect(without(({ resolved = registry }) => !resolved.startsWith(registry))).toEqual([])
  expect(without(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
})

test('npm has nothing to say about the Node that it runs on itself', () => {
  // `npm run lock` leaves it out: all this runs on the Node that comes with it, and each would be a warning of five lines.
  expect(without(entry => 'engines' in entry)).toEqual([])
})

test('nothing runs at install but what allowScripts names', () => {
  const allowed: Record<string, boolean> = manifest.allowScripts ?? {}
  const named = ([path]: [string, Locked]) => path.split('node_modules/').at(-1)!
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(named)
  expect(scripted.filter(name => !allowed[name])).toEqual([])
})

test('what runs in production is under a licence that allows it', () => {
  expect(
    without(({ dev, license }) => !dev && !(license ?? 'none').split(' AND ').every(part => licences.includes(part))),
  ).toEqual([])
})

test('no package goes by another name', () => {
  expect(without(({ name }) => name !== undefined)).toEqual([])
})
