/** What goes wrong between us and a Minecraft server. */

export type MinecraftErrorCode =
  | 'not_installed'
  | 'server_failed'
  | 'connection_refused'
  | 'connection_lost'
  | 'kicked'
  | 'wrong_version'
  | 'timed_out'
  | 'no_permission'
  | 'bad_turn';

/** What was tried, why it failed and what to do, in one message. */
export class MinecraftError extends Error {
  override readonly name = 'MinecraftError';
  constructor(
    readonly code: MinecraftErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const LONGEST_REASON = 300;

/** What a library or a server says, cut to what a message can hold: some list hundreds of versions. */
export function briefly(reason: string): string {
  const line = reason.split('\n', 1)[0]?.trim() ?? '';
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON)}…`;
}
