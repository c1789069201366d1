import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  MessageShortcut as PointedAt,
  SlackActionMiddlewareArgs,
  SlackCommandMiddlewareArgs,
  SlackEventMiddlewareArgs,
  SlackShortcutMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'

// What Bolt hands a handler for each kind of thing that people do.

export type Command = SlackCommandMiddlewareArgs & AllMiddlewareArgs
export type Submission = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs
export type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs
export type HomeOpened = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs
export type MessagePosted = SlackEventMiddlewareArgs<'message'> & AllMiddlewareArgs
export type MessageShortcut = SlackShortcutMiddlewareArgs<PointedAt> & AllMiddlewareArgs
export type SlackClient = AllMiddlewareArgs['client']
