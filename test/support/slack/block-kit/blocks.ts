/** Layout blocks by surface, and what must be unique across them (Slack, "Layout blocks"). */
import { inActions, inInput, inSection } from './elements.ts'
import { plainText, text } from './objects.ts'
import { byType, flag, isObject, listOf, type Report, type Rule, shape, string } from './rules.ts'

const blockId = string(255)
const imageElement = shape({ required: { image_url: string(3000), alt_text: string(2000) } })
const contextText = text(3000)

const BLOCKS: Record<string, Rule> = {
  section: shape({
    optional: {
      block_id: blockId,
      text: text(3000),
      fields: listOf(text(2000), 10),
      accessory: inSection,
      expand: flag,
    },
    also: (block, path, report) => {
      if (block['text'] === undefined && block['fields'] === undefined) report('missing required field: text', path)
    },
  }),
  header: shape({ required: { text: plainText(150) }, optional: { block_id: blockId } }),
  divider: shape({ optional: { block_id: blockId } }),
  context: shape({ required: { elements: listOf(contextElement, 10) }, optional: { block_id: blockId } }),
  actions: shape({ required: { elements: listOf(inActions, 25) }, optional: { block_id: blockId } }),
  image: shape({
    required: { image_url: string(3000), alt_text: string(2000) },
    optional: { block_id: blockId, title: plainText(2000) },
  }),
}

const INPUT = shape({
  required: { label: plainText(2000), element: inInput },
  optional: { block_id: blockId, hint: plainText(2000), optional: flag, dispatch_action: flag },
})

/** Blocks of a message: at most 50, no inputs. An empty list is a way to have none. */
export const messageBlocks: Rule = all(listOf(byType(BLOCKS), 50, 0), unique)

/** Blocks of a modal or the Home tab: at most 100, inputs allowed. */
export const viewBlocks: Rule = all(listOf(byType({ ...BLOCKS, input: INPUT }), 100), unique)

function contextElement(value: unknown, path: string, report: Report): void {
  const rule = isObject(value) && value['type'] === 'image' ? imageElement : contextText
  rule(value, path, report)
}

function all(...rules: Rule[]): Rule {
  return (value, path, report) => {
    for (const rule of rules) rule(value, path, report)
  }
}

function unique(value: unknown, path: string, report: Report): void {
  if (!Array.isArray(value)) return
  const blocks = value.filter(isObject)
  for (const id of repeated(blocks.map((block) => block['block_id']))) report(`block_id "${id}" already exists`, path)
  for (const [index, block] of blocks.entries()) {
    const elements = Array.isArray(block['elements']) ? block['elements'].filter(isObject) : []
    for (const id of repeated(elements.map((element) => element['action_id']))) {
      report(`action_id "${id}" already exists`, `${path}/${index}/elements`)
    }
  }
  const focused = JSON.stringify(blocks).split('"focus_on_load":true').length - 1
  if (focused > 1) report('only one element may have focus_on_load', path)
}

function repeated(ids: unknown[]): unknown[] {
  const given = ids.filter((id) => id !== undefined)
  return [...new Set(given.filter((id, index) => given.indexOf(id) !== index))]
}
