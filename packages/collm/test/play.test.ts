/** `collm play` with endpoints that are fakes: agents of fake-agent.ts, or servers that misbehave. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from '@collm/marl';
import { afterEach, describe, expect, it } from 'vitest';
import {
  completion,
  type FakeAnswer,
  FakeOpenAi,
  type FakeRequest,
  ownModel,
  send,
} from '../../marl/test/fakes/fake-openai.js';
import { FakeAgent } from './fake-agent.js';
import { fakeTeam } from './fake-team.js';
import { Workspace } from './workspace.js';

/** A server of ours that is asked as the agent in a process is, and answers as that. */
function ownServer(agent: number, before: FakeAnswer = () => undefined): Promise<FakeOpenAi> {
  const player = new FakeAgent();
  return FakeOpenAi.start(
    async (request, response, count) => {
      const early = await before(request, response, count);
      if (early !== undefined || response.headersSent || response.destroyed) return early;
      return answerOf(player, request);
    },
    [ownModel(`fake/agent-${agent}`, agent)],
  );
}

async function answerOf(player: FakeAgent, { body }: FakeRequest): Promise<object> {
  const messages = body.messages as { role: 'user' | 'assistant'; content: string; token_ids?: number[] }[];
  const past = messages.flatMap((message, index) =>
    message.role === 'assistant'
      ? [
          {
            observation: {
              messages: [messages[index - 1] as { role: 'user'; content: string }],
              startsAfresh: false,
            },
            response: message.content,
            tokens: message.token_ids as number[],
          },
        ]
      : [],
  );
  const observation = {
    messages: [messages.at(-1) as { role: 'user'; content: string }],
    startsAfresh: false,
  };
  const sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: body.temperature === 0 };
  const requests = [{ history: { past, observation }, keys: [body.collm.sample_key] }];
  const [[made]] = (await player.act(requests, sampling)) as [[Response]];
  return {
    ...completion(body.model, made.text, { token_ids: made.tokens }),
    prompt_token_ids: [0],
  };
}

const untrained = fakeTeam({ learningRate: 0 });

const servers: FakeOpenAi[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function pair(before?: FakeAnswer): Promise<string> {
  servers.push(await ownServer(0), await ownServer(1, before));
  return servers.map(({ url }) => url).join(',');
}

const play = (space: Workspace, agents: string, ...options: string[]) =>
  space.collm(['play', 'run.yaml', '--agents', agents, ...options]);

describe('a team of two servers', () => {
  it('plays what an evaluation of its run plays, number for number and word for word', async () => {
    using space = new Workspace();
    // Nothing is learned, so that fresh fakes are the trained ones.
    await space.collm(['train', 'run.yaml', '--name', 'a', '--set', 'train.max_steps=1'], untrained);
    const evaluated = await space.collm(['eval', 'runs/a', '--json'], untrained);
    const played = await space.collm([
      'play',
      'runs/a',
      '--agents',
      await pair(),
      '--json',
      '--out',
      'played',
    ]);
    expect(played.err).toMatch(
      /agent-0 \(http:.*\): model fake\/agent-0\nagent-1 \(http:.*\): model fake\/agent-1\n/,
    );
    expect(played.code).toBe(0);
    const result = JSON.parse(played.out);
    expect(result.summary).toEqual(JSON.parse(evaluated.out).summary);
    expect(result).toMatchObject({
      environment: 'str_build',
      failed: 0,
      wanted: result.episodes,
      interrupted: false,
    });
    expect(result.agents).toMatchObject([
      { agent: 0, exact: true, retries: 0, failures: 0 },
      { agent: 1, exact: true, requests: result.agents[0].requests },
    ]);
    expect(JSON.parse(readFileSync(space.path('played/result.json'), 'utf8'))).toEqual(result);
    const logged = readFileSync(space.path('played/episodes.jsonl'), 'utf8').trim().split('\n');
    expect(logged.map((line) => JSON.parse(line).kind)).toEqual([
      'attempt',
      ...Array.from({ length: result.episodes }, () => 'episode'),
    ]);
  });

  it('prints the figures, a row per agent, and the way to the episodes', async () => {
    using space = new Workspace();
    const { code, out, err } = await play(
      space,
      await pair(),
      '--out',
      'e.jsonl',
      '--items',
      '2',
      '--seed',
      '7',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^str_build, 2 items, seed 7, temperature 1, 6 episodes, /);
    expect(out).toMatch(/│ return +│ +-?\d+\.\d{4} │ +\d\.\d{4} │/);
    expect(out).toMatch(/│ agent-1 +│ http:\/\/127.* │ fake\/agent-1 │ +\d+ │ +0 │ +0 │/);
    expect(err).toMatch(/Episodes are in .*e\.jsonl\n/);
    const markdown = await play(
      space,
      servers.map(({ url }) => url).join(','),
      '--markdown',
      '--temperature',
      '0',
      '--episodes',
      '1',
    );
    expect(markdown.out).toMatch(/\n\| return \| -?\d+\.\d{4} \| \d\.\d{4} \|\n/);
  });

  it('one server with all of the agents is given once', async () => {
    using space = new Workspace();
    const server = await FakeOpenAi.start(
      ({ body }) => completion(body.model, body.model),
      [
        { ...ownModel('b', 1), collm: { agent: 1, extensions: [] } },
        { ...ownModel('a', 0), collm: { agent: 0, extensions: [] } },
      ],
    );
    servers.push(server);
    expect((await play(space, server.url, '--json')).code).toBe(0);
    const asked = (agent: string) => server.requests.filter(({ body }) => body.model === agent).length;
    expect(asked('a')).toBe(asked('b'));
    expect(asked('a')).toBeGreaterThan(0);
  });

  it('models can be named, and servers without a list are taken at their word', async () => {
    using space = new Workspace();
    const server = await FakeOpenAi.start(
      ({ body }) => completion(body.model, 'x'),
      [{ id: 'x' }, { id: 'y' }],
    );
    servers.push(server);
    const modelsOf = async (...options: string[]) => {
      const { code, out } = await play(
        space,
        ...(options as [string, ...string[]]),
        '--items',
        '1',
        '--json',
      );
      expect(code).toBe(0);
      return JSON.parse(out).agents.map(({ model }: { model: string }) => model);
    };
    expect(await modelsOf(`${server.url}#y`)).toEqual(['y', 'y']);
    expect(await modelsOf(server.url, '--models', 'x,y')).toEqual(['x', 'y']);
    const unlisted = server.url.replace('/v1', '/other/v1');
    expect(await modelsOf(`${unlisted}#z`)).toEqual(['z', 'z']);
    expect(server.requests.at(-1)?.path).toBe('/other/v1/chat/completions');
    expect((await play(space, unlisted)).err).toMatch(
      /agent-0 .*other\/v1\): it answered 404: no such page\n/,
    );
  });

  it('keys come from the environment and go nowhere else', async () => {
    using space = new Workspace();
    process.env.PLAY_TEST_KEY = 'secret-key';
    try {
      const { code, out, err } = await play(
        space,
        await pair(),
        '--api-key-env',
        'PLAY_TEST_KEY',
        '--json',
        '--out',
        'p',
      );
      expect(code).toBe(0);
      expect(servers[0]?.requests[0]?.headers.authorization).toBe('Bearer secret-key');
      const files = ['p/result.json', 'p/episodes.jsonl'].map((file) =>
        readFileSync(space.path(file), 'utf8'),
      );
      expect([out, err, ...files].join('')).not.toContain('secret-key');
    } finally {
      delete process.env.PLAY_TEST_KEY;
    }
    const unset = await play(space, 'http://a/v1', '--api-key-env', 'PLAY_TEST_KEY');
    expect(unset).toMatchObject({ code: 2, err: expect.stringMatching(/variable PLAY_TEST_KEY is not set/) });
  });
});

