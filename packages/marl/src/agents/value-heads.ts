import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError, ValueHead } from '@collm/lm';
import { type Device, noGrad, type Tensor, tensor, tidy, unscoped } from '@collm/torch';
import type { HeadTarget, ValueRead, ValueUpdate } from '../messages.js';
import { valueLoss } from './value-loss.js';
import { type ValueNorm, ValueNormaliser } from './value-normaliser.js';

const statisticsFile = 'value_norm.json';

export interface ValueHeadsOptions {
  readonly hiddenSize: number;
  /** Width of each head's tanh layer; null for linear heads. */
  readonly hiddenDim: number | null;
  /** Initialises the heads. */
  readonly seed: number;
  /** What will be read: decides which heads there are. */
  readonly reads: readonly ValueRead[];
  readonly valueNorm: ValueNorm;
  readonly device: Device;
}

/** One value to be read from a batch of hidden states. */
export interface PlacedRead {
  readonly read: ValueRead;
  /** Flat place b · T + t of the hidden state. */
  readonly place: number;
}

/** One value with its target and its old value, both in the rewards' units. */
export interface PlacedTarget extends PlacedRead {
  readonly target: number;
  readonly oldValue: number;
}

/**
 * Values of one sample at their places.
 *
 * @throws ModelError when there are not as many targets and old values as values
 */
export function placeTargets(
  { read, targets, oldValues }: HeadTarget,
  places: readonly number[],
  itemId: string,
): PlacedTarget[] {
  if (targets.length !== places.length || oldValues.length !== places.length)
    throw new ModelError(
      `item ${itemId}: a sample read by '${read}' has ${places.length} values, but ${targets.length} targets and ${oldValues.length} old values.`,
    );
  return places.map((place, k) => ({
    read,
    place,
    target: targets[k] as number,
    oldValue: oldValues[k] as number,
  }));
}

/** V, read before a response or before its tokens, and Q, read after it, learn apart. */
const functions = ['v', 'q'] as const;
type ValueFunction = (typeof functions)[number];
const functionOf = (read: ValueRead): ValueFunction => (read === 'action' ? 'q' : 'v');

interface Part {
  readonly head: ValueHead;
  readonly normaliser: ValueNormaliser;
}

/** The value functions on one backbone: V and Q, as far as they are asked for, each with a head and statistics of its own. */
export class ValueHeads {
  private readonly parts = new Map<ValueFunction, Part>();

  constructor(private readonly options: ValueHeadsOptions) {
    const { hiddenSize, hiddenDim, seed, device, valueNorm, reads } = options;
    for (const [i, name] of functions.entries()) {
      if (!reads.some((read) => functionOf(read) === name)) continue;
      const head = new ValueHead({ hiddenSize, hiddenDim, seed: seed + i, device });
      this.parts.set(name, { head, normaliser: new ValueNormaliser(valueNorm) });
    }
  }

  /** Named as they are saved. */
  get weights(): Record<string, Tensor> {
    const named = [...this.parts].flatMap(([name, { head }]) =>
      Object.entries(head.weights).map(([key, weight]) => [name === 'v' ? key : `${name}.${key}`, weight]),
    );
    return Object.fromEntries(named);
  }

  /** @throws ModelError for a value that there is no head for */
  check(read: ValueRead): void {
    if (this.options.reads.includes(read)) return;
    throw new ModelError(
      `a value was asked for that is read by '${read}', from a model opened for ${this.options.reads.map((one) => `'${one}'`).join(', ')}. Name it in the option reads.`,
    );
  }

  /**
   * Values in the rewards' units, without gradient.
   *
   * @param hidden [B, T, C]
   */
  values(hidden: Tensor, reads: readonly PlacedRead[]): number[] {
    const values = new Array<number>(reads.length);
    for (const { part, members } of this.split(reads)) {
      const made = tidy(() =>
        noGrad(() => {
          const places = members.map((i) => (reads[i] as PlacedRead).place);
          return this.forward(part, hidden, places).toFloat32Array();
        }),
      );
      for (const [k, i] of members.entries()) values[i] = part.normaliser.denormalise(made[k] as number);
    }
    return values;
  }

