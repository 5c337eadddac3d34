/** All that the two writing tasks differ in. */
import { builtinSource, type DataSource } from '../dataset/source.js';
import { abstracts } from './abstracts.js';
import { arxivCompactPrompts, tldrCompactPrompts } from './compact-prompts.js';
import { posts } from './posts.js';
import { arxivPrompts, tldrPrompts, type WritingPrompts } from './prompts.js';
import { arxivRules, arxivWideLengthBand, type Band, tldrRules, type WritingRules } from './rules.js';
import { numberHeadings, paragraphHeadings, type SplitRules } from './split-answer.js';
import { tinyPosts } from './tiny-posts.js';

/** A writing task's constants (writing spec, 1 to 5 and 9). */
export interface WritingTask {
  readonly name: 'tldr' | 'arxiv';
  readonly summary: string;
  readonly hubDataset: string;
  /** The field of a record that holds the post or abstract. */
  readonly field: string;
  readonly evalSplit: string;
  /** What each agent is for. */
  readonly roles: readonly [string, string];
  /** Names of the two texts in metrics. */
  readonly texts: readonly [string, string];
  readonly rules: WritingRules;
  /** Length bands besides `default`, by name. */
  readonly lengthBands: Readonly<Record<string, Band>>;
  readonly prompts: WritingPrompts;
  /** For `prompt_style: compact`. */
  readonly compactPrompts: WritingPrompts;
  readonly split: SplitRules;
  /** The task's own data, with the splits that the default expressions name. */
  builtin(): DataSource;
  /** Short texts for tiny models, where the task has them, with the same splits. */
  tiny?(): DataSource;
  /** Most tokens of a single model that writes both texts. */
  readonly singleNewTokens: number;
}

export const tldr: WritingTask = {
  name: 'tldr',
  summary: 'Summarise a Reddit post twice: briefly, and in more detail with richer words.',
  hubDataset: 'trl-lib/tldr',
  field: 'prompt',
  evalSplit: 'test[:1000]',
  roles: ['writes a short summary of the post', 'writes a detailed summary of the post'],
  texts: ['summary', 'elaboration'],
  rules: tldrRules,
  lengthBands: {},
  prompts: tldrPrompts,
  compactPrompts: tldrCompactPrompts,
  split: { ratio: [2, 3], headings: [...paragraphHeadings, ...numberHeadings] },
  builtin: () => builtinSource(...posts(), 'test'),
  tiny: () => ({ ...builtinSource(...tinyPosts(), 'test'), name: 'tiny' }),
  singleNewTokens: 260,
};

export const arxiv: WritingTask = {
  name: 'arxiv',
  summary: "Expand a paper's abstract into two paragraphs of an introduction.",
  hubDataset: 'OpenMLRL/arXiv_abstract',
  field: 'abstract_text',
  evalSplit: 'val[:1000]',
  roles: ['writes background and motivation', 'writes methodology and implications'],
  texts: ['background', 'complement'],
  rules: arxivRules,
  lengthBands: { arxiv_wide: arxivWideLengthBand },
  prompts: arxivPrompts,
  compactPrompts: arxivCompactPrompts,
  split: {
    ratio: [0.9, 1.1],
    headings: [
      ...paragraphHeadings,
      /^background(?: and motivation)?:/iu,
      /^methodology(?: and implications)?:/iu,
      ...numberHeadings,
    ],
  },
  builtin: () => builtinSource(...abstracts(), 'val'),
  singleNewTokens: 512,
};
