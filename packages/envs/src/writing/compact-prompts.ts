/**
 * The prompts in the compact style: a line and the text, for models of some hundred thousand weights. They reveal no more
 * than the full ones do.
 */
import type { WritingPrompts } from './prompts.js';
import { paragraphDelimiter } from './split-answer.js';

/** What is asked for, and the texts below it, one a line. */
const ask = (task: string, ...texts: readonly string[]) => `${[`${task}:`, ...texts].join('\n')}\n`;

const expanded = 'two to three times as long, more distinct words, several kinds of transition words';

export const tldrCompactPrompts: WritingPrompts = {
  training: [
    (source) => ask('short summary, facts', source),
    (source) => ask('detailed summary, many distinct words, some transition words', source),
  ],
  single: (source) =>
    ask(`short summary, then ${paragraphDelimiter}, then detailed summary, ${expanded}`, source),
  pipeline: (source, first) =>
    ask(`detailed summary, ${expanded} than the short summary below`, source, first),
  discussion: [
    (source, own, other) => ask('refine own short summary, then the detailed one', source, own, other),
    (source, own, other) =>
      ask(`refine own detailed summary, then the short one, ${expanded}`, source, own, other),
  ],
};

const background = 'background and motivation';
const methodology = 'methodology and implications';

export const arxivCompactPrompts: WritingPrompts = {
  training: [
    (source) => ask(`introduction, ${background} only, another agent has ${methodology}`, source),
    (source) => ask(`introduction, ${methodology} only, another agent has ${background}`, source),
  ],
  single: (source) =>
    ask(
      `introduction, ${background}, then ${paragraphDelimiter}, then ${methodology}, equal lengths`,
      source,
    ),
  pipeline: (source, first) =>
    ask(`introduction, ${methodology}, do not repeat the ${background} below`, source, first),
  discussion: [
    (source, own, other) =>
      ask(`refine own ${background}, then ${methodology}, equal lengths`, source, own, other),
    (source, own, other) =>
      ask(`refine own ${methodology}, then ${background}, equal lengths`, source, own, other),
  ],
};
