/** The AI SDK, over real HTTP. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, streamText } from 'ai';
import { expect, it } from 'vitest';
import { rows, until, withServer } from './fixture.js';

const fixture = withServer();
const provider = () =>
  createOpenAICompatible({ name: 'collm', baseURL: `${fixture().url}/v1`, includeUsage: true });
const asked = { prompt: 'stone', maxOutputTokens: 20, seed: 1, maxRetries: 0 } as const;

it('generates text, with usage and the reason for its end', async () => {
  const { text, usage, finishReason } = await generateText({ model: provider()('tiny'), ...asked });
  expect(text.length).toBeGreaterThan(0);
  expect(finishReason).toBe('length');
  expect(usage.outputTokens).toBe(20);
});

it('streams the same text', async () => {
  const whole = await generateText({ model: provider()('tiny'), ...asked });
  const stream = streamText({ model: provider()('tiny'), ...asked });
  let text = '';
  for await (const piece of stream.textStream) text += piece;
  expect(text).toBe(whole.text);
  expect(await stream.finishReason).toBe('length');
  expect((await stream.usage).outputTokens).toBe(20);
});

it('continues a plain text', async () => {
  const { text } = await generateText({ model: provider().completionModel('tiny'), ...asked });
  expect(text.length).toBeGreaterThan(0);
});

it('heeds stop sequences and a system prompt', async () => {
  const free = await generateText({ model: provider()('tiny'), ...asked, system: 'brick' });
  const stop = free.text.slice(5, 7);
  const { text, finishReason } = await generateText({
    model: provider()('tiny'),
    ...asked,
    system: 'brick',
    stopSequences: [stop],
  });
  expect(text).toBe(free.text.slice(0, free.text.indexOf(stop)));
  expect(finishReason).toBe('stop');
});

it('tells errors as the server told them', async () => {
  const error = await generateText({ model: provider()('other'), ...asked }).catch(
    (reason: unknown) => reason,
  );
  expect(APICallError.isInstance(error) && error.statusCode).toBe(404);
  expect((error as Error).message).toContain('There is no model `other` here');
});

it('may leave in the middle', async () => {
  const controller = new AbortController();
  const { textStream } = streamText({
    model: provider()('tiny'),
    ...asked,
    maxOutputTokens: 3000,
    abortSignal: controller.signal,
  });
  let pieces = 0;
  for await (const _ of textStream) if (++pieces === 3) controller.abort();
  expect(pieces).toBeLessThan(3000);
  await until(async () => (await rows(fixture().url)) === 0);
});
