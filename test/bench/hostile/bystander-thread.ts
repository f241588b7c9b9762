import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { startBystander } from './bystander.ts'

/** Measures in a thread of its own, where neither the attack nor the endpoint takes time from it. */
const bystander = await startBystander(workerData as { readonly url: string; readonly key: string })
parentPort!.postMessage('ready')
await once(parentPort!, 'message')
parentPort!.postMessage(await bystander.stop())
