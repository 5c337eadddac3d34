/** Endpoints that answer anything at all, and what reaches an endpoint of the other agents. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, anyValue } from '../../envs/test/altered.js';
import { readAnswer } from '../src/endpoints/completion-answer.js';
import { readModels } from '../src/endpoints/listed-models.js';
import { Endpoint, EndpointActor, EndpointError, evaluateSeparately, streamChat } from '../src/index.js';
import { completion, FakeOpenAi, ownModel } from './fakes/fake-openai.js';
import { MARKER, markerEnvironment } from './fakes/marker-team.js';

const whole = {
  ...completion('m', 'go', { token_ids: [4, 1] }),
  prompt_token_ids: [2, 2],
  collm: { prompt_truncated: true },
};

describe('whatever an endpoint answers', () => {
  it.each(['chat/completions', 'completions'] as const)('%s: a response, or one line', (path) => {
    const anything = fc.oneof(altered(whole), anyValue);
    fc.assert(
      fc.property(anything, fc.boolean(), (json, exact) => {
        try {
          const { text, tokens, promptTokens, finish } = readAnswer(json, {
            model: 'm',
            path,
            exact,
            maxNewTokens: 8,
          });
          expect(typeof text).toBe('string');
          expect([...tokens, ...promptTokens].every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
          expect(['stop', 'length']).toContain(finish);
        } catch (error) {
          expect(error).toBeInstanceOf(EndpointError);
          expect((error as Error).message).toMatch(/^\P{Cc}{10,600}$/u);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a list of models, or one line', () => {
    const list = { object: 'list', data: [ownModel('a', 0), { id: 'b' }] };
    fc.assert(
      fc.property(fc.oneof(altered(list), anyValue), (json) => {
        try {
          for (const { id, ours } of readModels(json)) {
            expect(typeof id).toBe('string');
            expect(ours?.agent ?? 0).toSatisfy(Number.isInteger);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(EndpointError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a stream in any pieces is the same text, and any other stream one line', async () => {
    const events = ['wörd ', '🦊 ', 'x'].map((content) => ({ choices: [{ delta: { content } }] }));
    const text = [...events, { choices: [{ delta: {}, finish_reason: 'length' }] }]
      .map((event) => `: note\r\ndata: ${JSON.stringify(event)}\r\n\r\n`)
      .join('');
    const bytes = Buffer.from(`${text}data: [DONE]\n\n`);
    let parts: Buffer[] = [];
    await using server = await FakeOpenAi.start(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of parts) {
        response.write(part);
        await new Promise(setImmediate);
      }
      response.end();
    });
    const endpoint = new Endpoint({ url: server.url });
    const read = async () => {
      const model = { id: 'fake', ours: null };
      const pieces = streamChat(endpoint, model, [], { temperature: null, maxNewTokens: null, seed: null });
      let said = '';
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return { said, finish: value };
        said += value;
      }
    };
    // Without its end, so that nothing made of it is an answer.
    const event = { choices: [{ delta: { content: 'x' }, finish_reason: 'tired' }] };
    const cuts = fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const sorted = [0, ...at.sort((a, b) => a - b), bytes.length];
        parts = sorted.slice(1).map((to, index) => bytes.subarray(sorted[index], to));
        expect(await read()).toEqual({ said: 'wörd 🦊 x', finish: 'length' });
      }),
      { numRuns: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.oneof(altered(event), anyValue).map((json) => `data: ${JSON.stringify(json)}\n\n`),
        ),
        async (noise) => {
          parts = [Buffer.from(noise)];
          await expect(read()).rejects.toBeInstanceOf(EndpointError);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what an endpoint is told', () => {
  it('is made for its own agent: no observation and no response of another one', async () => {
    const agents = [0, 1, 2];
    let made = 0;
    const servers = await Promise.all(
      agents.map((agent) =>
        FakeOpenAi.start(
          ({ body }) => completion(body.model, `<r${agent}.${made++}>`),
          [{ id: `m${agent}` }],
        ),
      ),
    );
    try {
      const actors = await Promise.all(
        servers.map(async ({ url }, agent) => {
          const endpoint = new Endpoint({ url });
          const [model] = await endpoint.models();
          return new EndpointActor(endpoint, model as NonNullable<typeof model>, agent);
        }),
      );
      const environment = markerEnvironment(3, 4, false);
      const { episodes } = await evaluateSeparately(environment as never, actors, {
        items: environment.trainItems,
        generations: 2,
        seed: 1,
        sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
        earlyTerminationThreshold: null,
        discount: 1,
        concurrency: 4,
      });
      expect(episodes).toHaveLength(4);
      for (const [agent, server] of servers.entries()) {
        expect(server.requests).toHaveLength(4 * 4);
        const owners = [...JSON.stringify(server.requests).matchAll(MARKER)].map(([, owner]) =>
          Number(owner),
        );
        expect(new Set(owners)).toEqual(new Set([agent]));
      }
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  });
});
