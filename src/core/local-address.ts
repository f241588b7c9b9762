/** Networks that are nobody else's: loopback, link-local, private, and shared address space (RFC 1918, 3927, 6598). */
const privateIpv4 =
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/
/** The same for IPv6, as `URL` writes a host: loopback, unique local, link-local, and IPv4 in its mapped form. */
const privateIpv6 =
  /^\[(::1|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*|::ffff:(7f|a[0-9a-f]{2}|c0a8|a9fe|ac1[0-9a-f]).*)\]$/
/** Names that no public resolver knows (RFC 6761, 6762, 8375, and what is reserved for private use). */
const privateName = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/

/** Whether an address is on this machine or network, where a model is as slow as the hardware under the desk. */
export function isLocalAddress(url: string): boolean {
  const host = new URL(url).hostname.toLowerCase().replace(/\.$/, '')
  if (host.startsWith('[')) return privateIpv6.test(host)
  if (/^[\d.]+$/.test(host)) return privateIpv4.test(host)
  // A name without a dot is a container or a machine of this network.
  return !host.includes('.') || privateName.test(host)
}
