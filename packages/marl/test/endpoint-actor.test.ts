/** An agent that is only an endpoint: what it is told, what it answers, and every way in which it can fail. */
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  type ActRequest,
  Endpoint,
  EndpointActor,
  type EndpointOptions,
  type History,
  type ListedModel,
  type Response,
  type SampleKey,
  type Sampling,
} from '../src/index.js';
import { completion, type FakeAnswer, FakeOpenAi, ownModel, send } from './fakes/fake-openai.js';

const sampling: Sampling = { temperature: 0.7, topK: null, topP: 0.9, maxNewTokens: 8, greedy: false };
const key = (change: Partial<SampleKey> = {}): SampleKey => ({
  seed: 3,
  phase: 'evaluation',
  episode: 0,
  turn: 0,
  agent: 1,
  sample: 0,
  ...change,
});
const see = (content: string, change: object = {}) => ({
  messages: [{ role: 'user' as const, content }],
  startsAfresh: false,
  ...change,
});
const first: History = { past: [], observation: see('north?') };
const second: History = {
  past: [{ observation: see('north?'), response: 'yes', tokens: [7, 1] }],
  observation: see('south?'),
};
const ask = (history: History = first, keys = [key()]): ActRequest => ({ history, keys });

const fast = { firstPauseSeconds: 0.001, retries: 2, timeoutSeconds: 5 };

async function team(
  server: FakeOpenAi,
  options: Partial<EndpointOptions> = {},
): Promise<{ endpoint: Endpoint; actor: EndpointActor }> {
  const endpoint = new Endpoint({ url: server.url, ...fast, ...options });
  const [model] = await endpoint.models();
  return { endpoint, actor: new EndpointActor(endpoint, model as ListedModel, 1) };
}

/** What comes of one request to a server that answers so. */
async function outcome(answer: FakeAnswer, options: Partial<EndpointOptions> = {}, models?: object[]) {
  await using server = await FakeOpenAi.start(answer, models);
  const { actor } = await team(server, options);
  const [own] = await actor.act([ask()], sampling);
  return { own, actor, server };
}

const failureOf = async (...given: Parameters<typeof outcome>): Promise<string> => {
  const { own, server } = await outcome(...given);
  if (own === undefined || !('failure' in own)) throw new Error(`it was answered: ${JSON.stringify(own)}`);
  expect(own.failure).toContain(`agent-1 (${server.url}, model `);
  expect(own.failure).not.toMatch(/\p{Cc}/u);
  return own.failure;
};

describe('what an endpoint is told', () => {
  it('of any server: its own turns as messages, standard fields alone, a seed per response', async () => {
    await using server = await FakeOpenAi.start(({ body }) => completion(body.model, 'go'));
    const { actor } = await team(server);
    const keys = [key(), key({ sample: 1 })];
    const answers = await actor.act([ask(second, keys)], { ...sampling, topK: 20 });
    expect(answers).toMatchObject([
      [{ text: 'go', finish: 'stop', counted: { prompt: 5, response: 2 } }, {}],
    ]);
    const [one, other] = server.requests.map(({ body }) => body);
    expect(one).toEqual({
      model: 'fake',
      messages: [
        { role: 'user', content: 'north?' },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: 'south?' },
      ],
      max_tokens: 8,
      temperature: 0.7,
      top_p: 0.9,
      seed: expect.any(Number),
    });
    expect(one.seed).not.toBe(other.seed);
    expect(Number.isInteger(one.seed) && one.seed >= 0 && one.seed < 2 ** 31).toBe(true);
    expect(actor.tally).toMatchObject({ requests: 2, failures: 0, promptTokens: 10, responseTokens: 4 });
  });

  it('greedy sampling is temperature 0, and an observation that stands alone hides what was before', async () => {
    await using server = await FakeOpenAi.start(({ body }) => completion(body.model, 'go'));
    const { actor } = await team(server);
    const afresh = { ...second, observation: see('all again', { startsAfresh: true }) };
    await actor.act([ask(afresh)], { ...sampling, greedy: true });
    expect(server.requests[0]?.body).toMatchObject({
      temperature: 0,
      messages: [{ role: 'user', content: 'all again' }],
    });
  });

  it('a text without a template is a completion', async () => {
    const { own, server } = await outcome(({ body }) => ({
      model: body.model,
      choices: [{ text: 'go', finish_reason: 'length' }],
    }));
    expect(own).toMatchObject({ failure: expect.stringContaining('no `message`') });
    expect(server.requests[0]?.path).toBe('/v1/chat/completions');
    await using texts = await FakeOpenAi.start(({ body }) => ({
      model: body.model,
      choices: [{ text: 'go', finish_reason: 'length' }],
    }));
    const { actor } = await team(texts);
    const plain: History = {
      past: [{ observation: see('one', { format: 'text' }), response: 'two', tokens: [] }],
      observation: see('three', { format: 'text' }),
    };
    expect(await actor.act([ask(plain)], sampling)).toMatchObject([[{ text: 'go', finish: 'length' }]]);
    expect(texts.requests[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'one\n\ntwo\n\nthree' },
    });
  });

  it('of a server of ours: the key of the response, tokens as they were, and how prompts are cut', async () => {
    const models = [ownModel('run/agent-1', 1)];
    await using server = await FakeOpenAi.start(
      ({ body }) => ({
        ...completion(body.model, 'go', { token_ids: [4, 1] }),
        prompt_token_ids: [2, 2, 2],
        collm: { prompt_truncated: true },
      }),
      models,
    );
    const { actor } = await team(server, { apiKey: 'secret-key' });
    const [own] = await actor.act([ask(second)], { ...sampling, topK: 20 });
    expect(own).toEqual([
      {
        text: 'go',
        tokens: [4, 1],
        promptTokens: [2, 2, 2],
        logProbs: new Float32Array(),
        behaviourLogProbs: new Float32Array(),
        finish: 'stop',
        promptTruncated: true,
      },
    ]);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret-key');
    expect(server.requests[0]?.body).toEqual({
      model: 'run/agent-1',
      messages: [
        { role: 'user', content: 'north?' },
        { role: 'assistant', content: 'yes', token_ids: [7, 1] },
        { role: 'user', content: 'south?' },
      ],
      max_tokens: 8,
      temperature: 0.7,
      top_p: 0.9,
      top_k: 20,
      return_token_ids: true,
      collm: { sample_key: key(), truncate: 'oldest_turns', format: 'chat' },
    });
  });

  it('all requests at once, up to the limit', async () => {
    await using server = await FakeOpenAi.start(async ({ body }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return completion(body.model, body.messages[0].content);
    });
    const { actor } = await team(server, { concurrency: 4 });
    const requests = Array.from({ length: 12 }, (_, i) => ask({ past: [], observation: see(`${i}`) }));
    const answers = await actor.act(requests, sampling);
    expect(answers.map((own) => (own as Response[])[0]?.text)).toEqual(requests.map((_, i) => `${i}`));
    expect(server.most).toBe(4);
  });
});

