import { webApi } from '@slack/bolt'
import { beforeAll, expect, test } from 'vitest'
import { createPermalinks, createRequestLinks, type Link } from '../../src/bot/permalinks.ts'
import { propose } from '../../src/changes/propose/propose.ts'
import { getPlaybook } from '../../src/playbooks/index.ts'
import { actions, button, copyable, header, note, plainSections, section } from '../../src/views/kit/blocks.ts'
import { renderNoticeBlocks } from '../../src/views/kit/notice.ts'
import { renderVerdicts } from '../../src/views/request/verdicts.ts'
import { CHANNEL, SUPPORT } from '../support/lifecycle.ts'
import { useWorld } from '../support/world.ts'

const CARD = 'https://example.slack.com/archives/C01SUPPORT/p1635340440000100'
const use = useWorld({ rows: 'demo' })
let link: Link

const permalinks = createPermalinks(new webApi.WebClient(), 'https://example.slack.com/')

beforeAll(async () => {
  link = createRequestLinks(use.world.database, permalinks)
  for (let time = 0; time < 2; time++) {
    const form = { subject: 'eDEpiD3DVSPKtyHVtgTKxe71', route: 'assessment_only', reason: 'Test', ticket: '' }
    await propose(use.world, { playbook: getPlaybook('fix-route'), form, requester: SUPPORT, channel: CHANNEL })
  }
  await use.world.database.query(`UPDATE chatops.change_requests SET card_ts = '1635340440.000100' WHERE id = 1`)
})

test('the name of a request becomes a link to its card, wherever it is formatted text', async () => {
  const shown = await link({ text: 'CR-1', blocks: [section('*CR-1* follows CR-2, CR-999'), note('See CR-1.')] })
  expect(shown).toEqual({
    text: 'CR-1',
    blocks: [section(`*<${CARD}|CR-1>* follows CR-2, CR-999`), note(`See <${CARD}|CR-1>.`)],
  })
})

test('so it does in a message without blocks, and in a view', async () => {
  expect(await link({ channel: 'C1', text: 'CR-1 is done' })).toMatchObject({ text: `<${CARD}|CR-1> is done` })
  const view = { response_action: 'update', view: { type: 'modal', blocks: [section('CR-1')] } }
  expect(JSON.stringify(await link(view))).toContain(`<${CARD}|CR-1>`)
})

test('what is no formatted text, code, a link already, or another word stays as it is', async () => {
  const blocks = [
    header('CR-1'),
    ...plainSections('CR-1'),
    ...copyable('About CR-1'),
    section('`CR-1` <https://x.example/CR-1|CR-1> XCR-1 CR-1-2 CR‑1'),
    actions([button('CR-1', 'action', 'CR-1')]),
  ]
  expect(await link({ text: '', blocks })).toEqual({ text: '', blocks })
})

test('a text that would become too long for Slack stays as it is', async () => {
  const blocks = [section(`${'x'.repeat(2_990)} CR-1`)]
  expect(await link({ text: '', blocks })).toEqual({ text: '', blocks })
})

test('of many names in a long text, those are linked for which there is room', async () => {
  const line = `CR-1: ${'x'.repeat(240)}\n`
  const { blocks } = await link({ text: '', blocks: [section(line.repeat(11))] })
  const text = (blocks[0] as { text: { text: string } }).text.text
  expect(text.length).toBeLessThanOrEqual(3_000)
  expect(text.split(`<${CARD}|CR-1>`).length - 1).toBe(4)
})

test('so is the name of a request in a refusal, and in what a check has found', async () => {
  const { blocks } = await link(
    renderNoticeBlocks({ title: 'No', text: 'You can approve CR-1 in this thread. *x* <!here>' }),
  )
  expect(blocks.at(-1)).toEqual(section(`You can approve <${CARD}|CR-1> in this thread. *\u2060x*\u2060 &lt;!here&gt;`))
  const checks = (['blocks', 'holds'] as const).map((verdict) => ({
    ...{ id: 'open', sentence: 'No other request would change it', verdict, evidence: [] },
    found: 'CR-1 would change it, too (“a_b”).',
  }))
  for (const shown of renderVerdicts(checks)) expect(JSON.stringify(await link(shown.blocks))).toContain(CARD)
})

test('where Slack has not said which workspace it is, there is no link yet', () => {
  const unknown = createPermalinks(new webApi.WebClient('x', { slackApiUrl: 'http://127.0.0.1:9/api/' }), null)
  expect(unknown('C1', '1.000100')).toBeNull()
  expect(permalinks('C1', null)).toBeNull()
})
