/** TLDR's tiny posts: clauses of the post in any order and of any number, with transition words or without. */
import {
  pick,
  tinyPost,
  tinyPosts,
  uncoordinatedSummary,
  type WritingItem,
  type WritingState,
} from '@collm/envs';
import { seededRandom } from '../demonstrations.js';
import type { Recipe } from '../recipe.js';

/** More posts than the data set has, so that models learn to read posts and not to know them. */
const SHOWN = 1000;

let shown: readonly WritingItem[] | undefined;
let known: ReadonlySet<string> | undefined;

export const tldrRecipe: Recipe<WritingItem, WritingState> = {
  name: 'tldr',
  summary:
    'clauses of the post in a random order, 6 to 30 words whoever writes, half of the time with transition words; single models write two of these',
  defaults: {
    hiddenSize: 64,
    layers: 2,
    heads: 4,
    vocabSize: 500,
    maxPositions: 192,
    pieces: 'words',
    turns: 1,
    agents: 'both',
    steps: 400,
    batch: 48,
    learningRate: 4e-3,
  },
  unit: 'words',
  env: {
    dataset: 'tiny',
    prompt_style: 'compact',
  },

  chooseItem(_items, random) {
    shown ??= shownPosts();
    return pick(shown, random);
  },

  respond(environment, { item }, _agent, random) {
    const text = () => uncoordinatedSummary(item.source, random);
    return environment.numAgents === 1 ? `${text()}\n[PARAGRAPH_SPLIT]\n${text()}` : text();
  },

  /** Words that the posts or the demonstrations have, cut by the single model's delimiter. */
  wellFormed({ agents }) {
    known ??= new Set(texts().flatMap((text) => text.match(/\w+/g) ?? []));
    const words = agents.flatMap(
      ({ response }) => response.split('[PARAGRAPH_SPLIT]').join(' ').match(/\S+/g) ?? [],
    );
    return { good: words.filter((word) => known?.has(word)).length, all: words.length };
  },
};

/** Posts that are not evaluated on. */
function shownPosts(): WritingItem[] {
  const random = seededRandom(1);
  const evaluated = new Set(tinyPosts()[1].map(({ prompt }) => prompt));
  const posts = Array.from({ length: SHOWN }, () => tinyPost(random)).filter((post) => !evaluated.has(post));
  return posts.map((source, index) => ({ id: `shown_${index}`, source }));
}

/** A text of every word: all posts, and what connects their clauses. */
function texts(): string[] {
  const random = seededRandom(2);
  const posts = tinyPosts().flatMap((records) => records.map(({ prompt }) => prompt as string));
  return posts.flatMap((post) => [post, uncoordinatedSummary(post, random, [60, 60])]);
}