describe('answers that are none', () => {
  const answering =
    (body: object | string, status = 200, headers: object = {}): FakeAnswer =>
    (_, response) =>
      send(response, body, status, headers);
  const ours = [ownModel('fake', 1)];
  const exact = (change: object, top: object = { prompt_token_ids: [1] }) =>
    answering({ ...completion('fake', 'go', { token_ids: [1], ...change }), ...top });

  it.each<[string, FakeAnswer, RegExp, object[]?]>([
    [
      'no JSON',
      answering('<html>\u001b[31mnope\n</html>'),
      /it answered with "<html> \[31mnope <\/html>" instead of JSON/,
    ],
    ['nothing', answering(''), /answered with nothing instead of JSON/],
    ['half of it', answering('{"choices": [{"mess'), /instead of JSON$/],
    [
      'another type',
      answering('{}', 200, { 'content-type': 'text/html' }),
      /answered with text\/html instead of application\/json/,
    ],
    ['no object', answering('[]'), /JSON that is no object/],
    ['null', answering('null'), /JSON that is no object/],
    [
      'an error with status 200',
      answering({ error: { message: 'no\nGPU' } }),
      /answered with an error: no GPU/,
    ],
    ['no choices', answering({ model: 'fake' }), /has no `choices`/],
    ['empty choices', answering({ ...completion('fake', 'x'), choices: [] }), /empty list of `choices`/],
    [
      'a choice that is none',
      answering({ ...completion('fake', 'x'), choices: [7] }),
      /first choice is no object/,
    ],
    ['no message', answering(completion('fake', 'x', { message: undefined })), /has no `message`/],
    ['null as content', answering(completion('fake', null)), /has a null `content`/],
    ['a number as content', answering(completion('fake', 7)), /has a number as `content`/],
    [
      'tool calls',
      answering(completion('fake', null, { message: { content: null, tool_calls: [{}] } })),
      /called tools instead of answering/,
    ],
    [
      'a refusal',
      answering(completion('fake', null, { message: { content: null, refusal: 'I will not' } })),
      /it refused: I will not/,
    ],
    [
      'an unknown end',
      answering(completion('fake', 'x', { finish_reason: 'tired' })),
      /finish_reason "tired", which is neither/,
    ],
    [
      'an end that has no text',
      answering(completion('fake', 'x', { finish_reason: { toString: false } })),
      /finish_reason an object, which is neither/,
    ],
    ['no end', answering(completion('fake', 'x', { finish_reason: undefined })), /finish_reason null/],
    [
      'another model',
      answering(completion('fake2', 'x')),
      /asked for the model "fake", but "fake2" answered/,
    ],
    ['no model of ours', answering(completion('fake-2024', 'x')), /but "fake-2024" answered/, ours],
    [
      'no token ids',
      exact({ token_ids: undefined }),
      /has no `token_ids`, which it had been asked for/,
      ours,
    ],
    [
      'token ids out of range',
      exact({ token_ids: [1, -4] }),
      /`token_ids` hold -4, which is no token id/,
      ours,
    ],
    ['huge token ids', exact({ token_ids: [2 ** 31] }), /hold 2147483648, which is no token id/, ours],
    ['token ids that are no numbers', exact({ token_ids: [null] }), /hold null, which is no token id/, ours],
    [
      'more tokens than asked for',
      exact({ token_ids: [1, 1, 1, 1, 1, 1, 1, 1, 1] }),
      /9 tokens, though 8 were the most/,
      ours,
    ],
    ['no prompt', exact({}, {}), /has no `prompt_token_ids`/, ours],
    [
      'a redirect',
      answering('', 302, { location: 'http://elsewhere/v1' }),
      /redirects to http:\/\/elsewhere\/v1 \(302\), which is not followed/,
    ],
    [
      'what it does not take',
      answering({ error: { message: 'prompt too long', type: 'x' } }, 400),
      /it answered 400: prompt too long$/,
    ],
    ['no right to ask', answering({ detail: 'Unauthorized' }, 401), /it answered 401: Unauthorized/],
    [
      'a plain text as error',
      answering('gone\u0007', 404, { 'content-type': 'text/plain' }),
      /it answered 404: gone$/,
    ],
  ])('%s', async (_, answer, message, models) => {
    let calls = 0;
    const counting: FakeAnswer = (...given) => {
      calls += 1;
      return answer(...given);
    };
    expect(await failureOf(counting, {}, models)).toMatch(message);
    // None of these would be better the second time.
    expect(calls).toBe(1);
  });

  it('dated names of aliases are the same model', async () => {
    expect((await outcome(answering(completion('fake-2024-08-06', 'x')))).own).toMatchObject([{ text: 'x' }]);
  });

  it('a body without an end is read up to a limit', async () => {
    const flood: FakeAnswer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write('"'.repeat(2 ** 20)));
      };
      response.on('drain', more);
      more();
    };
    expect(await failureOf(flood)).toMatch(/its answer is longer than 16777216 bytes/);
  });

  it('one that comes a byte at a time is not waited for longer than another', async () => {
    const drip: FakeAnswer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(timer));
    };
    const failure = await failureOf(drip, { timeoutSeconds: 0.1, retries: 0 });
    expect(failure).toMatch(/did not answer within 0.1 s/);
  });
});

