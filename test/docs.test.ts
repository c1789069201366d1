// What the documents say about themselves: links that lead somewhere, and versions that agree.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DEMO_HELP } from '../sandbox/demo/options.ts'
import { playbooks } from '../src/playbooks/index.ts'
import { renderHelp } from '../src/views/help.ts'

const documents = ['.', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)
const read = (file: string) => readFileSync(file, 'utf8')
const manifest = JSON.parse(read('package.json'))

describe('the documents', () => {
  test.each(documents)('%s links only to files that are there', (file) => {
    const links = [...read(file).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target = '']) => target)
    const missing = links.filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target)))
    expect(missing).toEqual([])
  })

  test('README’s pictures say what they show, and are read at its width, one below the other', () => {
    const pictures = [...read('README.md').matchAll(/^(.*)!\[([^\]]*)\]\(([^)]+\.png)\)/gm)]
    expect(pictures.length).toBeGreaterThan(2)
    for (const [, before, alt = '', file = ''] of pictures) {
      expect(before, file).toBe('')
      expect(alt.length, file).toBeGreaterThan(20)
      // Shown at a pixel for each of the screen's, text is 15 pixels high at 1.25; README is some 880 wide.
      expect(readFileSync(file).readUInt32BE(16), file).toBeLessThan(1_100)
    }
  })

  test('name source files and folders that are there', () => {
    const named = documents.flatMap((file) => read(file).match(/`(?:src|test|sandbox)\/[\w./-]+`/g) ?? [])
    expect(named.map((path) => path.slice(1, -1)).filter((path) => !existsSync(path))).toEqual([])
  })

  test('name tests that are there wherever they say which to run', () => {
    const runs = documents.flatMap((file) => read(file).match(/npx vitest run [^`\n]+/g) ?? [])
    const named = runs.flatMap((run) => run.match(/\btest\/[\w./-]+/g) ?? [])
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((path) => !existsSync(path))).toEqual([])
  })

  test('whatever says how a claim was tried names a proof or a test that is there', () => {
    const [, after = ''] = read('docs/trust.md').split('## What was tried')
    const [tried = ''] = after.split('\n## ')
    const rows = [...tried.matchAll(/^\| (?!claim).*\| (.*) \|$/gm)].map(([, last = '']) => last)
    const commands = rows.map((last) => /^`(?:EXTENT=wide )?(?:npm run (proof) --|npx vitest (run)) (.+)`$/.exec(last))
    expect(rows.length).toBeGreaterThan(10)
    expect(rows.filter((_, index) => commands[index] === null)).toEqual([])
    const proofs = [...read('test/proof/run.ts').matchAll(/^ {4}'?([\w-]+)'?: (?:async|prove)/gm)].map(
      ([, name]) => name,
    )
    const named = commands.flatMap((command) => (command?.[3] ?? '').split(' ').map((name) => [command?.[1], name]))
    expect(named.filter(([proof, name = '']) => !(proof ? proofs.includes(name) : existsSync(name)))).toEqual([])
  })

  test('README writes every command as the help does', () => {
    const [help = ''] = JSON.stringify(renderHelp(playbooks).blocks).split('For example')
    const typed = help.match(/\/trainee [a-z-]+( \[[^\]]+\])*/g) ?? []
    expect(typed.length).toBeGreaterThan(playbooks.length)
    const usages = typed.filter((usage) => !read('README.md').includes(`\`${usage}\``))
    expect(usages).toEqual([])
  })

  test('README names commands, options and scripts that are there', () => {
    const readme = read('README.md')
    const named = (pattern: RegExp) => new Set([...readme.matchAll(pattern)].map(([, name = '']) => name))
    for (const program of named(/\b(bin\/[a-z]+)\b/g)) expect(existsSync(program), program).toBe(true)
    for (const option of named(/bin\/demo (--[a-z]+)/g)) expect(DEMO_HELP).toContain(`bin/demo ${option}`)
    for (const option of named(/bin\/setup (--[a-z]+)/g)) expect(read('bin/setup')).toContain(`    ${option}) `)
    const scripts = named(/npm run (?:--silent )?([\w:]+)/g)
    expect(scripts.size).toBeGreaterThan(3)
    for (const script of scripts) {
      const [, file] = /^tsx (\S+)/.exec(manifest.scripts[script] ?? '') ?? []
      expect(file ? existsSync(file) : manifest.scripts[script], script).toBeTruthy()
    }
    for (const [, file = ''] of readme.matchAll(/npm run \w+ -- (\S+\/)\*/g))
      expect(readdirSync(file).length).toBeGreaterThan(0)
  })

  test('every picture is shown on some page, and says what it shows', () => {
    const shown = documents.flatMap((file) => [
      ...read(file).matchAll(/!\[([^\]]+)\]\((?:docs\/)?pictures\/([^)]+)\)/g),
    ])
    const names = new Set(shown.map(([, , name]) => name))
    expect(readdirSync('docs/pictures').filter((name) => !names.has(name))).toEqual([])
  })

  test('every decision is in the list of decisions', () => {
    const pages = readdirSync('docs/decisions').filter((file) => file !== 'README.md')
    for (const page of pages) expect(read('docs/decisions/README.md')).toContain(`(${page})`)
  })
})

describe('the comments', () => {
  const sources = ['src', 'sandbox', 'test', 'docs'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  )

  test('name source files that are there, from the root, from src, or from where they stand', () => {
    const named = sources.flatMap((file) =>
      commentsOf(read(file)).flatMap((comment) =>
        [...comment.matchAll(/(?<![\w./@-])(?:[\w-]+\/)+[\w.-]+\.(?:ts|sql|md|json)\b/g)].map(([path]) => ({
          file,
          path,
        })),
      ),
    )
    expect(named.length).toBeGreaterThan(10)
    const isThere = ({ file, path }: { file: string; path: string }) =>
      ['', 'src', dirname(file)].some((folder) => existsSync(join(folder, path)))
    expect(named.filter((one) => !isThere(one))).toEqual([])
  })

  function commentsOf(text: string): string[] {
    return text.split('\n').map((line) => /(?:^|\s)(?:\/\/|\/?\*+) (.*)$/.exec(line)?.[1] ?? '')
  }
})

describe('the version', () => {
  test('of the package has a section in the changelog, which begins with what is unreleased', () => {
    const [first, second] = [...read('CHANGELOG.md').matchAll(/^## (\S+)/gm)].map(([, title]) => title)
    expect([first, second]).toEqual(['Unreleased', manifest.version])
  })

  test('of Node.js that is recommended is one that works, and the one that README names', () => {
    const recommended = Number(read('.nvmrc'))
    expect(recommended).toBeGreaterThanOrEqual(Number(/>=(\d+)/.exec(manifest.engines.node)?.[1]))
    expect(read('README.md')).toContain(`Node.js ${recommended} (LTS)`)
  })
})
