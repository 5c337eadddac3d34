/** The report of `collm model inspect`, as JSON prints it, and its text for people. */
import type { RopeScaling } from '@collm/lm';
import { formatBytes } from '../format.js';
import type { InspectedFolder } from './inspect-folder.js';
import type { MemoryEstimate, Workload } from './memory.js';
import type { ParameterCounts } from './shape.js';

export interface ModelReport extends Omit<InspectedFolder, 'config'> {
  readonly folder: string;
  readonly family: string;
  readonly architecture: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly mlpWidth: number;
  readonly vocabulary: number;
  readonly tiedEmbeddings: boolean;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly rope: { readonly theta: number } & RopeScaling;
  /** Tokens that each layer looks back; null is all. */
  readonly windows: readonly (number | null)[];
  readonly parameters: ParameterCounts;
  /** Bytes. */
  readonly memory: {
    readonly workload: Workload;
    readonly f32: MemoryEstimate;
    readonly bf16: MemoryEstimate;
  };
}

/** The report for people. */
export function reportText(report: ModelReport): string {
  const { parameters, weights, heads, kvHeads, headDim } = report;
  const rows: [string, string][] = [
    ['folder', report.folder],
    ['family', `${report.family} (${report.architecture})`],
    ['parameters', `${count(parameters.total)}, of which ${count(parameters.embedding)} are embeddings`],
    ['layers', `${report.layers} of width ${report.hiddenSize}, MLP ${report.mlpWidth}`],
    ['attention', `${heads} heads over ${kvHeads} key/value heads of width ${headDim}`],
    [
      'vocabulary',
      `${count(report.vocabulary)}, LM head ${report.tiedEmbeddings ? 'tied to the embedding' : 'of its own'}`,
    ],
    ['context', `${count(report.context)} tokens`],
    ['positions', ropeText(report.rope)],
    ['window', windowText(report.windows)],
    [
      'weights',
      `${Object.keys(weights.dtypes).join(' and ')}, ${formatBytes(weights.bytes)} in ${filesText(report)}`,
    ],
    ['tokenizer', tokenizerText(report)],
    ['ends at', endText(report)],
    ['sampling', samplingText(report)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${[...rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`), '', ...memoryLines(report)].join('\n')}\n`;
}

function memoryLines({ memory: { workload, f32, bf16 }, context }: ModelReport): string[] {
  const { batch, context: length, rank, tokens } = workload;
  const rows: [string, keyof MemoryEstimate][] = [
    ['weights', 'weights'],
    ['key/value cache, one token', 'cachePerToken'],
    [`key/value cache, one row of ${context} tokens`, 'cacheFullContext'],
    [`inference, ${batch} row${batch === 1 ? '' : 's'} of ${length} tokens`, 'inference'],
    [`LoRA training, rank ${rank}, ${tokens} tokens at a time`, 'lora'],
    ['  with gradient checkpointing', 'loraCheckpointed'],
    [`full training, ${tokens} tokens at a time`, 'full'],
    ['  with gradient checkpointing', 'fullCheckpointed'],
  ];
  const title = 'memory (estimates)';
  const width = Math.max(title.length, ...rows.map(([name]) => name.length));
  const line = (name: string, ...cells: string[]) =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(11))].join('  ');
  return [
    line(title, 'float32', 'bfloat16'),
    ...rows.map(([name, key]) => line(name, formatBytes(f32[key]), formatBytes(bf16[key]))),
  ];
}

const count = (value: number) => value.toLocaleString('en-US');

function ropeText({ theta, rope_type: type, ...parameters }: ModelReport['rope']): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const scaling = type === 'default' ? 'not scaled' : `scaled by ${type}`;
  return [`rotary, base ${theta}, ${scaling}`, ...given.map(([name, value]) => `${name} ${value}`)].join(
    ', ',
  );
}

function windowText(windows: ModelReport['windows']): string {
  const sliding = windows.filter((window) => window !== null);
  if (sliding.length === 0) return 'none: every layer sees the whole context';
  const sizes = [...new Set(sliding)].join(' or ');
  return `${sizes} tokens in ${sliding.length} of ${windows.length} layers`;
}

function filesText({ weights: { files } }: ModelReport): string {
  return files.length === 1 ? (files[0]?.name ?? '') : `${files.length} files`;
}

function tokenizerText({ tokenizer }: ModelReport): string {
  if (tokenizer === null) return 'none: no tokenizer.json';
  const { vocabulary, chatTemplate } = tokenizer;
  return `${count(vocabulary)} tokens, ${chatTemplate ? 'with' : 'without'} a chat template`;
}

function endText({ endTokens }: ModelReport): string {
  if (endTokens.length === 0) return 'nothing: no end token is named';
  return endTokens.map(({ id, text }) => (text === null ? String(id) : `${id} ${text}`)).join(', ');
}

function samplingText({ generation: { doSample, temperature, topP, topK } }: ModelReport): string {
  if (doSample === false) return 'greedy';
  const parts = Object.entries({ temperature, 'top-p': topP, 'top-k': topK }).filter(
    ([, value]) => value !== undefined,
  );
  return parts.length === 0
    ? 'the folder says nothing: temperature 1, every token allowed'
    : parts.map(([name, value]) => `${name} ${value}`).join(', ');
}