describe('faults that may pass', () => {
  const once = (fault: (response: ServerResponse) => void): FakeAnswer => {
    return ({ body }, response, count) => (count === 1 ? fault(response) : completion(body.model, 'go'));
  };

  it.each<[string, (response: ServerResponse) => void]>([
    ['an error of the server', (response) => send(response, {}, 500)],
    ['too many requests', (response) => send(response, {}, 429)],
    ['a server that is not ready', (response) => send(response, {}, 503, { 'retry-after': '0' })],
    ['a connection that is closed', (response) => response.destroy()],
    [
      'a connection that is closed in the middle',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{', () => response.destroy());
      },
    ],
    ['no answer in time', () => {}],
  ])('%s: asked again', async (_, fault) => {
    const { own, actor } = await outcome(once(fault), { timeoutSeconds: 0.3 });
    expect(own).toMatchObject([{ text: 'go' }]);
    expect(actor.tally).toMatchObject({ requests: 1, retries: 1, failures: 0 });
    expect(actor.tally.latencies).toHaveLength(1);
  });

  it('but only so often', async () => {
    const { own, actor, server } = await outcome((_, response) => send(response, { message: 'busy' }, 503));
    expect(own).toMatchObject({ failure: expect.stringMatching(/it answered 503: busy$/) });
    expect(server.requests).toHaveLength(3);
    expect(actor.tally).toMatchObject({ requests: 1, retries: 2, failures: 1, latencies: [] });
  });

  it('a pause that is asked for is kept, unless it is too long', async () => {
    const busy = (after: string) => (response: ServerResponse) =>
      send(response, { error: 'busy' }, 429, { 'retry-after': after });
    const { actor } = await outcome(once(busy('1')));
    expect(actor.tally.seconds).toBeGreaterThan(0.9);
    expect(await failureOf(once(busy('3600')))).toMatch(
      /it answered 429: busy; it asks to wait 3600 s, longer than 30 s$/,
    );
    expect(await failureOf(once(busy(new Date(Date.now() + 7_200_000).toUTCString())))).toMatch(
      /wait 7\d{3} s/,
    );
  });

  it('nobody there', async () => {
    const gone = await FakeOpenAi.start(() => ({}));
    const { endpoint, actor } = await team(gone);
    await gone[Symbol.asyncDispose]();
    const [own] = await actor.act([ask()], sampling);
    expect(own).toMatchObject({
      failure: expect.stringMatching(/nothing listens there .*is the server started/),
    });
    await expect(endpoint.models()).rejects.toThrow(/nothing listens there/);
  });
});

