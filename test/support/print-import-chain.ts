import { resolve } from 'node:path'
import { longestChain, readTree } from './import-graph.ts'

// The longest chain of imports in src: how far a reader may have to go down from one file.
const tree = readTree(resolve(import.meta.dirname, '../../src'))
const chain = longestChain(tree)
process.stdout.write(`${tree.size} files, ${chain.length} in the longest chain of imports:\n${chain.join('\n')}\n`)
