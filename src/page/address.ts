import { useEffect, useState } from 'preact/hooks'

/** Where the person is: `#/batches/batch_1?tab=failed` is `['batches', 'batch_1']` and its query. */
export interface Address {
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

function readAddress(): Address {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?')
  const parts = path.split('/').filter(part => part !== '')
  return { path: parts.map(part => decodeURIComponent(part)), query: new URLSearchParams(query) }
}

type Query = Readonly<Record<string, string | number | undefined>>

export function addressOf(path: readonly string[], query: Query = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const written = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()
  return `#/${path.map(encodeURIComponent).join('/')}${written === '' ? '' : `?${written}`}`
}

export const go = (path: readonly string[], query?: Query): void => {
  location.hash = addressOf(path, query)
}

/** Changes the address without a step in the history, as for what is typed. */
export const note = (path: readonly string[], query?: Query): void => {
  history.replaceState(null, '', addressOf(path, query))
}

export function useAddress(): Address {
  const [address, setAddress] = useState(readAddress)
  useEffect(() => {
    const follow = () => setAddress(readAddress())
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return address
}
