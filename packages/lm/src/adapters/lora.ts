/** Low-rank adapters (Hu et al. 2021): y = x Wᵀ + s · (x Aᵀ) Bᵀ, W frozen. */
import {
  cat,
  type Device,
  type DType,
  empty,
  Generator,
  noGrad,
  type Tensor,
  tidy,
  unscoped,
  zeros,
} from '@collm/torch';
import { ModelError } from '../errors.js';
import {
  type AdaptedProjection,
  type Adapter,
  adaptedProjections,
  type LayerDelta,
  type LowRank,
} from '../model/adapter.js';
import type { DecoderConfig } from '../model/config.js';
import { dropped, type MicroBatch, maskSeed } from './dropout.js';
import { chooseModules, type LinearModule, leafNames, matching, type TargetOptions } from './targets.js';

export interface LoraOptions extends TargetOptions {
  /** Width of the bottleneck, at least 1 and at most the smaller side of each module. */
  readonly rank: number;
  /** The change counts alpha / rank, > 0. */
  readonly alpha: number;
  /** Share of the adapter's inputs that are zeroed while training, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** The change counts alpha / sqrt(rank) instead (Kalajdzievski 2023). Default false. */
  readonly rslora?: boolean;
  /** Other ranks and alphas for some modules, by expressions that end their names, as in PEFT; the first counts. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Draws the first weights and the dropout; a safe integer >= 0. Default 0. */
  readonly seed?: number;
}

/** What an adapter is made for: a `Decoder`, or what is known of one. */
export interface AdapterPlace {
  readonly config: DecoderConfig;
  /** Of the computation. The adapter's own weights are always f32. */
  readonly dtype: DType;
  readonly device: Device;
}

/** A module with its adapter. */
export interface LoraModule extends LinearModule {
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, or alpha / sqrt(rank). */
  readonly scale: number;
  readonly a: Tensor; // [rank, inputs]
  readonly b: Tensor; // [outputs, rank]
}

/**
 * One A and one B per module and layer, in f32 whatever the base's dtype, since small updates vanish in
 * the rounding of bf16. Fresh ones change nothing: B is zero, A is U(-1/√inputs, 1/√inputs) as in PEFT.
 *
 * Owns its weights: dispose it.
 */
export class LoraAdapter implements Adapter {
  readonly options: LoraOptions;
  readonly config: DecoderConfig;
  readonly dtype: DType;
  readonly device: Device;
  readonly modules: readonly LoraModule[];
  /** The update and micro-batch whose dropout is drawn; null while not training. */
  private drawing: MicroBatch | null = null;

  /**
   * @param source where the options come from, for messages
   * @throws ModelError naming the option that does not fit
   */
  constructor(place: AdapterPlace, options: LoraOptions, source = 'the adapter') {
    const { config, dtype, device } = place;
    this.options = options;
    this.config = config;
    this.dtype = dtype;
    this.device = device;
    const plan = planModules(config, options, source);
    using generator = new Generator(options.seed ?? 0);
    this.modules = unscoped(() => noGrad(() => plan.map((module) => this.fresh(module, generator))));
  }

  private fresh(module: Omit<LoraModule, 'a' | 'b'>, generator: Generator): LoraModule {
    const { rank, inputs, outputs } = module;
    const bound = 1 / Math.sqrt(inputs);
    const a = tidy(() =>
      empty([rank, inputs], { dtype: 'f32' })
        .uniform_({ from: -bound, to: bound, generator })
        .to({ device: this.device }),
    );
    return { ...module, a, b: zeros([outputs, rank], { dtype: 'f32', device: this.device }) };
  }

  parameters(): Tensor[] {
    return this.modules.flatMap(({ a, b }) => [a, b]);
  }

  /** Number of trained weights. */
  get numParameters(): number {
    return this.parameters().reduce((sum, weight) => sum + weight.numel, 0);
  }

  /**
   * Turns dropout on for one micro-batch. Its masks depend on the adapter's seed and these two counters
   * alone, so a resumed run draws them again, and so does a layer that is computed twice for its gradient.
   *
   * @param step updates made so far
   * @param microBatch number within the update
   */
  beginMicroBatch(step: number, microBatch: number): void {
    this.drawing = { step, microBatch };
  }

  /** Turns dropout off. */
  endUpdate(): void {
    this.drawing = null;
  }

