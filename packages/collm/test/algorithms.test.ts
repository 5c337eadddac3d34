/** The command line around every algorithm, on teams without language models. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Curve, learningCharts } from '../src/report/charts.js';
import { escapeHtml } from '../src/report/escape.js';
import { readMetrics } from '../src/run-store/records.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

const assignments = (values: readonly string[]) => values.flatMap((text) => ['--set', text]);

async function run(name: string, algorithm: string, set: readonly string[] = []) {
  const steps = [
    'train.max_steps=2',
    'train.eval_interval=1',
    `algorithm={name: ${algorithm}, num_generations: 2}`,
  ];
  const args = ['train', 'run.yaml', '--name', name, ...assignments([...steps, ...set])];
  return space.collm(args);
}

const folders = (name: string) =>
  readdirSync(space.path('runs', name, 'checkpoints/step-000002')).filter((one) => one !== 'state.json');

/** The curves that a report shows under a title; undefined where it has none. */
function curves(name: string, title: string): Curve[] | undefined {
  const chart = learningCharts(readMetrics(space.path('runs', name))).find((one) => one.title === title);
  const html = readFileSync(space.path('runs', name, 'report.html'), 'utf8');
  expect(html.includes(`<strong>${escapeHtml(title)}</strong>`)).toBe(chart !== undefined);
  return chart?.curves.slice();
}

describe('every algorithm', () => {
  const team = ['agent-0', 'agent-1'];
  const head = ['algorithm.use_separate_critic=false'];
  const single = ['env.num_agents=1'];
  it.each([
    ['collm_cc', [], [...team, 'critic'], ['critic']],
    ['collm_dc', [], [...team, 'critic-0', 'critic-1'], ['critic 1', 'critic 2']],
    ['collm_dc', head, team, ['agent 1', 'agent 2']],
    ['ac', single, ['agent-0', 'critic'], ['critic']],
    ['ac', [...single, ...head], ['agent-0'], ['agent 1']],
    ['mareinforce', [], team, undefined],
    ['magrpo', [], team, undefined],
    ['marloo', [], team, undefined],
    ['maremax', ['algorithm.max_source=greedy'], team, undefined],
    ['grpo', single, ['agent-0'], undefined],
  ] as const)(
    '%s with %j trains, resumes, evaluates and reports',
    async (algorithm, set, saved, valueCurves) => {
      const name = `${algorithm}-${set.length}-${set.at(-1)?.slice(0, 3) ?? ''}`;
      const { code, err } = await run(name, algorithm, set);
      expect(err).toContain('Finished after step 2');
      expect(code).toBe(0);
      expect(folders(name)).toEqual(saved);
      expect(curves(name, 'Value loss')?.map(({ label }) => label)).toEqual(valueCurves);
      expect((await space.collm(['train', '--resume', `runs/${name}`])).code).toBe(0);
      const evaluated = await space.collm(['eval', `runs/${name}`, '--checkpoint', 'last', '--json']);
      expect(evaluated.code, evaluated.err).toBe(0);
      const trained =
        readMetrics(space.path('runs', name)).findLast(({ kind }) => kind === 'eval')?.metrics ?? {};
      expect(JSON.parse(evaluated.out).summary.return.mean).toBe(trained['eval/return']);
    },
  );

  it('saves weights that several roles share once', async () => {
    const { code, err } = await run('shared', 'collm_cc', ['agent_model.share=true']);
    expect(code, err).toBe(0);
    expect(folders('shared')).toEqual(['agent-0', 'critic']);
    expect((await space.collm(['eval', 'runs/shared', '--json'])).code).toBe(0);
  });
});

describe('the target return', () => {
  it('is reported with what it took', async () => {
    await run('easy', 'magrpo', ['train.target_return=-1000']);
    const { out } = await space.collm(['report', 'runs/easy']);
    expect(out).toMatch(/report.html\nA return of -1000.0 was reached after 0 environment steps\.\n$/);
    expect(readFileSync(space.path('runs/easy/report.html'), 'utf8')).toContain(
      'was reached after 0 environment',
    );
  });

  it('is reported when it was not reached, and not when there is none', async () => {
    await run('hard', 'magrpo', ['train.target_return=1000']);
    expect((await space.collm(['report', 'runs/hard'])).out).toMatch(/1000.0 has not been reached/);
    await run('none', 'magrpo');
    expect((await space.collm(['report', 'runs/none'])).out).toMatch(/report.html\n$/);
  });
});

describe('diagnostics', () => {
  it('are drawn for the steps that measured', async () => {
    const set = ['train.diagnostics_interval=2', 'train.diagnostics_rollouts=2', 'train.max_steps=3'];
    const { code, err } = await run('measured', 'collm_dc', set);
    expect(code, err).toBe(0);
    const variances = curves('measured', 'Gradient variance') ?? [];
    expect(variances.map(({ label }) => label)).toEqual(['agent 1', 'agent 2']);
    for (const { points } of variances) expect(points.map(({ x }) => x)).toEqual([1, 3]);
    expect(curves('measured', "Drift of the other agents' policies")).toHaveLength(2);
  });
});

describe('warm-ups', () => {
  it('that outlast the items are refused before anything starts', async () => {
    const set = ['train.warmup_steps=9', 'train.max_steps=null', 'train.num_train_epochs=1'];
    const { code, err } = await run('warm', 'magrpo', set);
    expect(code).toBe(1);
    expect(err).toMatch(/`train.warmup_steps` is 9, but 8 items over 1 epochs are 2 steps at most/);
  });
});
