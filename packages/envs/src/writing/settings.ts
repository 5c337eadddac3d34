/** Settings of the writing tasks (writing spec, 2, 5.5 and 10). */
import { z } from 'zod';
import { commonShape } from '../settings.js';
import type { Band } from './rules.js';
import { arxiv, tldr, type WritingTask } from './task.js';

function settingsOf({ name, field, evalSplit, rules, lengthBands, tiny }: WritingTask) {
  const bands: [string, ...string[]] = ['default', ...Object.keys(lengthBands)];
  const presets = Object.entries({ default: rules.lengthBand, ...lengthBands })
    .map(([preset, band]) => `${preset} (${band.join(', ')})`)
    .join(', ');
  const someBand = `${bands.join(', ')}, or four numbers from 0 up, none less than the one before`;
  const oneTurn = `${name} has one turn; leave this out, or set it to 1`;
  const twoAgents = `${name} is written by two agents, or by 1: a single model that writes both texts`;
  return z.strictObject({
    ...commonShape({
      numAgents: { default: 2, most: 2 },
      numTurns: { default: 1, most: 1 },
      records: `records with the field ${field}, and id if they have one`,
      tiny: tiny !== undefined,
      trainSplit: 'train[:1000]',
      evalSplit,
      rewardShift: 0,
      earlyTerminationThreshold: null,
    }),
    numAgents: z
      .int(twoAgents)
      .min(1, twoAgents)
      .max(2, twoAgents)
      .default(2)
      .describe('2, or 1: a single model writes both texts.'),
    numTurns: z.int(oneTurn).min(1, oneTurn).max(1, oneTurn).default(1).describe('Always 1.'),
    promptStyle: z
      .enum(['full', 'compact'])
      .default('full')
      .describe('full: as in the reference; compact: a line and the text, for models with a small context.'),
    promptFormat: z
      .enum(['text', 'chat'])
      .default('text')
      .describe("text: prompts as they are; chat: as a user's message in the model's chat template."),
    lengthBand: z
      .union(
        [
          z.enum(bands),
          z.tuple([z.number(), z.number(), z.number(), z.number()]).refine(isBand, `expected ${someBand}`),
        ],
        `expected ${someBand}`,
      )
      .default('default')
      .describe(
        `Characters of the second text over the first's, four numbers that do not fall: [lowest, full credit from, full credit to, highest], or a name: ${presets}.`,
      ),
  });
}

function isBand(band: Band): boolean {
  return band.every((edge, index) => edge >= (band[index - 1] ?? 0));
}

/** The settings of each task. */
export const writingSettings = { tldr: settingsOf(tldr), arxiv: settingsOf(arxiv) };

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export interface WritingOptions extends Omit<z.input<typeof writingSettings.tldr>, 'lengthBand'> {
  lengthBand?: string | Band;
}

/** Checked settings with every default filled in. */
export type WritingSettings = z.output<typeof writingSettings.tldr>;

/** The band of lengths that settings ask for. */
export function lengthBandOf({ rules, lengthBands }: WritingTask, { lengthBand }: WritingSettings): Band {
  return typeof lengthBand === 'string' ? (lengthBands[lengthBand] ?? rules.lengthBand) : lengthBand;
}
