/** `collm chat` with tiny models in this process, and with endpoints that are fakes. */
import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAnswer, FakeOpenAi, ownModel, send } from '../../marl/test/fakes/fake-openai.js';
import { main } from '../src/main.js';
import { openTeam } from '../src/team.js';
import { tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(async () => {
  space = tinyWorkspace();
  const small = [
    'train.max_new_tokens=4',
    'train.items_per_step=1',
    'train.max_steps=1',
    'train.eval_interval=0',
  ];
  const set = small.flatMap((text) => ['--set', text]);
  expect((await space.collm(['train', 'run.yaml', '--name', 'a', ...set], openTeam)).code).toBe(0);
});
afterAll(() => space[Symbol.dispose]());

/** What comes of lines that are piped in. */
async function chat(args: readonly string[], lines: readonly string[] = []) {
  let out = '';
  let err = '';
  const code = await main(['chat', ...args], {
    cwd: space.dir,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    input: async function* () {
      for (const line of lines) yield Buffer.from(`${line}\n`);
    },
  });
  return { code, out, err };
}

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const piece = (content: string) =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const end = `${event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`;

function stream(response: ServerResponse, ...pieces: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const text of pieces) response.write(text);
}

/** Says how many messages there were, and what the last one was. */
const parrot: FakeAnswer = ({ body }, response) => {
  const { messages } = body;
  stream(response, ': hello\n\n', piece(`${messages.length}: `), piece(messages.at(-1).content), end);
  response.end();
};

