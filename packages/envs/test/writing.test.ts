import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Arxiv,
  arxivTask,
  type DataSource,
  EnvError,
  type Observation,
  scorePair,
  Tldr,
  taskNamed,
  tldrRules,
  tldrTask,
} from '../src/index.js';
import type { Writing, WritingState } from '../src/writing/writing.js';

const promptOf = ({ messages }: Observation) => {
  expect(messages).toHaveLength(1);
  expect(messages[0]?.role).toBe('user');
  return messages[0]?.content ?? '';
};
const first = (env: Writing, seed = 0) => env.reset(env.trainItems[0] as (typeof env.trainItems)[0], seed);

const summary = 'The writer wants to keep a friendship, but not the shared flat.';
const elaboration =
  'After months of unpaid bills and noise, the writer of the post has grown tired of sharing a flat. Moreover, every talk about money ends in silence, although both would lose a deposit if they left.';

describe('an episode of TLDR', () => {
  const env = new Tldr();
  const result = env.step(first(env), [summary, elaboration]);

  it('is one turn of two agents', () => {
    expect(env).toMatchObject({ name: 'tldr', numAgents: 2, numTurns: 1, earlyTerminationThreshold: null });
    expect(env.rewardRange).toEqual([0, 3]);
    expect(env.roles).toHaveLength(2);
    expect(result).toMatchObject({ terminated: true, endedBy: 'last_turn', info: {} });
  });

  it('is scored by the reward, whose components add up', () => {
    const { total, ...parts } = scorePair(tldrRules, summary, elaboration);
    expect(result.reward).toBe(total);
    expect(result.components).toEqual(parts);
    expect(Object.values(result.components).reduce((sum, part) => sum + part)).toBeCloseTo(total, 12);
    expect(total).toBeGreaterThan(2);
  });

  it('logs what the specification lists', () => {
    expect(Object.keys(result.metrics)).toEqual(
      expect.arrayContaining([
        ...['summary_tokens', 'elaboration_tokens', 'summary_chars', 'elaboration_chars'],
        ...['summary_unique_words', 'elaboration_unique_words', 'structure_reward', 'length_reward'],
        ...['diversity_reward', 'jaccard_score', 'jaccard_reward', 'transition_categories'],
        ...['transition_reward', 'gated_total_reward', 'ungated_total_reward', 'length_ratio'],
        ...['tokens_ratio', 'unique_words_ratio', 'optimal_length_rate', 'optimal_unique_words_rate'],
        'has_transition_words_rate',
      ]),
    );
    expect(result.metrics).toMatchObject({
      summary_tokens: 12,
      summary_chars: 63,
      summary_unique_words: 11,
      elaboration_tokens: 36,
      elaboration_chars: 196,
      tokens_ratio: 36 / 12,
      length_ratio: 196 / 63,
      optimal_length_rate: 1,
      optimal_unique_words_rate: 1,
      has_transition_words_rate: 1,
    });
  });

  it('scales, then shifts', () => {
    const scaled = new Tldr({ rewardScale: 2, rewardShift: -1 }).step(first(env), [summary, elaboration]);
    expect(scaled.reward).toBe(result.reward);
    expect(scaled.processedReward).toBe(result.reward * 2 - 1);
  });

  it('measures what the gates leave out of the reward', () => {
    const { reward, metrics } = env.step(first(env), ['short', 'shorter but also']);
    expect(reward).toBe(0);
    expect(metrics).toMatchObject({ gated_total_reward: 0, structure_reward: 0, length_reward: 1 });
    expect(metrics.ungated_total_reward).toBeGreaterThan(1.5);
  });

  it('takes undefined ratios as 0', () => {
    const { reward, metrics } = env.step(first(env), ['', elaboration]);
    expect(reward).toBe(0);
    expect(metrics).toMatchObject({
      length_ratio: 0,
      tokens_ratio: 0,
      unique_words_ratio: 0,
      length_reward: 0,
    });
  });

  it('wants one response per agent', () => {
    expect(() => env.step(first(env), [summary])).toThrow(/1 responses, but tldr has 2 agents/);
  });
});

