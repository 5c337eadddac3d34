/** One agent's bot on a server: it carries out commands and sees what came of them. */
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import { type Cell, isAir } from '@collm/envs';
import type { Bot, BotLibrary, ChatMessage } from './bot.js';
import { cellsOf, type ServerCommand } from './commands.js';
import { MinecraftError } from './error.js';

/** How patient a session is, in milliseconds. */
export interface Pacing {
  /** Between two commands of a bot. */
  readonly stepDelay: number;
  /** Between two scans that must agree. */
  readonly scanDelay: number;
  /** Longest wait for an answer to a command, or for what it should change. */
  readonly timeout: number;
  /** After this, no answer is no answer, and a block that has not come does not come. */
  readonly silence: number;
}

/** What all players of a session share. */
export interface SharedState {
  /** The first failure of any of them; it ends the session. */
  failure: MinecraftError | null;
  /** Whether the server answers commands (vanilla's `sendCommandFeedback`); null until one was sent. */
  answers: boolean | null;
}

/** What came of a command. */
export interface Execution {
  /** Whether all of its cells came to hold its block. */
  readonly confirmed: boolean;
  /** What the server said meanwhile. */
  readonly answers: readonly string[];
}

/** Keys of the texts with which vanilla answers building commands, and the words of the built-in server. */
const ANSWER_KEY = /^(commands\.(fill|setblock)|command|argument|parsing)\.(?!context\.)/;
const ANSWER_TEXT = /^(Changed the block at|Successfully filled|Unknown block type)/;
const FORBIDDEN = /^command\.unknown\.command$|^commands\.generic\.(permission|notFound)$/;
const FORBIDDEN_TEXT = /do not have permission/i;

/** The built-in server mostly answers sooner than a timer could tell. */
const EAGER_MS = 5;
const POLL_MS = 2;
const MOST_HEARD = 200;

export class Player {
  /** Chat lines that are not yet accounted for, oldest first. */
  readonly #heard: ChatMessage[] = [];

  constructor(
    readonly bot: Bot,
    readonly library: BotLibrary,
    readonly pacing: Pacing,
    readonly shared: SharedState,
  ) {
    bot.on('message', (message) => {
      this.#heard.push(message);
      if (this.#heard.length > MOST_HEARD) this.#heard.shift();
    });
  }

  /**
   * Sends one command and waits until it was surely carried out. A server that answers commands has then answered. Where
   * it does not, the cells have changed to the command's block; if they held it before, silence has to do.
   *
   * @throws {MinecraftError} `no_permission`, or what ended the session
   */
  async execute(command: ServerCommand): Promise<Execution> {
    const { timeout, silence, stepDelay } = this.pacing;
    const { shared } = this;
    this.#heard.length = 0;
    const before = this.#shows(command);
    const silentUntil = performance.now() + silence;
    this.bot.chat(command.text);
    shared.answers =
      shared.answers !== false &&
      (await this.until(() => this.#heard.some(isAnswer), shared.answers ? timeout : 4 * silence));
    const forbidden = this.#heard.find(isForbidden);
    if (forbidden !== undefined) throw this.#noPermission(command.text, forbidden);
    if (!shared.answers && before) await this.until(() => performance.now() >= silentUntil, silence);
    // An answer may come before the blocks; after an answer they are not far.
    const confirmed = await this.until(() => this.#shows(command), shared.answers ? 4 * silence : timeout);
    if (stepDelay > 0) await sleep(stepDelay);
    return { confirmed, answers: this.#heard.map(String) };
  }

  /** Sends a line whose effect the caller waits for. */
  say(line: string): void {
    this.#throwFailure();
    this.bot.chat(line);
  }

  /** The server's name of a block, or null where its chunk is not loaded. */
  blockAt({ x, y, z }: Cell): string | null {
    return this.bot.blockAt(new this.library.Vec3(x, y, z))?.name ?? null;
  }

  /**
   * Waits for a condition; false when it does not come true in time.
   *
   * @throws {MinecraftError} what ended the session meanwhile
   */
  async until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const start = performance.now();
    for (;;) {
      this.#throwFailure();
      if (condition()) return true;
      const waited = performance.now() - start;
      if (waited >= milliseconds) return false;
      await (waited < EAGER_MS ? immediately() : sleep(POLL_MS));
    }
  }

  #shows({ box, block }: ServerCommand): boolean {
    for (const cell of cellsOf(box)) {
      const there = this.blockAt(cell);
      if (there === null || (there !== block && !(isAir(there) && isAir(block)))) return false;
    }
    return true;
  }

  #throwFailure(): void {
    if (this.shared.failure !== null) throw this.shared.failure;
  }

  #noPermission(text: string, answer: ChatMessage): MinecraftError {
    const { username } = this.bot;
    return new MinecraftError(
      'no_permission',
      `${username} may not use \`${text}\`: the server says "${answer}". Make the bots operators there (\`op ${username}\` in its console), and check that it has the commands /fill and /setblock.`,
    );
  }
}

function isAnswer(message: ChatMessage): boolean {
  return keysOf(message).some((key) => ANSWER_KEY.test(key)) || ANSWER_TEXT.test(message.toString());
}

function isForbidden(message: ChatMessage): boolean {
  return keysOf(message).some((key) => FORBIDDEN.test(key)) || FORBIDDEN_TEXT.test(message.toString());
}

function keysOf({ translate, extra = [] }: ChatMessage): string[] {
  return [...(translate === undefined ? [] : [translate]), ...extra.flatMap(keysOf)];
}
