/** At once from a store in the process, later from one that is reached over a network. */
export type MaybePromise<Value> = Value | Promise<Value>
