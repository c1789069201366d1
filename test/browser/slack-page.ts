// The local Slack's page, as a person uses it.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'

const TOO_LATE = 'That took too long'

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url))

/** What somebody has done by hand: how often they selected something, and how much they typed. */
export type Effort = { clicks: number; characters: number }

export class SlackPage {
  private effort: Effort = { clicks: 0, characters: 0 }
  /** What opens a modal. On a busy machine Slack's three seconds may be over before it can; a person does it again. */
  private opening = async () => {}
  private lates = 0

  constructor(private readonly page: Page) {}

  /** What a person does by hand while this goes on. Acting as somebody else is not counted. */
  async counted(job: () => Promise<unknown>): Promise<Effort> {
    this.effort = { clicks: 0, characters: 0 }
    await job()
    return { ...this.effort }
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url)
    await this.page.getByRole('button', { name: 'register-support' }).click()
  }

  async actAs(name: string): Promise<void> {
    await this.page.getByLabel('Act as').selectOption({ label: name })
  }

  async type(text: string): Promise<void> {
    const composer = this.page.locator('.composer-input').first()
    this.effort.characters += text.length + 1
    await this.begin(async () => {
      await composer.fill(text)
      await composer.press('Enter')
    })
  }

  /** The modal that is open, once it says this. */
  async modal(says: string): Promise<Locator> {
    const modal = this.page.locator('.modal', { hasText: says })
    const late = this.page.locator('.messages .msg', { hasText: TOO_LATE })
    for (;;) {
      await modal.or(late.nth(this.lates)).first().waitFor()
      if (await modal.isVisible()) return modal
      await this.begin(this.opening)
    }
  }

  private async begin(act: () => Promise<void>): Promise<void> {
    this.opening = act
    this.lates = await this.page.locator('.messages .msg', { hasText: TOO_LATE }).count()
    await act()
  }

  async fill(label: string, value: string): Promise<void> {
    const input = this.page.locator('.modal .bk-input', { hasText: label })
    const select = input.locator('select')
    if ((await select.count()) > 0) {
      this.effort.clicks += 2 // to open the list, and to choose
      await select.selectOption({ label: value })
    } else {
      this.effort.clicks += 1
      this.effort.characters += value.length
      await input.locator('input, textarea').fill(value)
    }
  }

  /** What a field of the open form holds. */
  async valueOf(label: string): Promise<string> {
    return this.page.locator('.modal .bk-input', { hasText: label }).locator('select, input, textarea').inputValue()
  }

  async select(button: string): Promise<void> {
    this.effort.clicks += 1
    await this.begin(() => this.page.getByRole('button', { name: button, exact: true }).click())
  }

  /** The same for a button in one place: a thread that is open shows its first message once more. */
  async selectOn(place: Locator, button: string): Promise<void> {
    this.effort.clicks += 1
    await this.begin(() => place.getByRole('button', { name: button, exact: true }).click())
  }

  /** Approves what the review shows, with the tick that it asks for where there is no way back. */
  async approve(): Promise<void> {
    for (const box of await this.page.locator('.modal input[type=checkbox]').all()) await this.tick(box)
    await this.select('Approve')
  }

  private async tick(box: Locator): Promise<void> {
    this.effort.clicks += 1
    await box.check()
  }

  /** The same for a button of the modal that says this, where the page has another one of that name. */
  async selectIn(modal: string, button: string): Promise<void> {
    this.effort.clicks += 1
    await this.page.locator('.modal', { hasText: modal }).getByRole('button', { name: button, exact: true }).click()
  }

  /** The newest message of the channel that says this. */
  async message(says: string): Promise<Locator> {
    const message = this.page.locator('.messages .msg', { hasText: says }).last()
    await message.waitFor()
    return message
  }

  /** The Home tab of the bot, once it says this. */
  async home(says: string): Promise<Locator> {
    await this.page.getByRole('button', { name: '🏠 trainee' }).click()
    const home = this.page.locator('.home-inner', { hasText: says })
    await home.waitFor()
    return home
  }

  /** Back to the channel. */
  async channel(): Promise<void> {
    await this.page.getByRole('button', { name: 'register-support' }).click()
  }

  async openThread(message: Locator): Promise<Locator> {
    await message.locator('.thread-summary-count').click()
    const thread = this.page.locator('.thread-pane').first()
    await thread.waitFor()
    return thread
  }

  /** A person's own words in a thread that is open. */
  async answerIn(thread: Locator, text: string): Promise<void> {
    const composer = thread.locator('.composer-input')
    await composer.fill(text)
    await composer.press('Enter')
    await thread.locator('.msg', { hasText: text }).waitFor()
  }

  /** Blocks that the page could not draw, and shows as a red placeholder. */
  async undrawn(): Promise<number> {
    return this.page.locator('.bk-unknown').count()
  }

  /** A picture of a message or a modal as on a desktop, and one as on a phone, 390 px wide; only when asked for, too. */
  async pictures(name: string, of: Locator): Promise<void> {
    if (process.env['UPDATE_PICTURES'] !== '1') return
    await this.picture(`${name}.png`, of)
    await asOnPhone(of, () => this.picture(`${name}-390.png`, of))
  }

  /** How tall a message or a modal is, in pixels, as on a desktop and as on a phone. */
  async heights(of: Locator): Promise<{ desktop: number; phone: number }> {
    const desktop = await heightOf(of)
    return { desktop, phone: await asOnPhone(of, () => heightOf(of)) }
  }

  /** How far below the top of a message or a modal these words stand, on a desktop and on a phone. */
  async depths(of: Locator, words: string): Promise<{ desktop: number; phone: number }> {
    const depth = async () => {
      const [top, at] = [await of.boundingBox(), await of.getByText(words, { exact: true }).first().boundingBox()]
      return Math.round((at?.y ?? 0) - (top?.y ?? 0))
    }
    return { desktop: await depth(), phone: await asOnPhone(of, depth) }
  }

  /** A picture for the README; only when asked for with UPDATE_PICTURES=1, as no two are alike to the byte. */
  async picture(name: string, of: Locator): Promise<void> {
    if (process.env['UPDATE_PICTURES'] !== '1') return
    mkdirSync(PICTURES, { recursive: true })
    await this.page.mouse.move(0, 0)
    await this.page.evaluate('document.activeElement?.blur()')
    await of.screenshot({ path: join(PICTURES, name), animations: 'disabled' })
  }
}

/** Looks at something while it is as wide as a phone; the local Slack's page itself is made for desktops only. */
async function asOnPhone<T>(of: Locator, look: () => Promise<T>): Promise<T> {
  const set = (width: string) =>
    of.evaluate((node, width) => {
      node.style.width = width
    }, width)
  await set('390px')
  const seen = await look()
  await set('')
  return seen
}

/** Also what a modal would have to be scrolled to show. */
async function heightOf(of: Locator): Promise<number> {
  const hidden = await of.evaluate((node) => {
    const style = node.ownerDocument.defaultView
    let pixels = 0
    for (const part of node.querySelectorAll('*')) {
      if (/auto|scroll/.test(style.getComputedStyle(part).overflowY)) pixels += part.scrollHeight - part.clientHeight
    }
    return pixels
  })
  return Math.round(((await of.boundingBox())?.height ?? 0) + hidden)
}
