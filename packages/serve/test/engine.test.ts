/** Engines by themselves: their threads, and who hears of what. */
import { rmSync } from 'node:fs';
import { loadDecoder, saveDecoder } from '@collm/lm';
import { noGrad, tidy } from '@collm/torch';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Engine, type EngineOptions, type RowGroup, type RowListener } from '../src/engine/engine.js';
import { groupModels } from '../src/engine/group-models.js';
import type { RowSpec } from '../src/engine/messages.js';
import { servedModel, until, writeEndlessModel } from './fixture.js';

let files: ReturnType<typeof writeEndlessModel>;
beforeAll(() => {
  files = writeEndlessModel();
});
afterAll(() => files.remove());
afterEach(() => {
  vi.restoreAllMocks();
});

const open = (more: Partial<EngineOptions> = {}) =>
  Engine.open({ models: [servedModel(files.dir)], maxBatch: 4, prefixBytes: 0, threads: 1, ...more });

const spec = (maxNewTokens: number): RowSpec => ({
  prompt: [10, 11, 12],
  key: { seed: 1, words: [0, 0, 0] },
  maxNewTokens,
  sampling: { temperature: 1, topK: null, topP: 1, greedy: false },
  stopTokens: [],
  topLogProbs: 0,
});

/** A row alone, and what it heard. */
function row(maxNewTokens: number, more: Partial<RowListener> = {}) {
  const heard: string[] = [];
  const listener: RowListener = {
    onStart: () => heard.push('start'),
    onToken: () => heard.push('token'),
    onEnd: (finish) => heard.push(finish),
    onFail: ({ message }) => heard.push(message),
    ...more,
  };
  const group: RowGroup = {
    rows: [{ spec: spec(maxNewTokens), listener }],
    onStep: () => heard.push('step'),
    onBroken: (error) => heard.push(`broken by ${error}`),
  };
  return { group, heard };
}

it('tells of a row in order, once a step', async () => {
  const engine = await open();
  const { group, heard } = row(3);
  engine.add(0, group);
  await until(() => heard.includes('length'));
  expect(heard).toEqual(['start', 'token', 'step', 'token', 'step', 'token', 'length', 'step']);
  expect(engine.rowsOf(0)).toEqual({ running: 0, waiting: 0 });
  expect(await engine.close()).toMatchObject({ tensors: 0, bytes: 0 });
});

it('says nothing more of a row that was cancelled', async () => {
  const steps: number[] = [];
  const engine = await open({ onCancelled: (count) => steps.push(count) });
  // The first row leaves tables that all others share.
  const first = row(1);
  engine.add(0, first.group);
  await until(() => first.heard.includes('length'));
  const before = await engine.measure();
  const { group, heard } = row(4000);
  const ids = engine.add(0, group);
  await until(() => heard.length > 10);
  engine.cancel(ids);
  const length = heard.length;
  await until(() => steps.length === 1);
  expect(heard).toHaveLength(length);
  expect(engine.rowsOf(0)).toEqual({ running: 0, waiting: 0 });
  expect(await engine.measure()).toEqual(before);
  engine.cancel(ids);
  expect(await engine.close()).toMatchObject({ tensors: 0 });
  expect(steps).toHaveLength(1);
});

it('refuses a row that its model cannot make', async () => {
  const engine = await open();
  const { group, heard } = row(100_000);
  engine.add(0, group);
  await until(() => heard.includes('step'));
  expect(heard[0]).toContain("does not fit the model's context");
  await engine.close();
});

it('blames the model, not the request, for logits that are not finite', async () => {
  const dir = `${files.dir}-broken`;
  using decoder = loadDecoder(files.dir);
  tidy(() => noGrad(() => decoder.weights.embed.narrow(0, 12, 1).fill_(Number.NaN)));
  saveDecoder(decoder, dir);
  const engine = await open({ models: [servedModel(dir)] });
  const failures: { message: string; refused: boolean }[] = [];
  const { group } = row(3, { onFail: (failure) => failures.push(failure) });
  engine.add(0, group);
  await until(() => failures.length > 0);
  expect(failures).toMatchObject([
    { message: expect.stringContaining('its logits hold NaN'), refused: false },
  ]);
  await engine.close();
  rmSync(dir, { recursive: true });
});

it('lives on when who listens breaks', async () => {
  const engine = await open();
  const broken = row(5, {
    onToken: () => {
      throw new Error('a mistake');
    },
  });
  const fine = row(20);
  engine.add(0, broken.group);
  engine.add(0, fine.group);
  await until(() => fine.heard.includes('length'));
  expect(broken.heard).toContain('broken by Error: a mistake');
  await engine.close();
});

it('is started again once when its thread dies, and fails the rows that it had', async () => {
  const crashes: boolean[] = [];
  const engine = await open({ onCrash: (_error, restarting) => crashes.push(restarting) });
  const { group, heard } = row(4000);
  engine.add(0, group);
  await until(() => heard.length > 3);
  const later = performance.now() + 60_000;
  vi.spyOn(performance, 'now').mockImplementation(() => later);
  await threadOf(engine).terminate();
  expect(heard.at(-2)).toContain('stopped while it was answering');
  expect([engine.state, crashes]).toEqual(['starting', [true]]);
  await until(() => engine.state === 'ready');
  const next = row(2);
  engine.add(0, next.group);
  await until(() => next.heard.includes('length'));
  // So soon after that start, it would die for ever.
  await threadOf(engine).terminate();
  expect([engine.state, crashes]).toEqual(['dead', [true, false]]);
  expect(await engine.close()).toBeNull();
});

const threadOf = (engine: Engine) =>
  (engine as unknown as { worker: { terminate(): Promise<unknown> } }).worker;

it('says why a model cannot be opened', async () => {
  await expect(open({ models: [servedModel('/nowhere')] })).rejects.toThrow(/\/nowhere/);
});

it('is shared by models of one base, and on a GPU by all', () => {
  const model = (id: string, folder: string, device: 'cpu' | 'cuda') => ({
    ...servedModel(folder, id),
    device,
  });
  const groups = groupModels([
    model('a', 'base', 'cpu'),
    model('b', 'other', 'cpu'),
    model('c', 'base', 'cpu'),
    model('d', 'base', 'cuda'),
    model('e', 'other', 'cuda'),
  ]);
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([['a', 'c'], ['b'], ['d', 'e']]);
});
