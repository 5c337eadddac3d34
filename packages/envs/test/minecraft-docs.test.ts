import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HouseBuild, type Picture, StrBuild, textureOf } from '../src/index.js';
import { houseBuildSettings } from '../src/minecraft/house-build/settings.js';
import { strBuildSettings } from '../src/minecraft/str-build/settings.js';

interface Case {
  item: Record<string, unknown>;
  turns: string[][];
}

const rounded = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 1e4) / 1e4]));

/** A picture as letters: `#` is missing, `.` is air. Layers side by side have a blank between them. */
function letters({ rows, volume }: Picture, letterOf: (block: string) => string): string {
  const width = volume?.size[0] ?? 0;
  return rows
    .map((row) =>
      row
        .map(({ block, target }, column) => {
          if (column % (width + 1) === width) return ' ';
          return block === null ? (target ? '#' : '.') : letterOf(block);
        })
        .join(''),
    )
    .join('\n');
}

const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const textures: Readonly<Record<string, string>> = { wood: 'W', stone: 'S', concrete: 'C', obsidian: 'O' };

describe.each([
  {
    env: new StrBuild(),
    settings: strBuildSettings,
    letterOf: (block: string) => textures[textureOf(block)] ?? '?',
  },
  {
    env: new HouseBuild(),
    settings: houseBuildSettings,
    letterOf: (block: string, item: Case['item']) =>
      Object.entries(item.inventory as Record<string, string>).find(([, name]) => name === block)?.[0] ?? '?',
  },
])('docs/tasks/$env.name.md', ({ env: either, settings, letterOf }) => {
  const env = either as StrBuild;
  const page = readFileSync(new URL(`../../../docs/tasks/${env.name}.md`, import.meta.url), 'utf8');
  const [example, ...outcomes] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json]) =>
    JSON.parse(json ?? ''),
  );
  const { item: record, turns } = example as Case;
  const item = env.readItem(record);

  it('shows the episode of its sample: prompts, rewards and pictures', () => {
    let state = env.reset(item);
    expect(outcomes).toHaveLength(turns.length);
    turns.forEach((responses, index) => {
      env.observe(state).forEach(({ messages }, agent) => {
        const prompt = messages.at(-1)?.content ?? '';
        // Agent 1's first prompt stands there whole, and of later ones what is told of the turn before.
        const shown = index === 0 ? prompt : (prompt.split('\n\nYou are agent')[0] as string);
        if (agent === 0) expect(page).toContain(`\`\`\`text\n${shown}\n\`\`\``);
      });
      const { reward, components, metrics, state: next } = env.step(state, responses);
      expect(outcomes[index]).toEqual({
        reward: Math.round(reward * 1e4) / 1e4,
        components: rounded(components),
        metrics: rounded(metrics),
      });
      const picture = env.picture(next) as Picture;
      const drawn = letters(picture, (block) => letterOf(block, record));
      expect(page).toContain(`\`\`\`text\n${picture.caption}\n${drawn}\n\`\`\``);
      state = next;
    });
  });

  it('names every setting with its default where that is short', () => {
    const defaults = settings.parse({}) as Record<string, unknown>;
    for (const [key, value] of Object.entries(defaults)) {
      expect(page).toContain(`\`${snake(key)}`);
      if (typeof value === 'string') expect(page).toContain(`\`${value}\``);
    }
  });
});