describe('a conversation over HTTP', () => {
  it('streams, remembers, forgets, and is saved', async () => {
    await using server = await FakeOpenAi.start(parrot);
    const lines = [
      'one',
      '',
      'two',
      '/system be brief',
      'three',
      '/save talk.json',
      '/reset',
      '//four',
      '/quit',
      'five',
    ];
    const { code, out, err } = await chat(
      [server.url, '--temperature', '0.5', '--max-new-tokens', '9'],
      lines,
    );
    expect({ code, out }).toEqual({ code: 0, out: '1: one\n3: two\n6: three\n2: /four\n' });
    expect(err).toBe('(The system message is set.)\n(Saved as talk.json.)\n(Forgotten.)\n');
    expect(server.requests.map(({ body }) => body.seed)).toEqual([0, 1, 2, 0]);
    expect(server.requests[2]?.body).toEqual({
      model: 'fake',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: '1: one' },
        { role: 'user', content: 'two' },
        { role: 'assistant', content: '3: two' },
        { role: 'user', content: 'three' },
      ],
      stream: true,
      temperature: 0.5,
      max_tokens: 9,
      seed: 2,
    });
    const saved = JSON.parse(readFileSync(space.path('talk.json'), 'utf8'));
    expect(saved).toMatchObject({ speaker: `fake (${server.url})` });
    expect(saved.messages).toHaveLength(7);
    const again = await chat([server.url], ['one', '/save talk.json']);
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringMatching(/talk.json: it exists already, and nothing is overwritten/),
    });
  });

  it('with the agent of a server of ours, one message and out', async () => {
    const models = [ownModel('run/agent-1', 1), ownModel('run/agent-0', 0)];
    await using server = await FakeOpenAi.start(parrot, models);
    const { code, out } = await chat([
      server.url,
      '--agent',
      '1',
      '--once',
      '/x y',
      '--system',
      'S',
      '--seed',
      '7',
    ]);
    expect({ code, out }).toEqual({ code: 0, out: '2: /x y\n' });
    expect(server.requests[0]?.body).toMatchObject({
      model: 'run/agent-1',
      seed: 7,
      collm: { truncate: 'oldest_turns' },
    });
    expect((await chat([`${server.url}#run/agent-0`, '--once', 'x'])).code).toBe(0);
    const unsaid = await chat([server.url, '--once', 'x']);
    expect(unsaid).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /it serves run\/agent-1, run\/agent-0; say which one by `url#model` or `--agent`/,
      ),
    });
  });

  it.each<[string, FakeAnswer, RegExp]>([
    [
      'an error',
      (_, response) => send(response, { error: { message: 'no GPU' } }, 500),
      /it answered 500: no GPU/,
    ],
    ['no stream', () => ({ choices: [] }), /answered with application\/json instead of text\/event-stream/],
    [
      'no JSON',
      (_, response) => stream(response, 'data: {oops\n\n'),
      /its stream has "{oops" where JSON should be/,
    ],
    [
      'an error within',
      (_, response) => stream(response, piece('a'), event({ error: { message: 'out of memory' } })),
      /its stream has an error: out of memory/,
    ],
    [
      'an end too soon',
      (_, response) => {
        stream(response, piece('a'));
        response.end();
      },
      /broke off before the answer had ended/,
    ],
    [
      'a broken line',
      (_, response) => {
        stream(response, piece('a'));
        setTimeout(() => response.destroy(), 20);
      },
      /it closed the connection|the connection failed/,
    ],
    [
      'an end of another kind',
      (_, response) => stream(response, event({ choices: [{ finish_reason: 'tool_calls' }] })),
      /finish_reason "tool_calls"/,
    ],
    [
      'an end that has no text',
      (_, response) => stream(response, event({ choices: [{ finish_reason: { toString: false } }] })),
      /finish_reason an object/,
    ],
  ])('an answer that fails: %s', async (_, answer, message) => {
    await using server = await FakeOpenAi.start(answer);
    const { code, err } = await chat([server.url], ['hello', 'never asked']);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err).toContain(server.url);
    expect(server.requests).toHaveLength(1);
  });

  it('Ctrl+C where nobody types ends it, and the connection is given up', async () => {
    await using server = await FakeOpenAi.start((_, response) => {
      stream(response, piece('and so on'));
      setTimeout(() => process.emit('SIGINT'), 20);
    });
    const { code, out, err } = await chat([server.url], ['hello', 'more']);
    expect({ code, out }).toEqual({ code: 130, out: 'and so on\n' });
    expect(err).toBe('(Stopped.)\n');
    expect(server.requests).toHaveLength(1);
    while (server.aborted === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

describe('at a terminal', () => {
  /** A person who types when it is their turn: keys by the text that the terminal has shown before. */
  async function typing(args: readonly string[], script: readonly (readonly [RegExp, string])[]) {
    const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keys });
    let shown = '';
    let out = '';
    let at = 0;
    let from = 0;
    const look = () => {
      const next = script[at];
      const found = next?.[0].exec(shown.slice(from));
      if (next === undefined || found == null) return;
      at += 1;
      from += found.index + found[0].length;
      setImmediate(() => keys.write(next[1]));
    };
    const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
    screen.on('data', (data) => {
      shown += String(data);
      look();
    });
    const code = await main(['chat', ...args], {
      cwd: space.dir,
      input: () => keys,
      stderr: screen,
      stdout: {
        isTTY: true,
        write: (text: string) => {
          out += text;
          shown += text;
          look();
        },
      },
    });
    return { code, out, shown, done: at === script.length };
  }

  it('Ctrl+C stops an answer, then a line, and Ctrl+D ends', async () => {
    await using server = await FakeOpenAi.start((request, response, count) => {
      if (count === 1) stream(response, piece('\u001b[31mand so on'));
      else parrot(request, response, count);
    });
    const { code, out, shown, done } = await typing(
      [server.url],
      [
        [/> /, 'hello\r'],
        [/and so on/, '\u0003'],
        [/Stopped.*> /s, 'half a li\u0003'],
        [/Ctrl\+D or \/quit ends/, 'again\r'],
        [/3: again/, '/nonsense\r'],
        [/There is no \/nonsense/, '\u0004'],
      ],
    );
    expect(done).toBe(true);
    expect(code).toBe(0);
    // What would steer a terminal is seen in what a model says.
    expect(out).toBe('\\x1b[31mand so on\n3: again\n');
    expect(shown).toMatch(/You talk to fake \(http:/);
    expect(server.requests[1]?.body.messages).toMatchObject([
      { content: 'hello' },
      { role: 'assistant', content: expect.stringContaining('and so on') },
      { content: 'again' },
    ]);
  });

  it('an answer that fails is told, and the conversation goes on as it was', async () => {
    await using server = await FakeOpenAi.start((request, response, count) => {
      if (count === 1) send(response, { error: 'busy' }, 503);
      else parrot(request, response, count);
    });
    const { code, out, shown } = await typing(
      [server.url],
      [
        [/> /, 'hello\r'],
        [/error: .*busy/, 'again\r'],
        [/1: again/, '\u0004'],
      ],
    );
    expect({ code, out }).toEqual({ code: 0, out: '1: again\n' });
    expect(shown).toContain(`error: it answered 503: busy`);
  });
});

describe('a model in this process', () => {
  it('answers, and the same seed gives the same answers', async () => {
    const talk = () =>
      chat(['model', '--max-new-tokens', '6', '--temperature', '1', '--seed', '3'], ['blocks', 'stone']);
    const { code, out, err } = await talk();
    expect(code).toBe(0);
    expect(err).toMatch(/\(Cut at the longest answer: --max-new-tokens.\)/);
    expect(await talk()).toEqual({ code, out, err });
    expect(
      (
        await chat(
          ['model', '--max-new-tokens', '6', '--temperature', '1', '--seed', '4'],
          ['blocks', 'stone'],
        )
      ).out,
    ).not.toBe(out);
  });

  it('the oldest turns give way where the context ends', async () => {
    const long = 'oak_planks stone '.repeat(60);
    const { code, err } = await chat(['model', '--max-new-tokens', '4'], [long, long, long, long]);
    expect(code).toBe(0);
    expect(err).toMatch(/\(The oldest turns did not fit and were left out.\)/);
    expect(await chat(['model', '--max-new-tokens', '4'], ['oak_planks stone '.repeat(999)])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not fit the limit/),
    });
  });

  it('the agent of a run, beginning with what it is for', async () => {
    const { code, out, err } = await chat(
      ['runs/a', '--agent', '1', '--role-prompt', '--max-new-tokens', '4'],
      [],
    );
    expect(code).toBe(0);
    expect(err).toMatch(/^\[user\] .*agent 2 of 2/s);
    expect(out.length).toBeGreaterThan(1);
    expect((await chat(['runs/a', '--agent', '0', '--once', 'blocks', '--max-new-tokens', '2'])).code).toBe(
      0,
    );
  });

  it.each<[string, string[], RegExp]>([
    ['which agent', ['runs/a'], /has 2 agents. Say which by `--agent 0`/],
    ['no such agent', ['runs/a', '--agent', '7'], /no such agent/],
    ['an agent of a model', ['model', '--agent', '1'], /a model folder has one model/],
    ['a role of a model', ['model', '--role-prompt'], /needs a run folder/],
    ['a key of a model', ['model', '--api-key-env', 'X'], /goes with a URL/],
    ['nothing', ['nowhere'], /no run, no model folder/],
    ['no checkpoint', ['runs/a', '--agent', '0', '--checkpoint', '77'], /no checkpoint of step 77/],
  ])('%s', async (_, args, message) => {
    const { code, err } = await chat([...args, '--once', 'x']);
    expect(code).toBeGreaterThan(0);
    expect(err).toMatch(message);
    expect(existsSync(space.path('nowhere'))).toBe(false);
  });
});
