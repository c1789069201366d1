// Draws the rooms of src/ and who imports whom into docs/architecture.md; with --check, fails if another picture is
// there. Reads what `depcruise --output-type json` found.
import { readFileSync, writeFileSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import * as z from 'zod'

const PAGE = 'docs/architecture.md'
const BEGIN = '<!-- The picture of the rooms is drawn from the code and goes here. -->'
const END = '<!-- Here the picture ends. Draw it anew by `npm run picture`. -->'

const cruised = z.object({
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) })),
})

/** What each room imports. */
type Imports = ReadonlyMap<string, ReadonlySet<string>>

const page = readFileSync(PAGE, 'utf8')
const drawn = replacePicture(page, draw(importsOfRooms(cruised.parse(await json(process.stdin)))))
if (!process.argv.includes('--check')) writeFileSync(PAGE, drawn)
else if (page !== drawn) {
  process.stderr.write(`The picture in ${PAGE} is out of date: run npm run picture.\n`)
  process.exitCode = 1
}

function importsOfRooms({ modules }: z.output<typeof cruised>): Imports {
  const imports = new Map<string, Set<string>>()
  for (const { source, dependencies } of modules) {
    const room = roomOf(source)
    if (room === null) continue
    const others = imports.get(room) ?? new Set()
    imports.set(room, others)
    for (const { resolved } of dependencies) {
      const other = roomOf(resolved)
      if (other !== null && other !== room) others.add(other)
    }
  }
  return imports
}

/** The folder, or the file if it stands in no folder. */
function roomOf(path: string): string | null {
  return /^src\/([\w-]+)(\/|\.ts$)/.exec(path)?.[1] ?? null
}

/** An arrow that follows from others is left out: with main → services → bot, none goes from main to bot. */
function draw(imports: Imports): string {
  const arrows = [...imports].flatMap(([room, others]) => {
    const following = new Set([...others].flatMap((other) => [...reachedFrom(imports, other)]))
    return [...others].filter((other) => !following.has(other)).map((other) => `  ${room} --> ${other}`)
  })
  return ['```mermaid', 'flowchart TD', ...arrows.sort(), '```'].join('\n')
}

/** What a room imports, itself or through others. */
function reachedFrom(imports: Imports, room: string): ReadonlySet<string> {
  const reached = new Set(imports.get(room))
  for (const other of reached) for (const next of imports.get(other) ?? []) reached.add(next)
  return reached
}

function replacePicture(text: string, picture: string): string {
  const [before = '', after] = text.split(BEGIN)
  if (after === undefined) throw new Error(`${PAGE} says nowhere: ${BEGIN}`)
  const [old = '', rest] = after.split(END)
  return `${before}${BEGIN}\n\n${picture}\n\n${END}${rest ?? old}`
}