describe('an episode of arXiv', () => {
  const env = new Arxiv();
  const background = Array.from({ length: 130 }, (_, i) => `term${i}`).join(' ');

  it('logs both texts under their names', () => {
    const { metrics, reward } = env.step(first(env), [background, `${background} so`]);
    expect(metrics).toMatchObject({
      background_tokens: 130,
      complement_tokens: 131,
      background_in_token_range_rate: 1,
      complement_in_token_range_rate: 1,
      acceptable_length_rate: 1,
      acceptable_unique_words_rate: 1,
      transition_reward_scale: 0.4,
    });
    expect(reward).toBeCloseTo(0.5 + 1 + 0.5 + 0.16 + 0.6, 12);
  });

  it.each([
    ['default', 0.5 + 1 + 0.5 + 0.6],
    ['arxiv_wide', 0.5 + 0.5 + 0.5 + 0.6],
    [[0.1, 0.2, 0.3, 1.7], 0.5 + 0.5 + 0.5 + 0.6],
  ] as const)('with the length band %j', (lengthBand, reward) => {
    const responses = [background.padEnd(2000), background.padEnd(lengthBand === 'arxiv_wide' ? 2100 : 2000)];
    expect(new Arxiv({ lengthBand }).step(first(env), responses).reward).toBeCloseTo(reward, 12);
  });
});

describe('prompts', () => {
  const source = 'SOURCE $& of the task';
  const state = (env: Writing): WritingState => env.reset({ id: 'x', source });
  const layout = /^[^\n]+\n\n[^\n]+:\nSOURCE \$& of the task\n\nInstructions:\n(- [^\n]+\n)+$/;

  it.each([new Tldr(), new Arxiv()])('are a task, the source and instructions (%#)', (env) => {
    for (const observation of env.observe(state(env))) {
      expect(promptOf(observation)).toMatch(layout);
      expect(observation).toMatchObject({ startsAfresh: true, format: 'text' });
    }
  });

  it('tell the agents of TLDR neither of each other nor of any number', () => {
    const [short, long] = new Tldr().observe(state(new Tldr())).map(promptOf);
    expect(short).toMatch(/short summary/);
    expect(short).toMatch(/Query:/);
    expect(long).toMatch(/detailed summary/);
    expect(long).toMatch(/Original query:/);
    expect(long).toMatch(/distinct words/);
    expect(long).toMatch(/transition words/);
    for (const prompt of [short, long]) expect(prompt).not.toMatch(/\d|agent|token|character|overlap/i);
  });

  it('tell the agents of arXiv who does what, but no number', () => {
    const [background, methodology] = new Arxiv().observe(state(new Arxiv())).map(promptOf);
    expect(background).toMatch(/Another agent writes about methodology and implications/);
    expect(background).toMatch(/Write about background and motivation only/);
    expect(methodology).toMatch(/Another agent writes about background and motivation/);
    expect(methodology).toMatch(/Write about methodology and implications only/);
    expect(background?.split('\n')[0]).toBe(methodology?.split('\n')[0]);
    for (const prompt of [background, methodology]) expect(prompt).not.toMatch(/\d|token|character|overlap/i);
  });

  it('go through the chat template on request', () => {
    const env = new Tldr({ promptFormat: 'chat' });
    expect(env.observe(state(env)).map(({ format }) => format)).toEqual(['chat', 'chat']);
  });

  it.each([
    [new Tldr(), /10 to 200 tokens/, /two to three times/],
    [new Arxiv(), /128 to 256 tokens/, /equally long/],
  ] as const)('of a single model ask for both texts (%#)', (env, tokens, ratio) => {
    const single = env.singleModel();
    const [prompt, ...others] = single.observe(state(env)).map(promptOf);
    expect(others).toEqual([]);
    expect(prompt).toContain(source);
    expect(prompt).toMatch(/exactly two paragraphs/);
    expect(prompt).toMatch(tokens);
    expect(prompt).toMatch(ratio);
    expect(prompt).toMatch(/exactly \[PARAGRAPH_SPLIT\]\n\nParagraph 1:\n$/);
  });

  it.each([new Tldr(), new Arxiv()])('of protocols show what they say and nothing else (%#)', (env) => {
    const protocols = env.protocols as NonNullable<typeof env.protocols>;
    const pipeline = promptOf(protocols.pipeline(state(env), 1, ['FIRST $1 text']));
    expect(pipeline).toContain(source);
    expect(pipeline).toContain('another agent:\nFIRST $1 text\n');
    for (const agent of [0, 1]) {
      const prompt = promptOf(protocols.discussion(state(env), agent, ['text of 0', 'text of 1']));
      expect(prompt).toContain(source);
      expect(prompt).toMatch(new RegExp(`Your previous [a-z ]+:\ntext of ${agent}\n`));
      expect(prompt).toMatch(new RegExp(`The other agent's [a-z ]+:\ntext of ${1 - agent}\n`));
      expect(prompt).toMatch(/nothing else/);
    }
    expect(env.singleModel().protocols).toBeUndefined();
  });

  it('are answered with the published sampling', () => {
    const team = { temperature: 0.7, topP: 0.9, maxNewTokens: 256 };
    expect(new Tldr().protocols?.sampling).toEqual({ single: { ...team, maxNewTokens: 260 }, team });
    expect(new Arxiv().protocols?.sampling).toEqual({ single: { ...team, maxNewTokens: 512 }, team });
  });
});

