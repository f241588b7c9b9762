/** A model that its provider will take away. */
export interface Shutdown {
  readonly endpoint: string
  readonly model: string
  /** 2026-12-11. */
  readonly date: string
  /** Negative once it is over. */
  readonly daysLeft: number
}

/** When endpoints will take their models away, as far as they tell. */
export interface ShutdownDates {
  /** Asks every endpoint for its list. */
  look(signal: AbortSignal): Promise<Shutdown[]>
  /** What the last look found. */
  known(): Shutdown[]
  /** Looks now and once a day, and warns of each model in its last days. */
  watch(options: { log: Pick<Console, 'warn'>; signal: AbortSignal }): Promise<void>
}

/** From here on it is warned of; OpenAI gives six months' notice of most models, and two weeks' of previews. */
export const warnedDays = 90

export function shutdownInWords({ model, date, daysLeft }: Shutdown): string {
  const when = daysLeft < 0 ? `was to be shut down on ${date}` : `will be shut down on ${date}, in ${daysLeft} days`
  return `The model ${model} ${when}: name another one in OPENAI_MODEL, and try it with doctor before.`
}
