import { findUnsafe, lookAtRegister } from '../compatibility/look.ts'
import type { AnyPlaybook } from '../contract/playbook.ts'
import { ChangeError } from '../errors.ts'
import { runsHere } from '../jobs/start/runner.ts'
import { refuse } from '../people/standing.ts'
import { listed } from '../words.ts'
import type { World } from '../world.ts'
import { playbooks } from './index.ts'

// Whether a playbook may be asked for, decided and carried out here. An installation can have some of them off, and one
// that needs what Register's database no longer has is off until that is put right.

type Switches = Pick<World, 'playbooksOn' | 'database' | 'register' | 'upstreams'>

/** Why a playbook is off. `because` is said to people; it names tables and columns only. */
export type WhyOff = { code: 'playbook-off' | 'playbook-unsafe'; because: string }

/** Null where the playbook is on. Looks at Register's schema as it is now. */
export async function findWhyOff(world: Switches, name: string): Promise<WhyOff | null> {
  if (!isChosen(world, name)) return SWITCHED_OFF
  return unsafe(await findUnsafe(world.database, runsHere(world), name))
}

/** Throws ChangeError where the playbook is off. */
export async function demandOn(world: Switches, name: string): Promise<void> {
  const off = await findWhyOff(world, name)
  if (off) throw new ChangeError(off.code, { detail: off.because })
}

/** The same for what somebody has asked for or wants to decide: the refusal is put on record. */
export async function refuseWhereOff(
  world: World,
  name: string,
  actor: string,
  changeRequest: string | null = null,
): Promise<void> {
  const off = await findWhyOff(world, name)
  if (off) await refuse(world, off.code, actor, changeRequest, { detail: off.because })
}

/** The playbooks that are on; and those that an installation has on and that are not safe, with the reason. */
export async function sortPlaybooks(
  world: Switches,
): Promise<{ on: AnyPlaybook[]; unsafe: { playbook: AnyPlaybook; because: string }[] }> {
  const chosen = playbooks.filter(({ name }) => isChosen(world, name))
  const look = await lookAtRegister(world.database, runsHere(world))
  return {
    on: chosen.filter(({ name }) => !look.playbooks.has(name)),
    unsafe: chosen.flatMap((playbook) => {
      const off = unsafe(look.playbooks.get(playbook.name) ?? [])
      return off ? [{ playbook, because: off.because }] : []
    }),
  }
}

const SWITCHED_OFF: WhyOff = { code: 'playbook-off', because: 'It is switched off in this installation.' }

/** Whether this installation has the playbook on. */
export function isChosen({ playbooksOn }: Pick<Switches, 'playbooksOn'>, name: string): boolean {
  return playbooksOn?.has(name) ?? true
}

/** As many differences as people can read; the log and /readyz have all of them. */
const MOST_SAID = 3

function unsafe(differences: readonly string[]): WhyOff | null {
  if (differences.length === 0) return null
  return { code: 'playbook-unsafe', because: `In Register’s database ${listed(differences, MOST_SAID)}.` }
}