describe('a single model', () => {
  const env = new Tldr({ numAgents: 1 });
  const play = (answer: string) => env.step(first(env, 1), [answer]);

  it('is scored like the pair of its paragraphs', () => {
    const { reward, info } = play(`${summary}\n[PARAGRAPH_SPLIT]\n${elaboration}`);
    expect(info).toEqual({ first: summary, second: elaboration, delimited: true });
    expect(reward).toBe(scorePair(tldrRules, summary, elaboration).total);
  });

  it.each([
    ['a[PARAGRAPH_SPLIT]b[PARAGRAPH_SPLIT]c', 'a', 'b[PARAGRAPH_SPLIT]c'],
    ['[PARAGRAPH_SPLIT]', '', ''],
    ['\x1f First Paragraph: a [PARAGRAPH_SPLIT]\u3000PARAGRAPH 2:\n b', 'a', 'b'],
    ['part 1:part 1: a[PARAGRAPH_SPLIT]Second paragraph: 2. b', 'part 1: a', 'b'],
    ['Part 2: a[PARAGRAPH_SPLIT]Part 1: Part 2: b', 'a', 'b'],
    ['Part 2: Part 1: a[PARAGRAPH_SPLIT]2. 1. b', 'Part 1: a', '1. b'],
    ['1. a[PARAGRAPH_SPLIT]2.b', 'a', '2.b'],
    ['1.5 a[PARAGRAPH_SPLIT]Background: b', '1.5 a', 'Background: b'],
  ])('%j', (answer, one, two) => {
    expect(play(answer).info).toEqual({ first: one, second: two, delimited: true });
  });

  it('of arXiv may head its sections', () => {
    const arxiv = new Arxiv().singleModel();
    const answer =
      'Part 1: background and Motivation: 1. a[PARAGRAPH_SPLIT]METHODOLOGY: Methodology and implications: b';
    expect(arxiv.step(first(arxiv), [answer]).info).toMatchObject({
      first: 'a',
      second: 'Methodology and implications: b',
    });
  });

  it.each([
    [new Tldr(), 2, 3],
    [new Arxiv(), 0.9, 1.1],
  ] as const)('is split by chance without a delimiter (%#)', (team, least, most) => {
    const single = team.singleModel();
    const answer = 'wé😀 '.repeat(1000).trim();
    const ratios = Array.from({ length: 40 }, (_, seed) => {
      const { info } = single.step(first(single, seed), [answer]);
      expect(single.step(first(single, seed), [answer]).info).toEqual(info);
      expect(info.delimited).toBe(false);
      expect(`${info.first} ${info.second}`).toBe(answer);
      return [...(info.second as string)].length / [...(info.first as string)].length;
    });
    expect(Math.min(...ratios)).toBeGreaterThan(least - 0.02);
    expect(Math.max(...ratios)).toBeLessThan(most + 0.01);
    expect(new Set(ratios).size).toBeGreaterThan(20);
  });

  it('depends on the item as well as on the seed', () => {
    const answer = 'word '.repeat(1000);
    const splits = env.trainItems
      .slice(0, 10)
      .map((item) => env.step(env.reset(item, 1), [answer]).info.first as string);
    expect(new Set(splits).size).toBeGreaterThan(5);
  });

  it('is cut at the next space or line feed, or at the end', () => {
    expect(play('x'.repeat(50)).info).toMatchObject({ first: 'x'.repeat(50), second: '' });
    expect(play(`${'x'.repeat(50)}\n${'y'.repeat(9)}`).info).toMatchObject({
      first: 'x'.repeat(50),
      second: 'yyyyyyyyy',
    });
    expect(play('').info).toEqual({ first: '', second: '', delimited: false });
  });
});

