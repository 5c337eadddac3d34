/** A Minecraft server and bots without a network: just enough to see what is sent and to misbehave on purpose. */
import { EventEmitter } from 'node:events';
import type { Cell } from '@collm/envs';
import type { Bot, BotEvents, BotLibrary, BotOptions } from '../src/index.js';

export class FakeServer {
  /** `name: line` of everything that bots have sent. */
  readonly sent: string[] = [];
  readonly bots: FakeBot[] = [];
  /** Building commands that came while an earlier one was not yet carried out. */
  readonly early: string[] = [];
  #underWay = 0;
  readonly blocks = new Map<string, string>();
  readonly known = new Set(['air', 'stone', 'obsidian', 'oak_planks']);
  /** Whether commands are answered (`sendCommandFeedback`). */
  answers = true;
  /** Milliseconds until a command is carried out. */
  delay = 1;
  /** What it says to who asks. */
  version = '1.21.4';
  /** Bots see nothing of the world. */
  unloaded = false;
  /** Called instead of carrying out a command; true if that was all. */
  intercept: (bot: FakeBot, line: string) => boolean = () => false;
  /** What happens to a bot that has connected. */
  welcome: (bot: FakeBot) => void = (bot) => bot.tell('spawn');

  readonly library: BotLibrary = {
    createBot: (options) => new FakeBot(this, options),
    Vec3: class {
      constructor(
        readonly x: number,
        readonly y: number,
        readonly z: number,
      ) {}
    },
    supports: (version) => version === '1.21.4',
    askVersion: async () => this.version,
  };

  /** Lines that bots sent, without the preparations that are not of the agents. */
  get built(): string[] {
    return this.sent.filter((line) => !/: \/(tp|gamemode) /.test(line));
  }

  receive(bot: FakeBot, line: string): void {
    this.sent.push(`${bot.username}: ${line}`);
    if (isBuilding(line) && this.#underWay++ > 0) this.early.push(line);
    setTimeout(() => {
      if (!this.intercept(bot, line)) this.build(bot, line);
    }, this.delay);
  }

  build(bot: FakeBot, line: string): void {
    if (!isBuilding(line)) return;
    this.#underWay--;
    const [name = '', ...words] = line.split(' ');
    const block = words.at(-1) as string;
    const [x1, y1, z1, x2 = x1, y2 = y1, z2 = z1] = words.slice(0, -1).map(Number) as [
      number,
      number,
      number,
      ...number[],
    ];
    if (this.answers) bot.hear(`commands.${name.slice(1)}.success`);
    for (let x = x1; x <= x2; x++) {
      for (let y = y1; y <= y2; y++) {
        for (let z = z1; z <= z2; z++) this.blocks.set(`${x} ${y} ${z}`, block);
      }
    }
  }
}

function isBuilding(line: string): boolean {
  return /^\/(setblock|fill) /.test(line);
}

export class FakeBot implements Bot {
  readonly username: string;
  readonly version = '1.21.4';
  readonly game = { gameMode: 'survival', minY: -64, height: 384 };
  readonly entity = { position: { x: 7.5, y: -60, z: -3.5 } };
  readonly #events = new EventEmitter();

  constructor(
    readonly server: FakeServer,
    readonly options: BotOptions,
  ) {
    this.username = options.username;
    server.bots.push(this);
    setImmediate(() => server.welcome(this));
  }

  get registry() {
    return { blocksByName: Object.fromEntries([...this.server.known].map((name) => [name, {}])) };
  }

  blockAt({ x, y, z }: Cell) {
    return this.server.unloaded ? null : { name: this.server.blocks.get(`${x} ${y} ${z}`) ?? 'air' };
  }

  chat(line: string): void {
    this.server.receive(this, line);
  }

  end(): void {
    setImmediate(() => this.tell('end', 'quitting'));
  }

  on<E extends keyof BotEvents>(event: E, listener: (...args: BotEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
  }

  tell<E extends keyof BotEvents>(event: E, ...args: BotEvents[E]): void {
    this.#events.emit(event, ...args);
  }

  /** A chat line: a text, or the key of one of vanilla's, which puts failures inside of an empty line. */
  hear(text: string): void {
    const isKey = /^[a-z_]+(\.[a-z_]+)+$/.test(text);
    const said = { toString: () => text };
    const line = isKey ? { ...said, translate: text } : said;
    this.tell('message', text.endsWith('.success') ? line : { ...said, extra: [line] });
  }
}
