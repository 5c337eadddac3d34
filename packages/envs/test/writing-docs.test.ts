import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Arxiv, Tldr } from '../src/index.js';

interface Case {
  item: Record<string, unknown>;
  turns: string[][];
}

interface Outcome {
  reward: number;
  components: Record<string, number>;
  metrics: Record<string, number>;
}

const rounded = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 1e4) / 1e4]));

describe.each([new Tldr(), new Arxiv()])('docs/tasks/$name.md', (env) => {
  const page = readFileSync(new URL(`../../../docs/tasks/${env.name}.md`, import.meta.url), 'utf8');
  const [example, outcome] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json]) =>
    JSON.parse(json ?? ''),
  );
  const { item: record, turns } = example as Case;
  const state = env.reset(env.readItem(record));

  it('shows the prompts of its sample episode', () => {
    for (const { messages } of env.observe(state)) {
      expect(page).toContain(`\`\`\`text\n${messages[0]?.content}\`\`\``);
    }
  });

  it('shows what the answers earn', () => {
    expect(turns).toHaveLength(1);
    const { reward, components, metrics } = env.step(state, turns[0] ?? []);
    const actual: Outcome = {
      reward: Math.round(reward * 1e4) / 1e4,
      components: rounded(components),
      metrics: rounded(metrics),
    };
    expect(outcome).toEqual(actual);
  });

  it('names every default that differs between the tasks', () => {
    const { trainSplit, evalSplit } = env.settings;
    expect(page).toContain(`\`${trainSplit}\`, \`${evalSplit}\``);
  });
});
