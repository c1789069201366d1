// The commands that measure, as README and docs/performance.md name them: each once, small. They take minutes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { extent } from '../support/extent.ts'
import { run } from '../support/vitest-run.ts'

const beside = z.object({ empty: z.number(), full: z.number(), ratio: z.number() })
const Scale = z.object({
  size: z.object({ trainees: z.number(), requests: z.number() }),
  milliseconds: z.record(z.string(), beside),
})
const Summary = z.record(z.string(), z.object({ lines: z.object({ total: z.number(), covered: z.number() }) }))

describe.skipIf(extent === 'sample')('as people type it', () => {
  test('npm run bench prints one JSON document', async () => {
    const words = ['run', '--silent', 'bench', '--', '--scale', '--share=0.0001']
    const { code, output } = await run('npm', words)
    expect(code).toBe(0)
    const { size, milliseconds } = Scale.parse(JSON.parse(output))
    expect(size).toMatchObject({ trainees: 100, requests: 10 })
    expect(Object.keys(milliseconds)).toEqual(
      expect.arrayContaining(['traineeByNumber', 'home', 'preview', 'execution']),
    )
  })

  test('npm run coverage says of every file which of its lines were run', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'coverage-'))
    try {
      const words = ['run', '--silent', 'coverage', '--', `--coverage.reportsDirectory=${directory}`, 'test/calendar']
      const { code, output } = await run('npm', words)
      expect(code, output.slice(-2_000)).toBe(0)
      const { total, ...files } = Summary.parse(
        JSON.parse(readFileSync(join(directory, 'coverage-summary.json'), 'utf8')),
      )
      const ran = Object.entries(files).find(([file]) => file.endsWith('/src/calendar/london.ts'))
      expect(ran?.[1].lines.covered).toBeGreaterThan(0)
      expect(total?.lines.total).toBeGreaterThan(ran?.[1].lines.total ?? 0)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
