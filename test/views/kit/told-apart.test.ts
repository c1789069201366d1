import { expect, test } from 'vitest'
import { actions, button, section } from '../../../src/views/kit/blocks.ts'
import { toldApart } from '../../../src/views/kit/told-apart.ts'
import { acceptView } from '../../support/slack/block-kit/surfaces.ts'

const home = (blocks: unknown[]) => acceptView({ type: 'home', blocks }, 'home')

test('buttons that say the same are read aloud with what they stand beside', () => {
  const blocks = toldApart([
    {
      ...section('*CR-1* for <https://register.example/5901|trainee 5901>\nmore'),
      accessory: button('Open', 'a', '1'),
    },
    section('*CR-2*'),
    actions([button('Open', 'b', '2'), button('Cancel', 'c', '2')]),
  ])
  expect(blocks).toMatchObject([
    { accessory: { accessibility_label: 'Open: CR-1 for trainee 5901' } },
    {},
    { elements: [{ accessibility_label: 'Open: CR-2' }, { text: { text: 'Cancel' } }] },
  ])
  expect(JSON.stringify(blocks)).not.toContain('Cancel: ')
  home(blocks)
})

test('labels are unique and short enough even where nothing tells the buttons apart', () => {
  const one = { ...section('x'.repeat(300)), accessory: button('Open', 'a', '1') }
  const blocks = toldApart(Array.from({ length: 12 }, () => one)) as { accessory: { accessibility_label: string } }[]
  const labels = blocks.map(({ accessory }) => accessory.accessibility_label)
  expect(new Set(labels).size).toBe(12)
  expect(Math.max(...labels.map(({ length }) => length))).toBeLessThanOrEqual(75)
})

test('what is no button stays as it is', () => {
  const blocks = [section('A'), { type: 'divider' }]
  expect(toldApart(blocks)).toEqual(blocks)
})
