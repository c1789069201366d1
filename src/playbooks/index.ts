import type { AnyPlaybook } from '../contract/playbook.ts'
import { fixRoute } from './fix-route/index.ts'
import { reRegister } from './re-register/index.ts'
import { repairSchool } from './repair-school/index.ts'
import { requeueTrn } from './requeue-trn/index.ts'
import { settleRegistration } from './settle-registration/index.ts'
import { undo } from './undo/index.ts'

/** Every playbook there is; `/trainee help`, the chooser and the contract suite are made from this list. */
export const playbooks: readonly AnyPlaybook[] = [
  fixRoute,
  requeueTrn,
  repairSchool,
  reRegister,
  settleRegistration,
  undo,
]

/** What takes a request back. */
export const takesBack: AnyPlaybook = undo

export function findPlaybook(name: string): AnyPlaybook | null {
  return playbooks.find((playbook) => playbook.name === name) ?? null
}

/** Throws for a name that was in the registry once and is no longer: such a request cannot be run. */
export function getPlaybook(name: string): AnyPlaybook {
  const playbook = findPlaybook(name)
  if (!playbook) throw new Error(`no playbook ${name}`)
  return playbook
}
