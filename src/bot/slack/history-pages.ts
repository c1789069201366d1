type Answer<Message> = { messages?: Message[]; response_metadata?: { next_cursor?: string } }

/**
 * A channel's or a thread's messages as Slack gives them, page by page.
 * @param ask asks Slack for the page that it is given
 * @param most ends after so many pages
 */
export async function* historyPages<Message>(
  ask: (page: { cursor?: string }) => Promise<Answer<Message>>,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Message[]> {
  let page: { cursor?: string } = {}
  for (let number = 1; number <= most; number++) {
    const { messages = [], response_metadata } = await ask(page)
    yield messages
    if (!response_metadata?.next_cursor) return
    page = { cursor: response_metadata.next_cursor }
  }
}
