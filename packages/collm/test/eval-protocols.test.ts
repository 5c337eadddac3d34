/** `collm eval --protocols` on teams without language models. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTeam } from './fake-team.js';
import { Workspace } from './workspace.js';

/** A task of two turns and two items, for a team or one model. `correct` says whether everybody answered. */
const ownTask = `
const make = (numAgents, alone) => ({
  name: 'own',
  numAgents,
  numTurns: 1,
  earlyTerminationThreshold: null,
  rewardRange: [0, 2],
  trainItems: [{ id: 'c' }],
  evalItems: [{ id: 'a' }, { id: 'b' }],
  reset: (item) => item,
  observe: () => Array.from({ length: numAgents }, () => ({ messages: [{ role: 'user', content: 'go' }], startsAfresh: true })),
  step: (state, responses) => ({
    state, reward: 1, processedReward: 1, components: {}, metrics: { answers: responses.length, correct: state.id === 'a' ? 1 : 0 },
    terminated: true, info: {},
  }),
  ...alone,
  protocols: {
    pipeline: () => ({ messages: [{ role: 'user', content: 'after' }], startsAfresh: true }),
    discussion: () => ({ messages: [{ role: 'user', content: 'talk' }], startsAfresh: true }),
    sampling: {
      single: { temperature: 0.7, topP: 0.9, maxNewTokens: 150 },
      team: { temperature: 0.8, topP: 0.95, maxNewTokens: 90 },
    },
  },
  dispose: async () => { globalThis.ownDisposed = (globalThis.ownDisposed ?? 0) + 1; },
});
export default ({ alone = true }) => make(2, alone ? { singleModel: () => make(1, {}) } : {});
`;
const ownYaml = `
env: { type: module, path: own.mjs, num_agents: 2, num_turns: 1 }
agent_model: { path: model }
algorithm: { name: magrpo }
train: { eval_temperature: 1, max_new_tokens: 100, eval_generations: 3 }
`;

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  space.write('own.mjs', ownTask);
  space.write('own.yaml', ownYaml);
  const train = (name: string, ...set: string[]) =>
    space.collm([
      ...['train', 'run.yaml', '--name', name, '--set', 'train.max_steps=1'],
      ...set.flatMap((one) => ['--set', one]),
    ]);
  await train('a');
  await train('single', 'env.num_agents=1', 'algorithm={name: grpo}');
  await train('greedy', 'train.eval_temperature=0', 'train.eval_generations=1');
  await train('long', 'env.num_turns=3');
});
afterAll(() => space[Symbol.dispose]());

interface Printed {
  readonly items: string[];
  readonly interrupted: boolean;
  readonly notes: string[];
  readonly columns: { title: string }[];
  readonly protocols: {
    name: string;
    models: string[];
    agents: number;
    step?: number;
    error?: string;
    sampling: object;
    episodes: number;
    wanted: number;
    episodesPerItem: number;
    summary: Record<string, { mean: number; standardError: number; count: number }>;
    table: Record<string, { mean: number; count: number }>;
  }[];
}

async function compare(args: readonly string[], team = fakeTeam()) {
  const { code, out, err } = await space.collm(['eval', ...args, '--json'], team);
  return { code, err, printed: JSON.parse(out) as Printed };
}

const row = ({ protocols }: Printed, name: string) => {
  const found = protocols.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
};

