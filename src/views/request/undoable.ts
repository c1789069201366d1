import { inverse, type Plan } from '../../contract/plan.ts'

/** Whether the bot can take back what a plan does. */
export function canBeUndone(plan: Plan): boolean {
  return 'plan' in inverse(plan)
}

/** The same in words, for somebody who decides. */
export function undoWords(plan: Plan): string {
  if (canBeUndone(plan)) return 'It can be undone afterwards, as long as nobody changes the same details.'
  const reasons = [
    ...(plan.inserts.length > 0 ? ['the bot takes no school off Register’s list'] : []),
    ...(plan.effects.some(({ kind }) => kind === 'enqueue' || kind === 'retry') ? ['it starts a job'] : []),
    ...(plan.effects.some(({ kind }) => kind === 'remove-job')
      ? ['it takes a failed job out of Register’s Sidekiq for good']
      : []),
    ...(plan.effects.some(({ kind }) => kind === 'settle-registration') ? ['it settles a registration'] : []),
    ...(plan.effects.some(({ kind }) => kind === 'trello-card') ? ['it adds a Trello card'] : []),
  ]
  return `It cannot be undone: ${reasons.join(', and ')}.`
}
