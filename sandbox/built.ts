// How our programs are started: as they are written, or as whoever started us has built them.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Names the folder of what was built; the tests set it. To compile TypeScript takes longer than all that follows. */
export const BUILT = 'CHATOPS_BUILT'

/** What node is told to run a program, named by its path from the root. */
export function programArguments(file: string): string[] {
  const directory = process.env[BUILT]
  return directory ? [join(directory, file.replace(/\.ts$/, '.js'))] : ['--import', 'tsx', join(ROOT, file)]
}