describe('a comparison', () => {
  it('plays every protocol and every run on the same items, and says what it cost', async () => {
    const list = 'raw,parallel,pipeline,discussion,trained:runs/a,trained:runs/single';
    const { code, err, printed } = await compare(['runs/a', '--protocols', list]);
    expect(code, err).toBe(0);
    expect(printed.items).toEqual(['str_build_0009', 'str_build_0010']);
    // The fakes say one token a call: agents x rounds x two turns.
    const tokens = printed.protocols.map(({ name, agents, summary }) => [name, agents, summary.tokens?.mean]);
    expect(tokens).toEqual([
      ['raw', 1, 2],
      ['parallel', 2, 4],
      ['pipeline', 2, 4],
      ['discussion', 2, 8],
      ['trained:runs/a', 2, 4],
      ['trained:runs/single', 1, 2],
    ]);
    for (const { episodes, wanted, episodesPerItem, table } of printed.protocols) {
      expect([episodes, wanted, episodesPerItem]).toEqual([6, 6, 3]);
      expect(Object.keys(table)).toEqual(['time (s)', 'tokens', 'score (%)', 'Adj', 'IoU']);
    }
    expect(err).toMatch(/^raw: 6 episodes\nraw: done in 0 s\nparallel: 6 episodes\n/);
    expect(printed.notes).toEqual([]);
  });

  it('gives for a trained run what its evaluation gives', async () => {
    const plain = JSON.parse((await space.collm(['eval', 'runs/a', '--json', '--seed', '7'])).out);
    const { printed } = await compare(['--protocols', 'trained:runs/a', '--seed', '7', '--batch-size', '4']);
    const { summary, step } = row(printed, 'trained:runs/a');
    expect(step).toBe(plain.step);
    expect(summary).toMatchObject(plain.summary);
    expect(summary.iou?.count).toBe(6);
  });

  it('plays a greedy run once an item, and untrained models as its configuration evaluates', async () => {
    const list = 'parallel,trained:runs/greedy,trained:runs/a';
    const { printed } = await compare(['run.yaml', '--protocols', list, '--episodes', '4', '--items', '1']);
    expect(printed.items).toHaveLength(1);
    expect(printed.protocols.map(({ episodesPerItem }) => episodesPerItem)).toEqual([4, 1, 4]);
    expect(row(printed, 'trained:runs/greedy').sampling).toMatchObject({ greedy: true });
    expect(row(printed, 'parallel').sampling).toEqual({
      ...{ temperature: 1, topK: null, topP: 1, maxNewTokens: 256, greedy: false },
    });
  });

  it('takes a sampling for all', async () => {
    const set = ['--temperature', '0.5', '--top-p', '0.9', '--max-new-tokens', '20', '--episodes', '1'];
    const { printed } = await compare(['--protocols', 'raw,trained:runs/greedy', ...set]);
    for (const { sampling } of printed.protocols) {
      expect(sampling).toMatchObject({ temperature: 0.5, topP: 0.9, maxNewTokens: 20, greedy: false });
    }
  });

  it('lets another model play alone', async () => {
    const { code, printed } = await compare([
      'runs/a',
      '--protocols',
      'raw,parallel',
      '--raw-model',
      './model',
    ]);
    expect(code).toBe(0);
    expect(row(printed, 'raw').models).toEqual(['model']);
    const { code: missing, err } = await space.collm([
      ...['eval', 'runs/a', '--protocols', 'raw', '--raw-model', './none'],
    ]);
    expect(err).toMatch(/none, but there is no such folder/);
    expect(missing).toBe(1);
  });

  it('says where a run plays by other settings', async () => {
    const { printed } = await compare(['runs/a', '--protocols', 'parallel,trained:runs/long']);
    expect(printed.notes).toEqual([
      'trained:runs/long has other settings of the task: env.num_turns 3, not 2',
    ]);
  });
});