  /**
   * The modules of a fused projection side by side: their A's stacked, their scaled B's block-diagonal.
   * Dropout draws one mask for the fused input, where PEFT draws one for each module.
   */
  delta(layer: number): LayerDelta {
    const delta: LayerDelta = {};
    for (const projection of adaptedProjections) {
      const modules = this.modules.filter((one) => one.layer === layer && one.projection === projection);
      if (modules.length > 0) delta[projection] = this.lowRank(modules);
    }
    return delta;
  }

  private lowRank(modules: readonly LoraModule[]): LowRank {
    const { layer, projection } = modules[0] as LoraModule;
    const options = { dtype: this.dtype, device: this.device };
    const ranks = modules.reduce((sum, { rank }) => sum + rank, 0);
    const down = joined(modules.map(({ a }) => a)).to(options);
    const blank = (rows: number, columns: number) =>
      zeros([rows, columns], { dtype: 'f32', device: this.device });
    const pieces: Tensor[] = [];
    let row = 0;
    let column = 0;
    for (const { b, scale, rank, outputs, row: first } of modules) {
      if (first > row) pieces.push(blank(first - row, ranks)); // modules that are not adapted
      const block = [b.mul(scale)];
      if (column > 0) block.unshift(blank(outputs, column));
      if (column + rank < ranks) block.push(blank(outputs, ranks - column - rank));
      pieces.push(joined(block, 1));
      row = first + outputs;
      column += rank;
    }
    const total = this.outputsOf(projection);
    if (row < total) pieces.push(blank(total - row, ranks));
    const low: LowRank = { down, up: joined(pieces).to(options) };
    const { dropout = 0 } = this.options;
    const drawing = this.drawing;
    if (dropout === 0 || drawing === null) return low;
    const seed = maskSeed(this.options.seed ?? 0, drawing, layer, projection);
    return { ...low, drop: (x) => dropped(x, dropout, seed) };
  }

  private outputsOf(projection: AdaptedProjection): number {
    const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = this.config;
    return { qkv: (H + 2 * K) * D, output: C, gateUp: 2 * I, down: C }[projection];
  }

  dispose(): void {
    for (const weight of this.parameters()) weight.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const joined = (parts: Tensor[], dim = 0): Tensor =>
  parts.length === 1 ? (parts[0] as Tensor) : cat(parts, { dim });

function planModules(
  config: DecoderConfig,
  options: LoraOptions,
  source: string,
): Omit<LoraModule, 'a' | 'b'>[] {
  const { rank, alpha, dropout = 0, rslora = false, rankPattern = {}, alphaPattern = {} } = options;
  if (!(dropout >= 0 && dropout < 1))
    throw new ModelError(
      `${source}: a dropout of ${dropout} is out of range; give a share from 0 to below 1.`,
    );
  const { chosen, idle } = chooseModules(config, options, source);
  if (idle.length > 0)
    throw new ModelError(
      `${source}: there is no linear module ${idle.join(', ')} that can be adapted. Choose from ${leafNames(config).join(', ')}, or all-linear.`,
    );
  const ranks = patternValues(rankPattern, chosen, source);
  const alphas = patternValues(alphaPattern, chosen, source);
  return chosen.map((module) => {
    const own = { rank: ranks.get(module.name) ?? rank, alpha: alphas.get(module.name) ?? alpha };
    const most = Math.min(module.inputs, module.outputs);
    if (!Number.isInteger(own.rank) || own.rank < 1 || own.rank > most)
      throw new ModelError(
        `${source}: a rank of ${own.rank} does not fit ${module.name}, a matrix of ${module.outputs} × ${module.inputs}; give an integer from 1 to ${most}.`,
      );
    if (!(own.alpha > 0 && Number.isFinite(own.alpha)))
      throw new ModelError(
        `${source}: an alpha of ${own.alpha} does not fit ${module.name}; give a number above 0.`,
      );
    return { ...module, ...own, scale: own.alpha / (rslora ? Math.sqrt(own.rank) : own.rank) };
  });
}

/** The value of the first pattern that ends each module's name. */
function patternValues(
  patterns: Readonly<Record<string, number>>,
  modules: readonly LinearModule[],
  source: string,
): Map<string, number> {
  const names = modules.map(({ name }) => name);
  const values = new Map<string, number>();
  for (const [pattern, value] of Object.entries(patterns)) {
    for (const name of matching(`(.*\\.)?(${pattern})`, names, source))
      if (!values.has(name)) values.set(name, value);
  }
  return values;
}
