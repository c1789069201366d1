// Debian's own Chromium, without any of the calls home that a browser makes by itself.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PROGRAMS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

export async function startChromium(): Promise<Browser> {
  const executablePath = PROGRAMS.find(existsSync)
  if (!executablePath) throw new Error('Chromium is not installed. bin/test --browser installs it.')
  return chromium.launch({
    executablePath,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
}
