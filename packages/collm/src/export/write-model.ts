/** The files of an exported agent, and the proof that they compute what it computes. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adapterConfigFile,
  adapterWeightsFile,
  type Decoder,
  endTokens,
  exportMerged,
  readGenerationConfig,
  saveDecoder,
  Tokenizer,
} from '@collm/lm';
import type { DType, Tensor } from '@collm/torch';
import type { Io } from '../io.js';
import type { BaseName } from './base-name.js';
import {
  checkComparison,
  coarser,
  compareLogits,
  comparisonPrompts,
  type LogitComparison,
  promptLogits,
} from './compare-logits.js';
import { forCpu, type OpenedModel, openAdapter, openAgent, openWhole, type RunAgent } from './run-agent.js';
import type { ExportTarget } from './target.js';

/** What a folder is written as. */
export interface WriteRequest {
  readonly to: ExportTarget;
  /** null: as the run computes. Adapters stay as they were trained. */
  readonly dtype: DType | null;
  /** What an adapter's folder says that it belongs to. */
  readonly base: BaseName;
}

export interface WrittenModel {
  readonly comparison: LogitComparison;
  /** Number format of the weights that were written. */
  readonly dtype: DType;
}

/** What the work is seen and stopped by. */
export interface Watch {
  readonly io: Pick<Io, 'stderr'>;
  /** Tells what is being done. */
  readonly status: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What the agent in its run computes. */
interface Expected {
  readonly prompts: readonly (readonly number[])[];
  readonly logits: readonly Tensor[];
  /** Of its base alone; null without an adapter. */
  readonly base: readonly Tensor[] | null;
  /** Number format of the run. */
  readonly dtype: DType;
}

/**
 * Writes an agent into a folder, loads it again from there and compares the logits. One model is in memory at a time.
 *
 * @throws CollmError when they differ by more than rounding; ModelError or TorchError naming what cannot be read or written
 */
export async function writeModel(
  agent: RunAgent,
  dir: string,
  request: WriteRequest,
  watch: Watch,
): Promise<WrittenModel> {
  mkdirSync(dir, { recursive: true });
  const held: Tensor[] = [];
  try {
    const expected = await writeAndCompute(agent, dir, request, watch, held);
    const dtype = request.to === 'peft' ? 'f32' : (request.dtype ?? expected.dtype);
    watch.status(`agent-${agent.index}: comparing logits`);
    const peft = request.to === 'peft';
    using again = peft ? await openAdapter(agent, dir, watch.io) : openWhole(dir);
    using computing = forCpu(again, peft ? dir : null);
    const exported = await promptLogits(computing.decoder, expected.prompts, watch.signal, held);
    const rounded =
      peft || (request.to === 'hf' && dtype === expected.dtype) ? null : coarser(dtype, expected.dtype);
    const comparison = compareLogits(expected.logits, exported, { base: expected.base, rounded });
    checkComparison(comparison, `The export of agent-${agent.index}`);
    return { comparison, dtype };
  } finally {
    for (const tensor of held) tensor.dispose();
  }
}

/** @param held takes the tensors that are to be freed at the end */
async function writeAndCompute(
  agent: RunAgent,
  dir: string,
  request: WriteRequest,
  { io, status, signal }: Watch,
  held: Tensor[],
): Promise<Expected> {
  status(`agent-${agent.index}: loading`);
  using opened = await openAgent(agent, io);
  const tokenizer = Tokenizer.load(agent.dir);
  const prompts = comparisonPrompts(opened.decoder, tokenizer);
  const compute = async (decoder: Decoder) => promptLogits(decoder, prompts, signal, held);
  using computing = forCpu(opened, opened.adapter && agent.dir);
  const logits = await compute(computing.decoder);
  const base = opened.adapter && (await compute(computing.decoder.withAdapter(null)));
  status(`agent-${agent.index}: writing`);
  writeFiles(opened, tokenizer, agent, dir, request);
  return { prompts, logits, base, dtype: opened.decoder.dtype };
}

function writeFiles(
  { decoder, adapter }: OpenedModel,
  tokenizer: Tokenizer,
  agent: RunAgent,
  dir: string,
  { to, dtype, base }: WriteRequest,
): void {
  tokenizer.save(dir);
  if (to === 'peft') {
    writeAdapter(agent.dir, dir, base);
    return;
  }
  const options = dtype === null ? {} : { dtype };
  if (adapter === null) saveDecoder(decoder, dir, options);
  else exportMerged(decoder.withAdapter(null), adapter, dir, options);
  writeGenerationConfig(dir, tokenizer);
}

/** The adapter's weights byte for byte, and its configuration with a base that other machines find. */
function writeAdapter(from: string, dir: string, base: BaseName): void {
  copyFileSync(join(from, adapterWeightsFile), join(dir, adapterWeightsFile));
  const config = readObject(join(from, adapterConfigFile));
  writeObject(join(dir, adapterConfigFile), {
    ...config,
    base_model_name_or_path: base.name,
    revision: base.revision,
  });
}

/** Other programs end a response where this file says, so it has to name every token that ends one in the run. */
function writeGenerationConfig(dir: string, tokenizer: Tokenizer): void {
  const path = join(dir, 'generation_config.json');
  const generation = readGenerationConfig(dir);
  const ends = endTokens(generation, tokenizer);
  const stored = existsSync(path) ? readObject(path) : {};
  writeObject(path, { ...stored, eos_token_id: ends.length === 1 ? ends[0] : ends });
}

function readObject(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

function writeObject(path: string, content: Record<string, unknown>): void {
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}
