/** docs/metrics.md against what runs of every kind report: every name is defined, every definition is of use. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AlgorithmOptions, LmAgent, LmCritic, type TrainerEvent, train } from '../src/index.js';
import { matrixGame } from './fakes/matrix-game.js';
import { ALGORITHMS, CC, DC, fakeRun, MAGRPO, TRAINER } from './fakes/runs.js';
import { modelOptions } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

/** What `<...>` stands for in the matrix game. */
const named: Readonly<Record<string, string>> = {
  '<component>': 'payoff',
  '<metric>': 'agreement',
  '<name>': '(return|reward|score|turns|agreement)',
};

/** `agent_i` and `turn_k` stand for numbers; several critics are numbered in place of the one. */
const patternOf = (name: string) =>
  new RegExp(
    `^${name
      .replace(/_[ik]\//g, '_\\d+/')
      .replace(/^critic\//, 'critic(_\\d+)?/')
      .replace(/<\w+>/, (placeholder) => named[placeholder] ?? placeholder)}$`,
  );

const definitions = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => ({
  name: name as string,
  pattern: patternOf(name as string),
}));

const reported = new Set<string>();
const collect = (events: readonly TrainerEvent[]) => {
  for (const event of events) {
    if (event.type !== 'step-finished' && event.type !== 'evaluation-finished') continue;
    for (const name of Object.keys(event.metrics)) reported.add(name);
  }
};

const options = {
  maxSteps: 2,
  evalInterval: 1,
  targetReturn: 0,
  diagnostics: { interval: 1, items: 1, rollouts: 2 },
};

/** A step of tiny language models, which report what tables do not. */
async function languageModels(model: string, algorithm: AlgorithmOptions): Promise<TrainerEvent[]> {
  const head = 'useSeparateCritic' in algorithm && !algorithm.useSeparateCritic;
  const valueHead = head ? { hiddenDim: null, seed: 1, learningRate: 1e-3 } : null;
  const agents = [
    await LmAgent.open({ ...modelOptions(model), reference: {}, valueHead }),
    await LmAgent.open({ ...modelOptions(model), reference: {}, valueHead }),
  ];
  const critics = head
    ? []
    : [await LmCritic.open({ ...modelOptions(model), valueHeadHiddenDim: null, seed: 1 })];
  const events: TrainerEvent[] = [];
  try {
    await train({
      environment: matrixGame(),
      agents,
      critics,
      algorithm,
      options: { ...TRAINER, itemsPerStep: 1, maxSteps: 1, evalInterval: 0 },
      checkpoints: null,
      recovery: { store: { save: async () => 'nowhere' }, interval: 1 },
      onEvent: (event) => events.push(event),
    });
  } finally {
    for (const member of [...agents, ...critics]) member.dispose();
  }
  return events;
}

beforeAll(async () => {
  const heads = { ...DC, useSeparateCritic: false };
  for (const algorithm of [...ALGORITHMS, heads, { ...MAGRPO, klMode: 'lossK3' } as const])
    collect((await fakeRun({ algorithm, options })).events);
  const model = writeTinyModel();
  try {
    for (const algorithm of [
      { ...CC, policyLoss: 'ppo', isCorrection: 'token', klMode: 'lossK3' },
      { ...heads, klMode: 'lossExact' },
    ] as const)
      collect(await languageModels(model.dir, algorithm));
  } finally {
    model.remove();
  }
});

describe('docs/metrics.md', () => {
  it('defines every metric that a run reports', () => {
    const unknown = [...reported].filter((name) => !definitions.some(({ pattern }) => pattern.test(name)));
    expect(unknown).toEqual([]);
  });

  it('defines no metric twice, and none that no run reports', () => {
    const names = definitions.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    const idle = definitions.filter(({ pattern }) => ![...reported].some((name) => pattern.test(name)));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  it('names nothing else as a metric', () => {
    const groups = /^(train|eval|env|reward|time|diagnostics|turn_k|agent_i|critic|critic_i)\/[\w/<>]+$/;
    const mentioned = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);
    const stray = mentioned.filter(
      (code) => groups.test(code) && !code.endsWith('_se') && !definitions.some(({ name }) => name === code),
    );
    expect(stray).toEqual([]);
  });
});
