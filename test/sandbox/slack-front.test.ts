// The front before the local Slack: what the bot is told of modals is as Slack would tell it.
import { expect, test } from 'vitest'
import { modalsAsInSlack } from '../../sandbox/slack-front/as-slack.ts'
import { ChangedTexts } from '../../sandbox/slack-front/frames.ts'

const envelope = (payload: object) => JSON.stringify({ envelope_id: 'e1', type: 'interactive', payload })

test('a click in a modal is one in its view, and in no message', () => {
  const view = { id: 'V1', root_view_id: 'V1', callback_id: 'preview' }
  const action = { type: 'button', action_id: 'a', value: '7', selected_option: { clicked_in: view } }
  const told = { type: 'block_actions', channel: { id: '' }, container: { type: 'message' }, response_url: 'http://x' }
  expect(JSON.parse(modalsAsInSlack().put(envelope({ ...told, actions: [action] })))).toEqual({
    envelope_id: 'e1',
    type: 'interactive',
    payload: {
      type: 'block_actions',
      view,
      container: { type: 'view', view_id: 'V1' },
      actions: [{ type: 'button', action_id: 'a', value: '7' }],
    },
  })
})

test('a view keeps its id, however often it is updated', () => {
  const modals = modalsAsInSlack()
  modals.note('V1', 'V2')
  modals.note('V2', 'V3')
  const told = modals.put(envelope({ type: 'view_submission', view: { id: 'V3', root_view_id: 'V2' } }))
  expect(JSON.parse(told).payload.view).toMatchObject({ id: 'V1', root_view_id: 'V1' })
})

test.each([
  ['a click on a message', { type: 'block_actions', actions: [{ action_id: 'a', selected_option: null }] }],
  ['a command', { type: 'slash_commands', text: '…' }],
])('%s passes as it is', (_, payload) => {
  expect(modalsAsInSlack().put(envelope(payload))).toBe(envelope(payload))
})

test.each([5, 200, 70_000])('a text of %i characters is changed, whole, wherever its frame is cut', async (length) => {
  const changed = new ChangedTexts((text) => text.toUpperCase())
  const again = new ChangedTexts((text) => {
    texts.push(text)
    return text
  })
  const texts: string[] = []
  const frames = frameOf('é'.repeat(length))
  for (const [start, end] of [
    [0, 1],
    [1, 3],
    [3, 9],
    [9, frames.length],
  ] as const)
    changed.write(frames.subarray(start, end))
  changed.end(frameOf('next'))
  changed.pipe(again).resume()
  await new Promise((resolve) => again.once('end', resolve))
  expect(texts).toEqual(['É'.repeat(length), 'NEXT'])
})

/** As a server sends it. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10
  const frame = Buffer.concat([Buffer.alloc(head), payload])
  frame[0] = 0x81
  frame[1] = head === 2 ? payload.length : head === 4 ? 126 : 127
  if (head === 4) frame.writeUInt16BE(payload.length, 2)
  if (head === 10) frame.writeBigUInt64BE(BigInt(payload.length), 2)
  return frame
}
