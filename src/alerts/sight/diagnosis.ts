import type { About } from '../../failures/found.ts'
import { explain } from '../../failures/index.ts'
import { findPlaybook } from '../../playbooks/index.ts'
import type { Diagnosis } from './sight.ts'

// Explains a failure in plain words: what it means, which playbook applies and why, or whom to ask.

/** Pure. A playbook is named only if this version of the bot has it; otherwise people are told whom to ask. */
export function diagnose(about: About): Diagnosis {
  const { offer, without, ...words } = explain(about)
  const playbook = offer ? findPlaybook(offer.playbook) : null
  if (!offer || !playbook) return { ...words, why: null, todo: without, offer: null }
  const { because, next, ...offered } = offer
  return {
    ...words,
    why: `“${offered.label}” is /trainee ${playbook.name}: ${because}`,
    todo: next,
    offer: offered,
  }
}