describe('a task of its own', () => {
  it('samples untrained models as it says, and reports pass@k', async () => {
    const before = Number(Reflect.get(globalThis, 'ownDisposed') ?? 0);
    const { code, err, printed } = await compare(['own.yaml', '--protocols', 'raw,discussion']);
    expect(code, err).toBe(0);
    expect(Reflect.get(globalThis, 'ownDisposed')).toBe(before + 1);
    // One model may write what a team may, 2 x 100 tokens, and at most what the task says.
    expect(printed.protocols.map(({ sampling }) => sampling)).toEqual([
      { temperature: 0.7, topP: 0.9, maxNewTokens: 150, topK: null, greedy: false },
      { temperature: 0.8, topP: 0.95, maxNewTokens: 90, topK: null, greedy: false },
    ]);
    const titles = ['time (s)', 'tokens', 'score (%)', 'answers', 'pass@1', 'pass@3'];
    expect(printed.columns.map(({ title }) => title)).toEqual(titles);
    expect(row(printed, 'raw').table).toMatchObject({
      answers: { mean: 1, count: 6 },
      'pass@3': { mean: 50, count: 2 },
      'score (%)': { mean: 50 },
    });
  });

  it('is disposed of by the evaluation of one run, too', async () => {
    await space.collm(['train', 'own.yaml', '--name', 'own', '--set', 'train.max_steps=1']);
    const before = Number(Reflect.get(globalThis, 'ownDisposed') ?? 0);
    expect((await space.collm(['eval', 'runs/own'])).code).toBe(0);
    expect(Reflect.get(globalThis, 'ownDisposed')).toBe(before + 1);
  });

  it('without a form for one model has no raw', async () => {
    space.write('team.yaml', ownYaml.replace('num_turns: 1', 'num_turns: 1, options: { alone: false }'));
    const { code, err } = await space.collm(['eval', 'team.yaml', '--protocols', 'raw']);
    expect(err).toMatch(/The task own cannot be done by one model alone, so it has no protocol raw/);
    expect(code).toBe(2);
  });
});

describe('the table', () => {
  const args = ['eval', 'own.yaml', '--protocols', 'raw,pipeline', '--episodes', '1'];

  it('as markdown', async () => {
    const { out } = await space.collm([...args, '--markdown']);
    expect(out.replace(/\| \d+\.\d\d ± \d+\.\d\d \|/g, '| TIME |')).toBe(`\
| protocol | time (s) | tokens | score (%) | answers | pass@1 |
| --- | ---: | ---: | ---: | ---: | ---: |
| raw | TIME | 1.0 ± 0.0 | 50.0 ± 0.0 | 1.000 ± 0.000 | 50.0 ± 50.0 |
| pipeline | TIME | 2.0 ± 0.0 | 50.0 ± 0.0 | 2.000 ± 0.000 | 50.0 ± 50.0 |

- own, 2 evaluation items, seed 42, batch size 1. Mean ± standard error over items.
- time (s): seconds of generation an episode takes where agents that need not wait for each other work side by side.
- tokens: generated in an episode, by all calls.
- score (%): reward on the scale from lowest (0) to highest (100) possible, mean over turns.
- raw: model; temperature 0.7, top-p 0.9, at most 150 tokens a response; 1 episode per item.
- pipeline: model; temperature 0.8, top-p 0.95, at most 90 tokens a response; 1 episode per item.
`);
  });

  it('for a terminal', async () => {
    const { out } = await space.collm([...args, '--batch-size', '2']);
    expect(out).toMatch(/│ protocol +│ +time \(s\) │ +tokens │ +score \(%\) │/);
    expect(out).toMatch(/│ pipeline │ +\d+\.\d\d ± \d+\.\d\d │ 2\.0 ± 0\.0 │ 50\.0 ± 0\.0 │/);
    expect(out).toMatch(/\nEvery episode of a batch is booked the time of the whole batch\.\n/);
  });
});

