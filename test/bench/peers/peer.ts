import type { Contract } from '../overhead/contract.ts'

export interface PeerOptions {
  readonly upstream: string
  readonly contract: Contract
}

/** @returns what answers a text with ids that were checked */
export type CreatePeer = (options: PeerOptions) => Promise<(text: string) => Promise<number[]>>

/** The list as an enum of TypeScript, which is how zod 3 says one of many numbers. */
export const enumOf = ({ ids }: Contract) =>
  Object.fromEntries([...ids].map(id => [`tag${id}`, id])) as { readonly tag: number }
