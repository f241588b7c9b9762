export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The text format of Prometheus. */
export const readSamples = (text: string): Sample[] =>
  text.split('\n').flatMap(line => {
    const parts = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line)
    if (parts === null) return []
    const labels = [...(parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, name, value]) => [name!, value!] as const,
    )
    return [{ name: parts[1]!, labels: Object.fromEntries(labels), value: Number(parts[3]) }]
  })

/** The quantile of a histogram over all that `isMeant`, in its unit, by a straight line within a bucket; undefined without samples. */
export function quantile(
  samples: readonly Sample[],
  name: string,
  share: number,
  isMeant: (labels: Sample['labels']) => boolean,
): number | undefined {
  const counts = new Map<number, number>()
  for (const { name: of, labels, value } of samples)
    if (of === `${name}_bucket` && isMeant(labels)) {
      const edge = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
      counts.set(edge, (counts.get(edge) ?? 0) + value)
    }
  const edges = [...counts].sort(([left], [right]) => left - right)
  const wanted = share * (edges.at(-1)?.[1] ?? 0)
  if (wanted === 0) return undefined
  const place = edges.findIndex(([, upTo]) => upTo >= wanted)
  const [low, below] = edges[place - 1] ?? [0, 0]
  const [high, upTo] = edges[place]!
  return high === Number.POSITIVE_INFINITY ? low : low + ((high - low) * (wanted - below)) / Math.max(1, upTo - below)
}

export const sumOf = (samples: readonly Sample[], name: string, label: string): [string, number][] => {
  const sums = new Map<string, number>()
  for (const { name: of, labels, value } of samples)
    if (of === name) sums.set(labels[label] ?? '', (sums.get(labels[label] ?? '') ?? 0) + value)
  return [...sums].filter(([, value]) => value > 0).sort(([, left], [, right]) => right - left)
}
