/** `collm model inspect`: what a model is and what it takes, without loading it. */
import { exitCodes } from '../../errors.js';
import type { Io } from '../../io.js';
import { inspectFolder } from '../../model-report/inspect-folder.js';
import { estimateMemory, type Workload } from '../../model-report/memory.js';
import { type ModelReport, reportText } from '../../model-report/report-text.js';
import { countParameters } from '../../model-report/shape.js';
import { modelFolder } from './model-folder.js';

export interface InspectArguments extends Omit<Workload, 'context' | 'fusedAttention'> {
  readonly model: string;
  /** null: 2048, or the model's context where that is shorter. */
  readonly context: number | null;
  readonly json: boolean;
}

const usualContext = 2048;

/** Prints the report; returns the exit code. */
export async function inspectModel(given: InspectArguments, io: Io): Promise<number> {
  const folder = await modelFolder(given.model, io);
  const { config, ...stored } = await inspectFolder(folder);
  const [{ families }, { hasOperator }] = await Promise.all([import('@collm/lm'), import('@collm/torch')]);
  const { batch, rank, tokens } = given;
  const context = given.context ?? Math.min(usualContext, config.maxPositions);
  const fusedAttention = hasOperator('aten::scaled_dot_product_attention');
  const workload = { batch, context, rank, tokens, fusedAttention };
  const report: ModelReport = {
    folder,
    family: config.modelType,
    architecture: families[config.modelType]?.architecture ?? config.modelType,
    layers: config.numLayers,
    hiddenSize: config.hiddenSize,
    heads: config.numHeads,
    kvHeads: config.numKvHeads,
    headDim: config.headDim,
    mlpWidth: config.intermediateSize,
    vocabulary: config.vocabSize,
    tiedEmbeddings: config.tieEmbeddings,
    context: config.maxPositions,
    rope: { theta: config.rope.theta, ...config.rope.scaling },
    windows: config.windows,
    parameters: countParameters(config),
    ...stored,
    memory: {
      workload,
      f32: estimateMemory(config, 'f32', workload),
      bf16: estimateMemory(config, 'bf16', workload),
    },
  };
  io.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return exitCodes.ok;
}
