import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

type Scored = Record<string, unknown> & { turns: Record<string, unknown>[]; return: number; error: string };

/** Scores cases; texts are lines as they are. */
const score = async (cases: readonly (object | string)[], ...args: string[]) => {
  const lines = cases.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  space.write('cases.jsonl', `${lines.join('\n')}\n`);
  const { code, out, err } = await space.collm(['score', 'str_build', '--input', 'cases.jsonl', ...args]);
  return {
    code,
    err,
    scored: out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Scored),
  };
};

const all = Array.from({ length: 5 }, (_, y) => `/setblock 0 ${y} 0 stone`).join('\n');
const item = { string: 'I' };

describe('collm score', () => {
  it('scores a case turn by turn, and passes other keys through', async () => {
    const cases = [
      {
        item,
        turns: [
          ['', ''],
          ['', all],
        ],
        seed: 7,
        note: { kept: [1, null] },
      },
      { item: 'str_build_0004', turns: [['/setblock 0 0 0 stone', 'hello']] },
      { item, turns: [], error: 'my own' },
    ];
    const { code, scored, err } = await score(cases, '--set', 'env.num_turns=2', '--discount', '0.5');
    expect(code, err).toBe(0);
    const [first, second, third] = scored;
    expect(first).toMatchObject({ seed: 7, note: { kept: [1, null] } });
    expect(Object.keys(first ?? {})).toEqual(['seed', 'note', 'turns', 'return']);
    expect(first?.turns[0]).toMatchObject({
      reward: -0.5,
      components: { coverage: 0, extra: 0, adjacency: 0, palette: -0.5 },
      processed_reward: -2.5,
      ended_by: null,
      feedback: [expect.stringContaining('agent 1'), expect.any(String)],
    });
    expect(first?.turns[1]).toMatchObject({ feedback: null, ended_by: 'last_turn' });
    const rewards = first?.turns.map(({ reward }) => reward as number) ?? [];
    expect(first?.return).toBe((rewards[0] as number) + 0.5 * (rewards[1] as number));
    expect(second?.turns[0]).toMatchObject({ metrics: { covered: 1, agent_1_accepted: 1 } });
    expect(third).toEqual({ error: 'my own', turns: [], return: 0 });
  });

  it('goes on after an end by the threshold, whose feedback is null', async () => {
    const turns = [
      ['', ''],
      ['', ''],
    ];
    const { scored } = await score([{ item, turns }], '--set', 'env.early_termination_threshold=-3');
    expect(scored[0]?.turns).toMatchObject([
      { reward: -0.5, feedback: null, ended_by: 'threshold' },
      { reward: -0.5, feedback: null, ended_by: 'threshold' },
    ]);
  });

  it('names the line of a case that it cannot score, and goes on', async () => {
    const bad: [object | string, RegExp][] = [
      ['nope', /the line is no JSON/],
      ['[1]', /must be an object/],
      [`{"item":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /deeper than/],
      ['{"item":{"string":"I"},"turns":[["",""]],"__proto__":{"x":1}}', /`__proto__` is not allowed/],
      [{ turns: [['', '']] }, /`item` must be a record of the data/],
      [{ item: 'nobody', turns: [] }, /no item of that id. Some that it has: "str_build_0009"/],
      [{ item: { word: 'x' }, turns: [] }, /`string` must be a text/],
      [{ item }, /`turns` must be a list/],
      [
        { item, turns: [['', ''], ['']] },
        /turn 2 must be a list of 2 texts, one per agent, but it is \[""\]/,
      ],
      [{ item, turns: [['', 1]] }, /turn 1 must be a list of 2 texts, one per agent, but it is \["",1\]/],
      [{ item, turns: ['ab'] }, /turn 1 must be a list of 2 texts, .* but it is "ab"/],
      [
        { item, turns: Array(5).fill(['', '']) },
        /has 5 turns, but an episode of str_build has 4\. .*`env.num_turns`/,
      ],
      [{ item, turns: [], seed: 1.5 }, /`seed` is 1.5, but must be a whole number/],
    ];
    const good = { item, turns: [['', '']] };
    const cases = bad.flatMap(([one]) => [one, good]);
    const { code, scored, err } = await score(cases);
    expect(code).toBe(1);
    expect(scored.length).toBe(cases.length);
    bad.forEach(([, message], index) => {
      expect(scored[2 * index]?.error).toMatch(message);
      expect(scored[2 * index]?.error).toMatch(new RegExp(`^cases.jsonl:${2 * index + 1}: `));
      expect(scored[2 * index + 1]?.turns[0]).toMatchObject({ reward: -0.5 });
    });
    expect(err).toContain('13 of 26 cases could not be scored');
  });

  it('keeps the other keys of a bad case, and skips blank lines', async () => {
    const { scored } = await score([{ item, name: 'a' }, '', '  \r', { item, turns: [], name: 'b' }]);
    expect(scored).toEqual([
      { name: 'a', error: expect.stringMatching(/^cases.jsonl:1: /) },
      { name: 'b', turns: [], return: 0 },
    ]);
  });

  it('scores answers of any bytes', async () => {
    const texts = [
      '\u0000\ud800\uffff',
      '`'.repeat(10_000),
      '/setblock '.repeat(5000),
      '\u2028/setblock 0 0 0 stone',
    ];
    const { code, scored } = await score(texts.map((text) => ({ item, turns: [[text, text]] })));
    expect(code).toBe(0);
    expect(scored.map(({ turns }) => Number.isFinite(turns[0]?.reward))).toEqual(Array(4).fill(true));
    const line = Buffer.from(
      '{"item":{"string":"I"},"turns":[["\xff",""]]}\n{"item":{"string":"I"},"turns":[]}',
      'latin1',
    );
    writeFileSync(space.path('bytes.jsonl'), line);
    const { out } = await space.collm(['score', 'str_build', '--input', 'bytes.jsonl']);
    expect(
      out
        .split('\n')
        .slice(0, 2)
        .map((text) => JSON.parse(text)),
    ).toEqual([
      { error: expect.stringMatching(/^bytes.jsonl:1: the line is not UTF-8/) },
      { turns: [], return: 0 },
    ]);
  });

  it('reads standard input, however it is cut', async () => {
    const text = Buffer.from(`${JSON.stringify({ item, turns: [['é', '']], id: 'é' })}\n`.repeat(50));
    let out = '';
    const code = await main(['score', 'str_build', '--input', '-'], {
      stdout: { write: (piece) => (out += piece) },
      stderr: { write: () => true },
      async *input() {
        for (let at = 0; at < text.length; at += 7) yield text.subarray(at, at + 7);
      },
    });
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(Array(50).fill('é'));
  });

  it('keeps the order of cases that take longer than others', async () => {
    space.write(
      'slow.mjs',
      `const step = async (state, [text]) => {
        await new Promise((done) => setTimeout(done, Number(text)));
        return { state, reward: Number(text), processedReward: 0, components: {}, metrics: {}, terminated: true, info: {} };
      };
      export default { name: 'slow', numAgents: 1, numTurns: 1, earlyTerminationThreshold: null, rewardRange: [0, 100],
        trainItems: [{ id: 'a' }], evalItems: [], reset: () => ({}), observe: () => [], step };`,
    );
    const waits = Array.from({ length: 40 }, (_, i) => (i % 7) * 3);
    space.write(
      'cases.jsonl',
      waits.map((wait) => JSON.stringify({ item: 'a', turns: [[`${wait}`]] })).join('\n'),
    );
    const { out, code, err } = await space.collm(['score', 'slow.mjs', '--input', 'cases.jsonl']);
    expect(code, err).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Scored);
    expect(lines.map((line) => line.return)).toEqual(waits);
    expect(lines[0]?.turns[0]?.ended_by).toBe('environment');
  });

  it("takes a task's preset, and the reference's spelling of a feedback mode", async () => {
    const house = {
      inventory: { C: 'stone', A: 'air' },
      target_spec: { layers: [{ y: 0, rows: ['CA', 'CA'] }] },
    };
    space.write(
      'cases.jsonl',
      JSON.stringify({ item: house, turns: [['/fill 0 0 0 1 0 1 stone', '/kill']] }),
    );
    const settings = ['--set', 'env.preset=paper', '--set', 'env.feedback=score-feedback'];
    const { code, out, err } = await space.collm([
      ...['score', 'house_build', '--input', 'cases.jsonl'],
      ...[...settings, '--set', 'env.limited_resource=false'],
    ]);
    expect(code, err).toBe(0);
    const { turns } = JSON.parse(out) as Scored;
    // Two of two planned cells, and two where the plan has air: 2 · 1 - 1.5 · 1, and no shift.
    expect(turns[0]).toMatchObject({ reward: 0.5, processed_reward: 0.5, ended_by: null });
    expect(turns[0]?.feedback).toEqual([
      expect.stringContaining('Previous reward: 0.5000'),
      expect.any(String),
    ]);
  });

  it.each([
    [
      ['score', 'strbuild', '--input', 'x'],
      /no environment `strbuild`. Did you mean str_build\? There are tldr/,
    ],
    [['score', 'str_build', '--input', 'x'], /`--input x` cannot be read \(ENOENT/],
    [['score', 'str_build', '--input', 'x', '--set', 'train.seed=1'], /only keys of `env` count here/],
    [
      ['score', 'str_build', '--input', 'x', '--set', 'env.num_turn=1'],
      /`env.num_turn` is not a known key.*num_turns/s,
    ],
    [['score', 'str_build', '--input', 'x', '--set', 'env.num_turns=9'], /`env.num_turns` is 9, but must be/],
    [
      ['score', 'house_build', '--input', 'x', '--set', 'env.spider=3'],
      /`env.spider` is 3, but must be a section with keys of its own/,
    ],
    [
      ['score', 'str_build', '--input', 'x', '--set', 'env.dataset=no.csv'],
      /There is no data file or folder `.*no\.csv`/,
    ],
    [['score', 'str_build', '--input', 'x', '--discount', '2'], /must be a number from 0 to 1/],
    [['score', 'str_build'], /--input/],
  ])('%j is refused', async (args, message) => {
    const { code, err } = await space.collm(args);
    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});
