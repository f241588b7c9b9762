import type { WildFault } from './wild-fault.ts'
import { wildRefusals } from './wild-refusals.ts'
import { wildReplies } from './wild-replies.ts'

const rows = { ...wildRefusals, ...wildReplies }

export type WildFaultName = keyof typeof rows
/** By name, which is what a document asks for. */
export const wildFaults: Readonly<Record<WildFaultName, WildFault>> = rows
export const wildFaultNames = Object.keys(rows) as WildFaultName[]
export const isWildFault = (name: string): name is WildFaultName => Object.hasOwn(rows, name)