  /**
   * The micro-batch's share of the value loss (P12), in normalised units where values are normalised: errors and the
   * clip range are then in standard deviations of the targets.
   *
   * @param hidden [B, T, C]
   * @param reads at least one
   * @param count values of the whole minibatch
   * @returns f32 []
   */
  loss(
    hidden: Tensor,
    reads: readonly PlacedTarget[],
    count: number,
    settings: Pick<ValueUpdate, 'valueLossCoef' | 'valueClipRange'>,
  ): Tensor {
    const losses = this.split(reads).map(({ part, members }) => {
      const own = members.map((i) => reads[i] as PlacedTarget);
      const normalised = (value: (read: PlacedTarget) => number) =>
        tensor(
          own.map((read) => part.normaliser.normalise(value(read))),
          [own.length],
          { device: this.options.device },
        );
      const batch = {
        values: this.forward(
          part,
          hidden,
          own.map(({ place }) => place),
        ),
        targets: normalised(({ target }) => target),
        oldValues: normalised(({ oldValue }) => oldValue),
      };
      return valueLoss(batch, count, settings);
    });
    return losses.reduce((sum, loss) => sum.add(loss));
  }

  /**
   * Runs an update with the statistics brought up to its targets. When it fails, or its loss or gradient is not finite
   * and it leaves the weights alone, the statistics stay as they were too.
   */
  async learning<T extends { loss: number; gradNorm: number }>(
    samples: readonly { readonly read: ValueRead; readonly targets: readonly number[] }[],
    update: () => Promise<T>,
  ): Promise<T> {
    if (this.options.valueNorm === 'none') return update();
    const before = [...this.parts.values()].map((part) => ({
      part,
      statistics: part.normaliser.state(),
      layer: outputLayer(part).map((weight) => unscoped(() => tidy(() => weight.detach().clone()))),
    }));
    let done = false;
    try {
      for (const { part, members } of this.split(samples))
        this.observe(
          part,
          members.flatMap((i) => samples[i]?.targets ?? []),
        );
      const result = await update();
      done = Number.isFinite(result.loss) && Number.isFinite(result.gradNorm);
      return result;
    } finally {
      for (const { part, statistics, layer } of before) {
        if (!done) {
          part.normaliser.restore(statistics);
          noGrad(() => {
            for (const [i, weight] of outputLayer(part).entries()) weight.copy_(layer[i] as Tensor);
          });
        }
        for (const copy of layer) copy.dispose();
      }
    }
  }

  /** Writes the statistics beside the weights, which whoever trains them saves. */
  save(trainingDir: string): void {
    if (this.options.valueNorm === 'none') return;
    const state = Object.fromEntries(
      [...this.parts].map(([name, { normaliser }]) => [name, normaliser.state()]),
    );
    writeFileSync(join(trainingDir, statisticsFile), `${JSON.stringify(state)}\n`);
  }

  /** @throws ModelError naming the file when it does not hold the statistics of these heads */
  load(trainingDir: string): void {
    if (this.options.valueNorm === 'none') return;
    const path = join(trainingDir, statisticsFile);
    try {
      const state = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      for (const [name, { normaliser }] of this.parts) normaliser.restore(state[name]);
    } catch (cause) {
      throw new ModelError(
        `${path} cannot be used: ${(cause as Error).message} A state saved without value normalisation goes on only without it.`,
        { cause },
      );
    }
  }

  dispose(): void {
    for (const { head } of this.parts.values()) head.dispose();
  }

  /** f32 [places], with gradient: as the head makes them, in normalised units where values are normalised. */
  private forward({ head }: Part, hidden: Tensor, places: readonly number[]): Tensor {
    const index = tensor(Int32Array.from(places), [places.length], { device: this.options.device });
    return head.forward(hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, index));
  }

  /** PopArt: values stay what they are while mean and variance move (van Hasselt et al. 2016). */
  private observe({ head, normaliser }: Part, targets: readonly number[]): void {
    const { mean, std } = normaliser;
    normaliser.observe(targets);
    if (this.options.valueNorm === 'popart')
      head.rescale(std / normaliser.std, (mean - normaliser.mean) / normaliser.std);
  }

  /** Which reads each value function has, in their order. */
  private split(reads: readonly { readonly read: ValueRead }[]): { part: Part; members: number[] }[] {
    const groups = new Map<Part, number[]>();
    for (const [i, { read }] of reads.entries()) {
      const part = this.parts.get(functionOf(read)) as Part;
      const members = groups.get(part) ?? [];
      members.push(i);
      groups.set(part, members);
    }
    return [...groups].map(([part, members]) => ({ part, members }));
  }
}

const outputLayer = ({ head }: Part): Tensor[] => [
  head.weights['output.weight'] as Tensor,
  head.weights['output.bias'] as Tensor,
];
