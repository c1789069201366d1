import { renderWorking } from '../../src/views/kit/notice.ts'
import { readText, type View } from './slack/index.ts'

const UNDER_WAY = readText(renderWorking().blocks)

/** Whether a modal only says that its answer takes longer, as the bot does of whatever takes it two seconds. */
export function isUnderWay(view: View): boolean {
  return readText(view.blocks) === UNDER_WAY
}
