const stored = 'tagsmith.reviewer'
const madeUp = /^reviewer-[a-z0-9]{6}$/

/** Who sits at this browser: by the name they gave, or by one that was made up, so that two people are told apart. */
export function readReviewer(): string {
  const known = localStorage.getItem(stored)
  if (known !== null) return known
  const made = `reviewer-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`
  localStorage.setItem(stored, made)
  return made
}

export const isNamed = (reviewer: string): boolean => !madeUp.test(reviewer)

/** Without a name another one is made up. */
export function keepReviewer(name: string): string {
  const given = name.trim().slice(0, 64).trim()
  if (given === '') localStorage.removeItem(stored)
  else localStorage.setItem(stored, given)
  return readReviewer()
}
