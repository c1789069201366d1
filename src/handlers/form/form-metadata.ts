import * as z from 'zod'
import type { UnsentRequest } from '../../changes/propose/propose.ts'
import type { AnyPlaybook } from '../../contract/playbook.ts'
import { renderForm } from '../../views/form.ts'
import type { HandlerContext } from '../context.ts'
import { asAskedHere } from './typed.ts'

const requestId = z.string().regex(/^\d{1,18}$/)

const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** What a form carries from opening to submission. Slack hands it back as we gave it; it is parsed all the same. */
export const formMetadata = z.object({
  playbook: z.string().max(50),
  channel: z.string().max(30),
  /** What was filled in for the person. */
  prefilled: z.record(z.string(), z.string()).default({}),
  /** The request that this one follows. */
  follows: requestId.optional(),
  /** The first of several steps, which asks only what it is about. */
  isFirst: z.boolean().optional(),
  /** The unsent request whose answers are changed, and what it was when the form was opened. */
  draft: z.union([requestId.transform((id) => ({ id })), z.object({ id: requestId, digest })]).optional(),
})

type Given = Omit<Parameters<typeof renderForm>[1], 'metadata'> & {
  channel: string
  follows?: string | undefined
  draft?: UnsentRequest | undefined
}

/** A playbook's form, filled in as far as is known, with what it must carry to its submission. */
export function formView(context: HandlerContext, playbook: AnyPlaybook, { channel, follows, draft, ...shown }: Given) {
  const carried: z.input<typeof formMetadata> = {
    playbook: playbook.name,
    channel,
    prefilled: shown.values,
    follows,
    draft: draft && (draft.digest === undefined ? draft.id : { id: draft.id, digest: draft.digest }),
    isFirst: shown.isFirst,
  }
  return renderForm(asAskedHere(context, playbook), { ...shown, metadata: JSON.stringify(carried) })
}

export const requestMetadata = z.object({ changeRequest: requestId })

export const reviewMetadata = requestMetadata.extend({ digest })

/** Windows that an earlier version opened do not say which answers they show. */
export const previewMetadata = requestMetadata.extend({ digest: digest.optional() })