describe('what goes wrong', () => {
  it.each([
    [
      ['--protocols', 'raw,duel,fly'],
      /"duel" and "fly" are no protocols. Known are raw, parallel, pipeline, discussion and trained:<run>/,
    ],
    [['--protocols', 'trained'], /"trained" is no protocol/],
    [['--protocols', ','], /names none/],
    [['--protocols', 'raw,raw'], /names raw twice/],
    [['--protocols', 'raw'], /Nothing says which task to play/],
    [
      ['runs/a', 'runs/single', '--protocols', 'raw'],
      /`runs\/a` is no configuration file, and stands beside other arguments/,
    ],
    [
      ['runs/single', '--protocols', 'pipeline'],
      /protocol pipeline is for a team, but str_build has one agent/,
    ],
    [
      ['own.yaml', '--protocols', 'raw,trained:runs/a'],
      /runs\/a plays str_build, but the comparison is on .*own.mjs/,
    ],
    [['runs/a', '--protocols', 'raw', '--json', '--markdown'], /Choose one/],
    [['runs/a', '--items', '2', '--top-p', '0.5'], /`--items`, `--top-p` go with `--protocols <list>`/],
    [['runs/a', 'runs/b'], /`runs\/b` is one run too many/],
  ])('%j is a usage error', async (args, text) => {
    const { code, err } = await space.collm(['eval', ...args]);
    expect(err).toMatch(text);
    expect(code).toBe(2);
  });

  it('a run that evaluates on other items', async () => {
    await space.collm([
      ...['train', 'run.yaml', '--name', 'others', '--set', 'env.eval_split="[7:9]"'],
      ...['--set', 'train.max_steps=1'],
    ]);
    const { code, err } = await space.collm(['eval', 'runs/a', '--protocols', 'raw,trained:runs/others']);
    expect(err).toMatch(/trained:runs\/others cannot be compared: 1 of the 2 items, str_build_0010 first/);
    expect(code).toBe(2);
  });

  it('a run that is missing is noticed before anything plays', async () => {
    const { code, out, err } = await space.collm([
      'eval',
      'run.yaml',
      '--protocols',
      'raw,trained:runs/none',
    ]);
    expect(err).toMatch(/There is no run \S*none/);
    expect([code, out]).toEqual([1, '']);
  });

  it('a protocol that fails leaves the others', async () => {
    // Per agent: two episodes of two turns in parallel, then as many calls again until the discussion breaks.
    const team = fakeTeam({ failAfter: 9 });
    const list = ['--protocols', 'parallel,pipeline,discussion,raw', '--episodes', '1'];
    const { code, err, printed } = await compare(['runs/a', ...list], team);
    expect(code).toBe(1);
    expect(printed.protocols.map(({ name, error }) => [name, error !== undefined])).toEqual([
      ['parallel', false],
      ['pipeline', false],
      ['discussion', true],
      ['raw', false],
    ]);
    expect(row(printed, 'discussion').error).toMatch(
      /^The agent failed to answer in the protocol discussion .*\n.*out of memory$/,
    );
    expect(err).toMatch(/\ndiscussion failed: The agent failed/);
    const { out } = await space.collm(['eval', 'runs/a', ...list], fakeTeam({ failAfter: 9 }));
    expect(out).toMatch(/│ discussion \(failed\) │/);
    expect(out).toMatch(/\ndiscussion: .*; failed: The agent failed .*, because: out of memory\.\n/);
  });

  it('Ctrl+C ends with what is done', async () => {
    const listeners = process.listenerCount('SIGINT');
    let acts = 0;
    const interrupting = fakeTeam({
      onAct: () => {
        acts += 1;
        // In the second episode of pipeline: 2 items x 2 turns x 2 agents are parallel's.
        if (acts === 8 + 4 + 1) process.emit('SIGINT');
      },
    });
    const list = ['--protocols', 'parallel,pipeline,discussion', '--episodes', '1'];
    const { code, err, printed } = await compare(['runs/a', ...list], interrupting);
    expect(code).toBe(130);
    expect(printed.interrupted).toBe(true);
    expect(printed.protocols.map(({ name, episodes, wanted }) => [name, episodes, wanted])).toEqual([
      ['parallel', 2, 2],
      ['pipeline', 1, 2],
    ]);
    expect(err).toMatch(/Stopping after this turn[\s\S]*pipeline: stopped after 1 episode /);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });
});