describe('any answer', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom(
          '[PARAGRAPH_SPLIT]',
          'Part 1:',
          '1. ',
          ' ',
          '\n',
          '\ud800',
          '😀',
          'background:',
          'so',
        ),
        {
          maxLength: 30,
        },
      )
      .map((pieces) => pieces.join('')),
  );

  it.each([new Tldr(), new Arxiv()])('is scored (%#)', (env) => {
    const single = env.singleModel();
    fc.assert(
      fc.property(text, text, (one, two) => {
        for (const { reward, metrics } of [
          env.step(first(env), [one, two]),
          single.step(first(env), [one]),
        ]) {
          expect(reward).toBeGreaterThanOrEqual(0);
          expect(reward).toBeLessThan(2.9801);
          expect(Object.values(metrics).filter((value) => !Number.isFinite(value))).toEqual([]);
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('of a single model may be long', () => {
    const single = new Arxiv().singleModel();
    for (const answer of ['x'.repeat(500_000), '😀 '.repeat(200_000), 'Part 1:'.repeat(70_000)]) {
      expect(single.step(first(single), [answer]).reward).toBe(0);
    }
  });
});

describe('settings', () => {
  it.each([
    [{ numTurns: 2 }, /`numTurns` is 2: tldr has one turn/],
    [{ numAgents: 3 }, /`numAgents` is 3: tldr is written by two agents, or by 1/],
    [{ numAgents: 0 }, /`numAgents` is 0: tldr is written by two agents/],
    [
      { lengthBand: 'arxiv_wide' },
      /`lengthBand` is "arxiv_wide": expected default, or four numbers from 0 up/,
    ],
    [{ lengthBand: [1, 2, 1.5, 3] as const }, /none less than the one before/],
    [{ promptFormat: 'html' as 'chat' }, /`promptFormat`/],
    [{ temperature: 1 } as object, /temperature/],
  ])('%j is refused', (options, message) => {
    expect(() => new Tldr(options)).toThrow(EnvError);
    expect(() => new Tldr(options)).toThrow(message);
  });

  it('are those of the tasks', () => {
    for (const task of [tldrTask, arxivTask]) {
      const { name, summary, hubDataset, readsSlicesOnly } = task;
      expect(taskNamed(name)).toMatchObject({ name, summary, hubDataset, readsSlicesOnly });
      expect(taskNamed(name)?.settings.parse({})).toMatchObject(task.settings.parse({}));
    }
    expect(tldrTask.settings.parse({})).toEqual(new Tldr().settings);
    expect(arxivTask.open({ numAgents: 1 }).numAgents).toBe(1);
    expect(new Arxiv().settings).toMatchObject({
      trainSplit: 'train[:1000]',
      evalSplit: 'val[:1000]',
      rewardScale: 1,
      rewardShift: 0,
      promptFormat: 'text',
      lengthBand: 'default',
    });
  });
});

describe('data', () => {
  const source = (values: readonly Record<string, unknown>[], split = ''): DataSource => ({
    name: 'posts.jsonl',
    splits: new Map([[split, values.map((value, row) => ({ value, where: `posts.jsonl:${row + 1}` }))]]),
  });

  it.each([
    [new Tldr(), /^SUBREDDIT: r\/\w+\n\nTITLE: [^\n]+\n\nPOST: [^[\]{}|]+\n\nTL;DR:$/],
    [new Arxiv(), /^[A-Z][^[\]{}|\n]+\.$/],
  ] as const)('of our own are distinct and the same every time (%#)', (env, format) => {
    expect([env.trainItems.length, env.evalItems.length]).toEqual([200, 60]);
    const all = [...env.trainItems, ...env.evalItems];
    expect(new Set(all.map(({ source: text }) => text)).size).toBe(260);
    expect(new Set(all.map(({ id }) => id)).size).toBe(260);
    for (const { source: text } of all) {
      expect(text).toMatch(format);
      expect(text.split(/\s+/).length).toBeGreaterThan(70);
    }
    expect(env.singleModel().trainItems).toEqual(env.trainItems);
    expect(env.dataReport).toMatchObject({
      source: 'builtin',
      train: { records: 200, items: 200, dropped: [] },
    });
  });

  it('are read from records with or without ids', () => {
    const data = source([
      { prompt: 'a' },
      { prompt: 'b', id: 'given' },
      { prompt: 'c', id: 7n },
      { prompt: 'd' },
    ]);
    const env = new Tldr({ trainSplit: '[:3]', evalSplit: 'test[3:]' }, data);
    expect(env.trainItems).toEqual([
      { id: 'tldr_1', source: 'a' },
      { id: 'given', source: 'b' },
      { id: '7', source: 'c' },
    ]);
    expect(env.evalItems).toEqual([{ id: 'tldr_test_4', source: 'd' }]);
    expect(env.dataReport.eval.remarks).toEqual([]);
  });

  it('are dropped and counted where blank', () => {
    const data = source([{ prompt: 'a' }, { prompt: ' \u3000' }, { prompt: null }], 'train');
    const env = new Tldr({ evalSplit: null }, data);
    expect(env.evalItems).toEqual([]);
    expect(env.dataReport.train).toEqual({
      records: 3,
      items: 1,
      dropped: [{ reason: '`prompt` is blank', count: 2, examples: ['posts.jsonl:2', 'posts.jsonl:3'] }],
      remarks: [],
    });
  });

  it('say when a file without splits is trained on and evaluated on', () => {
    const { dataReport } = new Tldr({}, source([{ prompt: 'a' }, { prompt: 'b' }]));
    expect(dataReport.eval.remarks).toEqual([
      { reason: 'also a training item', count: 2, examples: ['posts.jsonl:1', 'posts.jsonl:2'] },
    ]);
  });

  it.each([
    [
      [{ prompt: 'a' }, { text: 'b' }],
      /posts\.jsonl:2: the field `prompt` must be a text, but it is missing/,
    ],
    [[{ prompt: 5 }], /posts\.jsonl:1: the field `prompt` must be a text, but it is 5/],
    [[{ prompt: 'a', id: [] }], /posts\.jsonl:1: the field `id` must be a text/],
    [
      [
        { prompt: 'a', id: 'x' },
        { prompt: 'b', id: 'x' },
      ],
      /posts\.jsonl:2: the id "x" stands at posts\.jsonl:1/,
    ],
    [[{ prompt: '' }], /`train\[:1000\]` leaves no items: it selects 1 of 1 records of posts\.jsonl/],
    [[], /leaves no items/],
  ])('with faults are refused: %#', (records, message) => {
    expect(() => new Tldr({}, source(records))).toThrow(EnvError);
    expect(() => new Tldr({}, source(records))).toThrow(message);
  });

  it('without the split are refused', () => {
    const data: DataSource = {
      name: 'trl-lib/tldr',
      splits: new Map([
        ['train', [{ value: { prompt: 'a' }, where: 'x:1' }]],
        ['validation', []],
      ]),
    };
    expect(() => new Tldr({}, data)).toThrow(
      /names the split "test", but trl-lib\/tldr has "train", "validation"/,
    );
  });

  it('of items to be scored need no source', () => {
    expect(new Arxiv().readItem({ id: 'a1', note: 'anything' })).toEqual({ id: 'a1', source: '' });
    expect(new Arxiv().readItem({ abstract_text: 'text' })).toEqual({ id: 'arxiv', source: 'text' });
    expect(() => new Arxiv().readItem({ abstract_text: 1 })).toThrow(/`abstract_text` must be a text/);
  });
});
