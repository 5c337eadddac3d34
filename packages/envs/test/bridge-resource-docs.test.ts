import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BridgeBuild, type Environment, ResourceGathering } from '../src/index.js';
import { sampleAnswers, sampleText } from './sample-episode.js';

it.each([
  [new BridgeBuild(), 0],
  [new ResourceGathering(), 1],
] as [Environment, number][])('the page of %o shows an episode as it is', (environment, index) => {
  const page = readFileSync(new URL(`../../../docs/tasks/${environment.name}.md`, import.meta.url), 'utf8');
  const item = environment.trainItems[index];
  if (item === undefined) throw new Error('there is no such item');
  const answers = sampleAnswers(page, environment.numAgents);
  expect(answers).toHaveLength(2);
  const shown = sampleText(environment, item, answers);
  // From the end of the map in the page to its picture, nothing but the episode.
  const [, episode = ''] = /(### Turn 1\n.*)\n\n!\[/s.exec(page) ?? [];
  expect(episode).toBe(shown);
});
