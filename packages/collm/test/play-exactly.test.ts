/** A run's agents behind servers of ours play what the run itself evaluates, word for word and token for token. */
import { readFileSync } from 'node:fs';
import type { EpisodeRecord } from '@collm/marl';
import { type Server, startServer } from '@collm/serve';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { servedModels } from '../src/commands/serve/served-models.js';
import { processIo } from '../src/io.js';
import { openTeam } from '../src/team.js';
import { tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(() => {
  space = tinyWorkspace();
});
afterAll(() => space[Symbol.dispose]());

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(0);
});

const settings = [
  ...['train.max_new_tokens=12', 'train.items_per_step=1', 'train.max_steps=1', 'train.eval_generations=4'],
  ...['train.eval_num_samples=3', 'train.agent_learning_rate=0.001', 'train.eval_interval=0'],
];
const words = ['env.words=[I, L, C]', 'env.train_split="[:1]"', 'env.eval_split="[1:]"', 'env.num_turns=3'];

async function train(name: string, more: readonly string[] = words, file = 'run.yaml'): Promise<void> {
  const set = [...settings, ...more].flatMap((text) => ['--set', text]);
  const { code, err } = await space.collm(['train', file, '--name', name, ...set], openTeam);
  expect(err).toContain('Finished');
  expect(code).toBe(0);
}

/** A server of one agent, or of all, as `collm serve` starts it. */
async function serve(run: string, agent: number | null): Promise<string> {
  const io = { ...processIo, cwd: space.dir, stderr: { write: () => {} } };
  const source = {
    source: `runs/${run}`,
    runsDir: 'runs',
    agent,
    checkpoint: 'best',
    name: null,
    device: null,
    dtype: null,
  };
  const { models } = await servedModels(source, io);
  const server = await startServer({ models, threads: 1 });
  servers.push(server);
  return server.url;
}

/** What `collm eval` and `collm play` make of the same run: figures, and everything that was said. */
async function both(run: string, agents: string, ...options: readonly string[]) {
  const evaluated = await space.collm(['eval', `runs/${run}`, '--json', ...options], openTeam);
  const out = `played-${run}-${options.length}`;
  const played = await space.collm([
    'play',
    `runs/${run}`,
    '--agents',
    agents,
    '--json',
    '--out',
    out,
    ...options,
  ]);
  expect(played.err).not.toMatch(/not a server of ours|are the URLs in the order/);
  expect([evaluated.code, played.code]).toEqual([0, 0]);
  return { evaluated: JSON.parse(evaluated.out), played: JSON.parse(played.out), episodes: episodesOf(out) };
}

function episodesOf(out: string): EpisodeRecord[] {
  const records = readFileSync(space.path(out, 'episodes.jsonl'), 'utf8').trim().split('\n').slice(1);
  return records
    .map((line) => {
      const { kind: _k, attempt: _a, time: _t, ...record } = JSON.parse(line);
      return record as EpisodeRecord;
    })
    .sort((a, b) => a.episode - b.episode);
}

/** The episodes of `collm eval`, which does not write them. */
async function evaluatedEpisodes(run: string): Promise<EpisodeRecord[]> {
  const { loadConfig } = await import('../src/config/load.js');
  const { openEnvironment, trainerOptions } = await import('../src/config/to-options.js');
  const { openCheckpoint } = await import('../src/run-store/checkpoints.js');
  const { evaluate, evaluationItems, evaluationSampling, loadTeam } = await import('@collm/marl');
  const config = loadConfig({ files: [space.path(`runs/${run}/config.yaml`)] });
  const { train } = config;
  const environment = await openEnvironment(config, processIo);
  const team = await openTeam(config, environment, 'evaluation');
  try {
    const { dir } = await openCheckpoint(space.path(`runs/${run}/checkpoints`), 1, run);
    await loadTeam(dir, { agents: team.agents, critics: [] });
    const { episodes } = await evaluate(environment, team.agents, {
      items: evaluationItems(environment, train.eval_num_samples, train.seed),
      generations: train.eval_generations,
      seed: train.seed,
      sampling: evaluationSampling(trainerOptions(config).sampling, train.eval_temperature),
      earlyTerminationThreshold: environment.earlyTerminationThreshold,
      discount: config.algorithm.discount,
    });
    return JSON.parse(JSON.stringify(episodes.map(({ record }) => record)));
  } finally {
    await team.dispose();
  }
}

