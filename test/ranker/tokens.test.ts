import { expect, test } from 'vitest'
import { isContentWord, lastStep, plainWeight, singular, tokenize } from '../../src/ranker/tokens.ts'

test.each([
  ['C++ and C#, F# on .NET', ['cplusplus', 'and', 'csharp', 'fsharp', 'on', 'dotnet']],
  ['Node.js CI/CD', ['node', 'cicd']],
  ['TCP/IP, HTTP/2', ['tcpip', 'http2']],
  ['ｅ-Commerce', ['ecommerce']],
  ['Straße 北京 مرحبا नेटवर्क', ['straße', '北', '京', 'مرحبا', 'नेटवर्क']],
])('tokenizes %s', (text, tokens) => {
  expect(tokenize(text)).toEqual(tokens)
})

test.each([
  ['libraries', 'library'],
  ['boxes', 'box'],
  ['servers', 'server'],
  ['class', 'class'],
  ['kubernetes', 'kubernete'],
  ['os', 'os'],
  ['status', 'status'],
  ['h264s', 'h264s'],
])('%s is one %s', (word, one) => {
  expect(singular(word)).toBe(one)
})

test('stop words and numbers say little, and carry no subject', () => {
  expect(plainWeight('packet')).toBe(1)
  expect(plainWeight('2026')).toBeLessThan(0.5)
  expect(plainWeight('the')).toBeLessThan(0.1)
  expect(['packet', '2026', 'the', 'x'].filter(isContentWord)).toEqual(['packet'])
})

test('the last step of a path is a name', () => {
  expect(lastStep('field::chemistry')).toBe('chemistry')
  expect(lastStep('ci/cd')).toBe('ci/cd')
})
