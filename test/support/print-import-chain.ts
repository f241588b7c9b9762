import { resolve } from 'node:path'
import { longestChain, readTree, withoutTypes } from './import-graph.ts'

// The longest chain of imports in src: how far a reader may have to go down from one file, and how far the process goes.
const tree = readTree(resolve(import.meta.dirname, '../../src'))
const read = longestChain(tree)
const loaded = longestChain(withoutTypes(tree))
process.stdout.write(`${tree.size} files, ${read.length} in the longest chain of imports:\n${read.join('\n')}\n`)
process.stdout.write(`\n${loaded.length} in the longest chain of imports that are loaded:\n${loaded.join('\n')}\n`)
