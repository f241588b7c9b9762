import { expect, test } from 'vitest'
import { isPrivateHost } from '../../src/settings/private-hosts.ts'

test.each([
  'http://127.0.0.1:11434/v1',
  'http://localhost:8080/v1',
  'http://LOCALHOST./v1',
  'http://model.localhost/v1',
  'http://[::1]:8000/v1',
  'http://[::ffff:127.0.0.1]/v1',
  'http://[::ffff:192.168.1.7]/v1',
  'http://[fd12:3456::1]/v1',
  'http://[fe80::1]/v1',
  'http://10.1.2.3/v1',
  'http://172.16.0.1/v1',
  'http://172.31.255.1/v1',
  'http://192.168.178.20:1234/v1',
  'http://100.64.0.9/v1',
  'http://ollama:11434/v1',
  'http://host.docker.internal:11434/v1',
  'http://big-machine.local/v1',
  'http://0x7f.1/v1',
])('%s is local', url => {
  expect(isPrivateHost(new URL(url).host)).toBe(true)
})

test.each([
  'https://api.openai.com/v1',
  'https://10.example.com/v1',
  'https://127.0.0.1.nip.io/v1',
  'https://172.15.0.1/v1',
  'https://172.32.0.1/v1',
  'https://100.63.0.1/v1',
  'https://100.128.0.1/v1',
  'https://192.169.0.1/v1',
  'https://[2606:4700::1111]/v1',
  'https://[::ffff:8.8.8.8]/v1',
  'https://localhost.example.com/v1',
  'https://internal.example.com/v1',
])('%s is not local', url => {
  expect(isPrivateHost(new URL(url).host)).toBe(false)
})