describe('endpoints that fail', () => {
  it('a line for each agent that is down, before anything is played', async () => {
    using space = new Workspace();
    const gone = await FakeOpenAi.start(() => ({}));
    await gone[Symbol.asyncDispose]();
    const nonsense = await FakeOpenAi.start(() => ({}), 7 as unknown as object[]);
    servers.push(nonsense);
    const { code, out, err } = await play(space, `${gone.url},${nonsense.url}`, '--out', 'p');
    expect(code).toBe(1);
    expect(err).toContain(
      `agent-0 (${gone.url}): nothing listens there (connection refused); is the server started?\nagent-1`,
    );
    expect(err).toContain(`agent-1 (${nonsense.url}): its list of models has no \`data\``);
    expect(err).toMatch(/error: 2 of 2 agents cannot play, so nothing was played\.\n$/);
    expect(out).toBe('');
    expect(existsSync(space.path('p'))).toBe(false);
  });

  it.each<[string, object[], string[], RegExp]>([
    ['no model', [], [], /it serves no model/],
    ['several', [{ id: 'a' }, { id: 'b' }], [], /it serves a, b; say which one by `url#model` or `--models`/],
    ['another one', [{ id: 'a' }], ['--models', 'b'], /it serves a, but not b/],
  ])('%s', async (_, models, options, message) => {
    using space = new Workspace();
    servers.push(await FakeOpenAi.start(() => ({}), models));
    const { code, err } = await play(space, servers[0]?.url as string, ...options);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it('one that answers some requests with nonsense costs their episodes, and the table is shown', async () => {
    using space = new Workspace();
    const agents = await pair(({ body }) =>
      body.collm.sample_key.episode === 1 ? { ...completion(body.model, 'x'), choices: [] } : undefined,
    );
    const lenient = ['--set', 'train.max_failure_rate=0.2'];
    const { code, out, err } = await play(space, agents, '--json', ...lenient);
    const result = JSON.parse(out);
    expect(code).toBe(0);
    expect(result).toMatchObject({ failed: 1, wanted: result.episodes + 1 });
    expect(result.failures).toEqual([
      {
        episode: 1,
        item: expect.any(String),
        cause: expect.stringMatching(
          /^agent-1 \(http:.*, model fake\/agent-1\): its answer has an empty list of `choices` \(/,
        ),
      },
    ]);
    expect(result.agents).toMatchObject([{ failures: 0 }, { failures: 1, retries: 0 }]);
    const text = await play(space, agents);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(
      /\nFailed episodes, which are in no figure:\n- agent-1 .*episode 1, item .*\)\n$/,
    );
    expect(text.out).toMatch(/│ return/);
    expect(text.err).toMatch(
      /error: 1 of 6 episodes failed, more than train.max_failure_rate \(0.1\) allows\.\n$/,
    );
    expect(err).not.toMatch(/error/);
  });

  it('one that breaks down is told once, and does not hold up the rest', async () => {
    using space = new Workspace();
    const agents = await pair((_, response, count) => {
      if (count > 4) send(response, { error: { message: 'no GPU' } }, 500);
    });
    const { code, out, err } = await play(space, agents, '--retries', '0', '--concurrency', '2', '--json');
    expect(code).toBe(1);
    expect(err.match(/failed 3 times in a row/g)).toHaveLength(1);
    const { agents: rows, failed, episodes, wanted } = JSON.parse(out);
    expect(failed + episodes).toBe(wanted);
    expect(rows[1].failures).toBe(failed);
    expect(servers[1]?.requests.length).toBeLessThan(4 + 6);
  });

  it('one that dies in the middle costs the episodes that are left', async () => {
    using space = new Workspace();
    const agents = await pair((_, response, count) => {
      if (count === 4) void servers[1]?.[Symbol.asyncDispose]();
      if (count >= 4) response.destroy();
    });
    const { code, out, err } = await play(space, agents, '--retries', '1', '--concurrency', '1', '--json');
    expect(code).toBe(1);
    const { failures, episodes, wanted, agents: rows } = JSON.parse(out);
    expect([episodes, failures.length, wanted]).toEqual([1, 5, 6]);
    expect(failures[0].cause).toMatch(/it closed the connection|nothing listens there|the connection failed/);
    expect(rows[0].failures).toBe(0);
    expect(err).toMatch(/error: 5 of 6 episodes failed, more than train.max_failure_rate/);
  });

  it('Ctrl+C ends with what there is', async () => {
    using space = new Workspace();
    const agents = await pair(({ body }) => {
      if (body.collm.sample_key.episode < 2) return undefined;
      if (body.collm.sample_key.turn === 0) process.emit('SIGINT');
      return new Promise(() => {});
    });
    const { code, out, err } = await play(space, agents, '--concurrency', '1', '--json', '--out', 'p');
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ episodes: 2, failed: 0, interrupted: true });
    expect(err).toMatch(/Stopping; requests under way are given up/);
    expect(readFileSync(space.path('p/episodes.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);
  });
});

describe('a stop before the first episode', () => {
  it('ends at once', async () => {
    using space = new Workspace();
    const silent = createServer(() => process.emit('SIGINT'));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    try {
      const { code, out, err } = await play(space, `http://127.0.0.1:${port}`);
      expect({ code, out }).toEqual({ code: 130, out: '' });
      expect(err).toMatch(/^Stopping; .*\n$/);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});

describe('what is given', () => {
  it.each<[string, string[], RegExp]>([
    [
      'too few URLs',
      ['run.yaml', '--agents', 'http://a,http://b,http://c'],
      /gives 3 endpoints, but the environment has 2 agents/,
    ],
    ['an empty one', ['run.yaml', '--agents', 'http://a,'], /has an empty place/],
    ['no URL', ['run.yaml', '--agents', 'runs/a'], /agent-0: "runs\/a" is no URL/],
    ['models twice', ['run.yaml', '--agents', 'http://a#x', '--models', 'y'], /Leave one out/],
    ['two formats', ['run.yaml', '--agents', 'http://a', '--json', '--markdown'], /Choose one/],
    ['two things to play', ['str_build', 'run.yaml', '--agents', 'http://a'], /give one task, one file/],
    [
      'the same episodes again',
      ['str_build', '--agents', 'http://a', '--episodes', '2'],
      /With temperature 0 all 2 episodes/,
    ],
    [
      'a place that is taken',
      ['str_build', '--agents', 'http://a', '--out', 'run.yaml'],
      /run.yaml` is a file/,
    ],
    ['no patience', ['str_build', '--agents', 'http://a', '--timeout', '0'], /above 0 and at most 300/],
  ])('%s', async (_, args, message) => {
    using space = new Workspace();
    const { code, err } = await space.collm(['play', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('a task by its name, with the defaults of evaluations', async () => {
    using space = new Workspace();
    const { code, out } = await space.collm([
      'play',
      'str_build',
      '--agents',
      await pair(),
      '--set',
      'env.prompt_style=compact',
      '--set',
      'train.seed=9',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^str_build, 2 items, seed 9, temperature 0, 2 episodes, /);
  });

  it('no run, no task', async () => {
    using space = new Workspace();
    expect((await space.collm(['play', 'runs/x', '--agents', 'http://a'])).err).toMatch(
      /There is no run runs\/x/,
    );
    expect((await space.collm(['play', 'str_bild', '--agents', 'http://a'])).err).toMatch(
      /Did you mean str_build/,
    );
  });
});
