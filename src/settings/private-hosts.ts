import { BlockList, isIP } from 'node:net'

/** Of this machine, of a network nobody else reaches, or of a link: RFC 1122, 1918, 3927, 6598, 4193 and 4291. */
const privateAddresses = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateAddresses.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateAddresses.addSubnet(network, bits, 'ipv6')
}

/** Names that no public server answers to: RFC 6761, 6762, 8375, the reserved `internal`, and what routers hand out. */
const privateNames = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/

/** Whether a host, as in an address with or without its port, is one of one's own. Names are not looked up. */
export function isPrivateHost(host: string): boolean {
  const name = nameIn(host)
  const version = isIP(name)
  if (version !== 0) return privateAddresses.check(name, version === 4 ? 'ipv4' : 'ipv6')
  // A name without a dot is one of this network, such as that of a container.
  return !name.includes('.') || privateNames.test(name)
}

function nameIn(host: string): string {
  const bracketed = /^\[(.*)\](:\d+)?$/.exec(host)?.[1]
  return (bracketed ?? (isIP(host) === 6 ? host : host.replace(/:\d+$/, ''))).replace(/\.$/, '').toLowerCase()
}