describe('two local servers of a run', () => {
  it('play its evaluation exactly: figures, responses, token counts', async () => {
    await train('a');
    const agents = [await serve('a', 0), await serve('a', 1)].join(',');
    const { evaluated, played, episodes } = await both('a', agents);
    expect(played.summary).toEqual(evaluated.summary);
    expect(played.episodes).toBe(8);
    expect(episodes).toEqual(await evaluatedEpisodes('a'));
    expect(
      new Set(episodes.flatMap(({ turns }) => turns.map(({ agents: [own] }) => own?.response))).size,
    ).toBeGreaterThan(8);
    const greedy = await both('a', agents, '--temperature', '0', '--episodes', '1');
    expect(greedy.played.summary).toEqual(greedy.evaluated.summary);
    // Another seed plays something else.
    const other = await both('a', agents, '--seed', '5');
    expect(other.played.summary).toEqual(other.evaluated.summary);
    expect(other.played.summary).not.toEqual(played.summary);
  });

  it('also where prompts are too long, and their oldest turns are left out', async () => {
    await train('short', [...words, 'agent_model.max_prompt_tokens=130']);
    const agents = [await serve('short', 0), await serve('short', 1)].join(',');
    const { evaluated, played, episodes } = await both('short', agents);
    expect(played.summary).toEqual(evaluated.summary);
    const truncated = episodes.flatMap(({ turns }) =>
      turns.flatMap((turn) => turn.agents.map((own) => own.promptTruncated)),
    );
    expect(new Set(truncated)).toEqual(new Set([true, false]));
    expect(episodes).toEqual(await evaluatedEpisodes('short'));
  });
});

/** Two agents that are shown plain text without a template, and rewarded for blanks. */
const textGame = `
const observe = ({ turn }) => ['I', 'L'].map((letter) => ({
  messages: [{ role: 'user', content: \`turn \${turn} of \${letter}:\` }],
  startsAfresh: false,
  format: 'text',
}));
export default {
  name: 'blanks', numAgents: 2, numTurns: 3, earlyTerminationThreshold: null, rewardRange: [0, 24],
  trainItems: [{ id: 'a' }], evalItems: [{ id: 'b' }, { id: 'c' }],
  reset: () => ({ turn: 0 }),
  observe,
  step: ({ turn }, responses) => {
    const reward = responses.join('').split(' ').length - 1;
    return { state: { turn: turn + 1 }, reward, processedReward: reward, components: {}, metrics: {},
      terminated: turn === 2, endedBy: turn === 2 ? 'last_turn' : null, info: {} };
  },
};
`;

describe('agents that are shown plain text', () => {
  it('play the evaluation exactly, too', async () => {
    space.write('blanks.mjs', textGame);
    const { env: _, ...rest } = parse(readFileSync(space.path('run.yaml'), 'utf8'));
    const env = {
      type: 'module',
      path: 'blanks.mjs',
      num_agents: 2,
      num_turns: 3,
      early_termination_threshold: null,
    };
    space.write('text.yaml', stringify({ ...rest, env }));
    await train('text', [], 'text.yaml');
    const { evaluated, played, episodes } = await both(
      'text',
      [await serve('text', 0), await serve('text', 1)].join(','),
    );
    expect(played.summary).toEqual(evaluated.summary);
    expect(episodes).toEqual(await evaluatedEpisodes('text'));
  });
});

describe('one server of all agents', () => {
  it.each([
    ['adapters on one base', 'lora', ['agent_model.lora={r: 2}']],
    ['one model in every role', 'shared', ['agent_model.share=true']],
  ])('plays the evaluation of %s exactly', async (_, name, more) => {
    await train(name, [...words, ...more]);
    const { evaluated, played, episodes } = await both(name, await serve(name, null));
    expect(played.summary).toEqual(evaluated.summary);
    expect(episodes).toEqual(await evaluatedEpisodes(name));
  });
});
