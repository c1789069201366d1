import type { types } from '@slack/bolt'
import { type Block, header, heading, linkableSections, type Message, type Modal, section } from './blocks.ts'
import { MODALS } from './ids.ts'
import { escapeText, plain, split, unformatted } from './text.ts'

/** What happened and what to do next: text whose lines are sentences and which may mention people (`<@U…>`) and channels (`<#C…>`). */
export type Words = { title: string; text: string }

/** A refusal or failure in place of a modal. */
export function renderNoticeView({ title, text }: Words): Modal {
  return {
    type: 'modal',
    callback_id: MODALS.notice,
    title: plain('Change request'),
    close: plain('Close'),
    blocks: [header(title), ...lines(text)],
  }
}

/** In a modal whose answer takes longer than Slack waits for one. */
export function renderWorking(): Modal {
  return renderNoticeView({
    title: 'One moment',
    text: 'This takes longer than usual. The answer appears here; if you close the window, we send it to you directly.',
  })
}

/** A refusal in place of the Home tab. */
export function renderNoticeHome({ title, text }: Words): types.HomeView {
  return { type: 'home', blocks: [header(title), ...lines(text)] }
}

/** A refusal or failure as a message that only one person sees. */
export function renderNoticeBlocks({ title, text }: Words): Message {
  return { text: escapeText(title), blocks: [heading(title), ...lines(text)] }
}

/** A section for each line, so that every client breaks them; a very long text keeps its end in one. */
function lines(text: string): Block[] {
  const all = text.split('\n').filter((line) => line.trim() !== '')
  const some = all.length > 20 ? [...all.slice(0, 20), all.slice(20).join(' ')] : all
  return some.flatMap((line) => (MENTION.test(line) ? split(line, 1000).map(withMentions) : linkableSections(line)))
}

const MENTION = /<[@#][A-Z0-9]+>/

/** A mention needs mrkdwn. Everything else in the line is escaped. */
function withMentions(line: string): Block {
  return section(unformatted(line).replace(/&lt;([@#][A-Z0-9]+)&gt;/g, '<$1>'))
}