describe('an endpoint that fails at every request', () => {
  it('is left alone after three, which is told once', async () => {
    await using server = await FakeOpenAi.start((_, response) => send(response, { error: 'no GPU' }, 500));
    const lines: string[] = [];
    const { actor, endpoint } = await team(server, { retries: 0, tell: (line) => lines.push(line) });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push((await actor.act([ask()], sampling))[0]);
    expect(server.requests).toHaveLength(3);
    expect(endpoint.resting).toBe(true);
    expect(lines).toEqual([
      `${server.url}: it failed 3 times in a row, so its requests fail at once for 10 s, then one is tried; the last failure: it answered 500: no GPU`,
    ]);
    expect(answers.at(-1)).toMatchObject({
      failure: expect.stringMatching(
        /it is left alone after 3 failures in a row, the last: it answered 500: no GPU$/,
      ),
    });
  });

  it('those that wait for their turn then do not wait for their time-outs', async () => {
    await using server = await FakeOpenAi.start(() => {});
    const { actor } = await team(server, { retries: 1, timeoutSeconds: 0.1, concurrency: 2 });
    const answers = await actor.act(
      Array.from({ length: 40 }, () => ask()),
      sampling,
    );
    expect(answers.every((own) => 'failure' in own)).toBe(true);
    expect(server.requests.length).toBeLessThan(10);
    expect(actor.tally).toMatchObject({ requests: 40, failures: 40 });
  });

  it('a request that is refused says nothing about the next', async () => {
    await using server = await FakeOpenAi.start((_, response) => send(response, { error: 'too long' }, 400));
    const { actor, endpoint } = await team(server);
    for (let i = 0; i < 5; i++) await actor.act([ask()], sampling);
    expect(server.requests).toHaveLength(5);
    expect(endpoint.resting).toBe(false);
  });
});

describe('stopping', () => {
  it('ends requests that wait for an answer, a pause or a place', async () => {
    await using server = await FakeOpenAi.start((_, response, count) => {
      if (count === 1) send(response, {}, 429, { 'retry-after': '20' });
    });
    const stop = new AbortController();
    const { actor } = await team(server, { signal: stop.signal, concurrency: 2 });
    const call = actor.act([ask(), ask(), ask()], sampling);
    const ended = expect(call).rejects.toMatchObject({ code: 'STOP' });
    while (server.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await ended;
    await expect(actor.act([ask()], sampling)).rejects.toMatchObject({ code: 'STOP' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('keys and URLs', () => {
  it('a key is in no message, even when the endpoint repeats it', async () => {
    const parrot: FakeAnswer = ({ headers }, response) =>
      send(response, { error: { message: `bad key: ${headers.authorization}` } }, 401);
    const failure = await failureOf(parrot, { apiKey: 'secret-key' });
    expect(failure).toMatch(/it answered 401: bad key: Bearer \*\*\*$/);
    expect(() => new Endpoint({ url: 'http://a', apiKey: 'secret\nkey' })).toThrow(
      /^(?!.*secret).*line break/s,
    );
  });

  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/v1'],
    ['https://api.example.com/openai/v1/', 'https://api.example.com/openai/v1'],
  ])('%s', (given, url) => {
    expect(new Endpoint({ url: given }).url).toBe(url);
  });

  it.each([
    ['127.0.0.1:8000', /is no URL|does not begin with http/],
    ['runs/team', /is no URL/],
    ['ftp://a', /does not begin with http/],
    ['http://me:secret@a/v1', /^(?!.*secret).*must not hold a password/],
  ])('%s is refused', (url, message) => {
    expect(() => new Endpoint({ url })).toThrow(message);
  });

  it.each<[string, unknown[] | undefined]>([
    ['has no `data`', undefined],
    ['without an `id`', [{}]],
    ['without an `id`', ['x']],
  ])('a list of models that %s', async (message, models) => {
    await using server = await FakeOpenAi.start(() => ({}), models as object[]);
    if (models === undefined) {
      await using other = await FakeOpenAi.start(() => ({}), null as unknown as object[]);
      await expect(new Endpoint({ url: other.url }).models()).rejects.toThrow(message);
      return;
    }
    await expect(new Endpoint({ url: server.url }).models()).rejects.toThrow(message);
  });
});
