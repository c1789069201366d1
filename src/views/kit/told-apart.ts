import * as z from 'zod'
import { LIMITS } from './blocks.ts'
import { shorten } from './text.ts'

const text = z.looseObject({ text: z.string() })
const button = z.looseObject({ type: z.literal('button'), text })
const block = z.looseObject({
  text: text.optional(),
  accessory: z.unknown().optional(),
  elements: z.array(z.unknown()).optional(),
})

/**
 * Blocks in which no two buttons sound alike: those that say the same are read aloud with what they stand beside, and with a
 * number where that is the same, too.
 */
export function toldApart(blocks: readonly unknown[]): unknown[] {
  const labels = blocks.flatMap((one) => buttonsIn(one).map(({ text: { text: label } }) => label))
  const isAlone = (label: string) => labels.indexOf(label) === labels.lastIndexOf(label)
  const given = new Set<string>()
  let beside = ''
  const named = (element: unknown) => {
    const { data } = button.safeParse(element)
    if (!data || isAlone(data.text.text)) return element
    const label = freeLabel(`${data.text.text}: ${beside}`, given)
    given.add(label)
    return Object.assign({}, element, { accessibility_label: label })
  }
  return blocks.map((one) => {
    const { data } = block.safeParse(one)
    if (!data) return one
    if (data.text) beside = aloud(data.text.text)
    return {
      ...Object.assign({}, one),
      ...(data.accessory === undefined ? {} : { accessory: named(data.accessory) }),
      ...(data.elements ? { elements: data.elements.map(named) } : {}),
    }
  })
}

function buttonsIn(one: unknown) {
  const { data } = block.safeParse(one)
  return [data?.accessory, ...(data?.elements ?? [])].flatMap((element) => button.safeParse(element).data ?? [])
}

/** The first line without marks of Slack's: of a link its words. */
function aloud(words: string): string {
  return (words.split('\n')[0] ?? '')
    .replace(/<[^>|]*\|([^>]*)>/g, '$1')
    .replace(/<[@#!][^>]*>|[*_~`]/g, '')
    .trim()
}

function freeLabel(wanted: string, given: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : ` (${number})`
    const label = `${shorten(wanted, LIMITS.button - suffix.length)}${suffix}`
    if (!given.has(label)) return label
  }
}
