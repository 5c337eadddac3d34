/** Which linear modules of a decoder an adapter changes, chosen by PEFT's rules. */
import { runInNewContext } from 'node:vm';
import { fusedModules } from '../checkpoint/names.js';
import { ModelError, shown } from '../errors.js';
import { type AdaptedProjection, adaptedProjections } from '../model/adapter.js';
import type { DecoderConfig } from '../model/config.js';

/** A linear module that can have an adapter, and where it lies in our fused weights. */
export interface LinearModule {
  /** Its name in the model, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  readonly layer: number;
  readonly projection: AdaptedProjection;
  /** First of its rows in the fused projection. */
  readonly row: number;
  readonly outputs: number;
  readonly inputs: number;
}

/** A text is a regular expression for the whole name, or `all-linear`; a list holds names or their last parts. */
export type ModuleNames = string | readonly string[];

export interface TargetOptions {
  /** Which modules are adapted. */
  readonly targets: ModuleNames;
  /** Of these, the ones that are left as they are. */
  readonly exclude?: ModuleNames;
  /** Only in these layers, counted from 0. Default: all. */
  readonly layers?: readonly number[];
}

/** A stranger's expression may backtrack without end. */
const MATCHING_MS = 1000;

/** Every module that can be adapted, layer by layer in the order of the forward. */
export function linearModules(config: DecoderConfig): LinearModule[] {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H } = config;
  const inputs = { qkv: C, output: H * D, gateUp: C, down: I };
  const fused = fusedModules(config);
  return Array.from({ length: config.numLayers }, (_, layer) =>
    adaptedProjections.flatMap((projection) => {
      let next = 0;
      return fused[projection].map(([part, outputs]): LinearModule => {
        const row = next;
        next += outputs;
        const name = `model.layers.${layer}.${part}`;
        return { name, layer, projection, row, outputs, inputs: inputs[projection] };
      });
    }),
  ).flat();
}

/**
 * The modules that the options choose, and the names in their list that choose none.
 *
 * @param source where the options come from, for messages
 * @throws ModelError when nothing is chosen, a layer does not exist or an expression cannot be used
 */
export function chooseModules(
  config: DecoderConfig,
  { targets, exclude = [], layers }: TargetOptions,
  source: string,
): { chosen: LinearModule[]; idle: string[] } {
  const absent = layers?.find((layer) => !Number.isInteger(layer) || layer < 0 || layer >= config.numLayers);
  if (absent !== undefined)
    throw new ModelError(
      `${source}: layer ${absent} does not exist; the model has the layers 0 to ${config.numLayers - 1}.`,
    );
  const all = linearModules(config);
  const wanted = namesAmong(all, targets, source);
  const left = namesAmong(all, exclude, source);
  const chosen = all.filter(
    ({ name, layer }) => wanted.has(name) && !left.has(name) && (layers?.includes(layer) ?? true),
  );
  if (chosen.length === 0)
    throw new ModelError(
      `${source}: ${shown(targets)} of target modules chooses none of the model's. Choose from ${leafNames(config).join(', ')}, or all-linear.`,
    );
  const idle =
    typeof targets === 'string'
      ? []
      : targets.filter((target) => !all.some((module) => named(module, target)));
  return { chosen, idle };
}

/** The last parts of the modules' names, which lists of targets are made of. */
export function leafNames(config: DecoderConfig): string[] {
  return [...new Set(linearModules({ ...config, numLayers: 1 }).map(leafOf))];
}

export const leafOf = ({ name }: Pick<LinearModule, 'name'>): string => name.slice(name.lastIndexOf('.') + 1);

const named = ({ name }: LinearModule, target: string) => name === target || name.endsWith(`.${target}`);

function namesAmong(all: readonly LinearModule[], targets: ModuleNames, source: string): Set<string> {
  const names = all.map(({ name }) => name);
  if (typeof targets !== 'string')
    return new Set(names.filter((_, i) => targets.some((target) => named(all[i] as LinearModule, target))));
  return targets.toLowerCase() === 'all-linear' ? new Set(names) : matching(targets, names, source);
}

/**
 * The names that an expression matches as a whole. Files bring expressions, so they run against the clock.
 *
 * @throws ModelError when it is no expression, or takes too long
 */
export function matching(expression: string, names: readonly string[], source: string): Set<string> {
  try {
    const script =
      'const whole = new RegExp("^(?:" + text + ")$"); names.split(" ").filter((n) => whole.test(n)).join(" ")';
    const found = runInNewContext(
      script,
      { text: expression, names: names.join(' ') },
      { timeout: MATCHING_MS },
    );
    return new Set(String(found).split(' '));
  } catch (cause) {
    throw new ModelError(
      `${source}: ${shown(expression)} cannot be used as a regular expression (${(cause as Error).message}). Write the modules as a list of names.`,
      { cause },
    );
  }
}
