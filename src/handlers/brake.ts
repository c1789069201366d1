import { findPause } from '../brake/brake.ts'
import { pause, resume } from '../brake/pause.ts'
import { REASON_NEEDED, type Standstill, wordsAfterPausing, wordsAfterResuming } from '../views/brake.ts'
import type { Message } from '../views/kit/blocks.ts'
import { renderNoticeBlocks } from '../views/kit/notice.ts'
import type { World } from '../world.ts'
import type { HandlerContext } from './context.ts'

/** `/trainee pause <reason>`: stops the bot at once. Throws ChangeError. */
export async function answerPause({ changes, nudge }: HandlerContext, actor: string, reason: string): Promise<Message> {
  if (!/[\p{L}\p{N}]/u.test(reason)) return renderNoticeBlocks(REASON_NEEDED)
  const { was } = await pause(changes, { actor, reason })
  nudge()
  return renderNoticeBlocks(wordsAfterPausing(was))
}

/** `/trainee resume`, typed by two people. Throws ChangeError. */
export async function answerResume({ changes, nudge }: HandlerContext, actor: string): Promise<Message> {
  const came = await resume(changes, actor)
  nudge()
  return renderNoticeBlocks(wordsAfterResuming(came))
}

/** Why nothing is carried out just now. */
export async function findStandstill({ database, mode }: World): Promise<Standstill> {
  return { pause: await findPause(database.manager), previewOnly: mode === 'preview-only' }
}
