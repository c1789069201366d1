import { findPause } from '../brake/brake.ts'
import { pause, resume } from '../pausing/pause.ts'
import { sortPlaybooks } from '../playbooks/switched-on.ts'
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

/** Why nothing is carried out just now, or not everything. */
export async function findStandstill(world: World): Promise<Standstill> {
  const { database, mode } = world
  const [pause, { unsafe }] = await Promise.all([findPause(database.manager), sortPlaybooks(world)])
  const off = unsafe.map(({ playbook, because }) => ({ title: playbook.title, because }))
  return { pause, previewOnly: mode === 'preview-only', off }
}
