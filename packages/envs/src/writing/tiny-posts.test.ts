import { describe, expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.js';
import { scorePair } from './reward.js';
import { tldrRules } from './rules.js';
import { tinyPosts, uncoordinatedSummary } from './tiny-posts.js';
import { Arxiv, Tldr } from './writing.js';

const env = new Tldr({ dataset: 'tiny', promptStyle: 'compact' });
const items = [...env.trainItems, ...env.evalItems];
const texts = (of: Tldr | Arxiv, index = 0) =>
  of
    .observe(of.reset(of.trainItems[index] as (typeof of.trainItems)[0]))
    .map(({ messages }) => messages[0]?.content);

describe('tiny posts', () => {
  it('are 64 and 32, always the same, all different and short', () => {
    expect([env.trainItems.length, env.evalItems.length, env.dataReport.source]).toEqual([64, 32, 'tiny']);
    expect(new Set(items.map(({ source }) => source)).size).toBe(96);
    expect(items[0]?.source).toBe(
      'my brother took the cake from our house this morning, it was new but i liked it. now i cannot sleep, and nobody here will talk about that. should i ask for money, or is it best to forget everything?',
    );
    expect(tinyPosts()).toEqual(tinyPosts());
    const words = items.map(({ source }) => source.split(' ').length);
    expect(Math.max(...words)).toBeLessThanOrEqual(46);
    const all = new Set(items.flatMap(({ source }) => source.match(/\w+/g) ?? []));
    expect(all.size).toBeLessThan(90);
  });

  it('can be retold for all but the last transitions of the best reward', () => {
    for (const { source } of items) {
      const clauses = source.split(/[,.?]\s*/);
      const summary = `${clauses[0]}`.split(' ').slice(0, 10).join(' ');
      const words =
        `${clauses[0]} however for example ${clauses[1]} indeed if ${clauses[2]} then because of this`.split(
          ' ',
        );
      while (words.join(' ').length > 3.2 * summary.length) words.pop();
      const elaboration = words.join(' ');
      const { structure, length, vocabulary, transitions, overlap } = scorePair(
        tldrRules,
        summary,
        elaboration,
      );
      expect([structure, length, vocabulary, overlap], source).toEqual([0.5, 1, 0.5, 0.6]);
      expect(transitions, source).toBeGreaterThan(0.25);
    }
  });
});

describe('uncoordinated summaries', () => {
  const random = seededRandom(1);
  const source = items[0]?.source as string;
  const drawn = Array.from({ length: 2000 }, () => uncoordinatedSummary(source, random));

  it('have a number of words that says nothing of the role, and the words of the post', () => {
    const counts = drawn.map((text) => text.split(' ').length);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([6, 30]);
    for (const words of [6, 18, 30]) {
      const share = counts.filter((count) => count === words).length / counts.length;
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.06);
    }
    const known = new Set([
      ...(source.match(/\w+/g) ?? []),
      ...'however then for example indeed because of this if'.split(' '),
    ]);
    for (const text of drawn) for (const word of text.split(' ')) expect(known.has(word), word).toBe(true);
  });

  it('have transition words half of the time', () => {
    const connected = drawn.filter((text) => /however|for example|indeed|because/.test(text)).length;
    expect(connected / drawn.length).toBeGreaterThan(0.35);
    expect(connected / drawn.length).toBeLessThan(0.55);
  });

  it('earn a third of the best reward, with much between bad luck and good', () => {
    const rewards = Array.from({ length: 1000 }, (_, pair) =>
      scorePair(tldrRules, drawn[2 * pair] as string, drawn[2 * pair + 1] as string),
    ).map(({ total }) => total);
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    expect(mean).toBeGreaterThan(0.75);
    expect(mean).toBeLessThan(1.1);
    rewards.sort((a, b) => a - b);
    expect(rewards[100]).toBeLessThan(0.5);
    expect(rewards[900]).toBeGreaterThan(2.3);
  });

  it('are the same for the same numbers', () => {
    const write = () => uncoordinatedSummary(source, seededRandom(3));
    expect(write()).toBe(write());
  });
});

describe('compact prompts', () => {
  it('ask in a line', () => {
    const { source } = items[0] as (typeof items)[0];
    expect(texts(env)).toEqual([
      `short summary, facts:\n${source}\n`,
      `detailed summary, many distinct words, some transition words:\n${source}\n`,
    ]);
    const [single] = texts(env.singleModel());
    expect(single).toContain(`[PARAGRAPH_SPLIT]`);
    expect(single?.endsWith(`:\n${source}\n`)).toBe(true);
  });

  it('are those of the protocols too', () => {
    const state = env.reset(items[0] as (typeof items)[0]);
    const content = (text: { messages: readonly { content: string }[] } | undefined) =>
      text?.messages[0]?.content;
    expect(content(env.protocols?.pipeline(state, 1, ['brief']))).toMatch(/^detailed summary, .*\nbrief\n$/s);
    for (const agent of [0, 1]) {
      const asked = content(env.protocols?.discussion(state, agent, ['brief', 'long']));
      expect(asked?.endsWith(agent === 0 ? 'brief\nlong\n' : 'long\nbrief\n')).toBe(true);
    }
  });

  it('tell arXiv agents what the full ones tell', () => {
    const arxiv = new Arxiv({ promptStyle: 'compact' });
    const [background, methodology] = texts(arxiv);
    expect(background).toMatch(
      /^introduction, background and motivation only, another agent has methodology/,
    );
    expect(methodology).toMatch(
      /^introduction, methodology and implications only, another agent has background/,
    );
  });
});

it('arXiv has no tiny data set', () => {
  expect(() => new Arxiv({ dataset: 'tiny' })).toThrow(/`dataset` is "tiny": this task has no data set/);
});
