/** adapter_config.json as PEFT reads and writes it. */
import { z } from 'zod';
import { ModelError, shown } from '../errors.js';
import type { DecoderConfig } from '../model/config.js';
import type { LoraAdapter, LoraOptions } from './lora.js';
import { chooseModules, leafNames, leafOf, linearModules } from './targets.js';

const names = z.union([z.string().max(10_000), z.array(z.string())]);
const layer = z.number().int().nonnegative();

const fileSchema = z.looseObject({
  peft_type: z.string(),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: names,
  exclude_modules: names.nullish(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  use_rslora: z.boolean().nullish(),
  layers_to_transform: z.union([layer, z.array(layer)]).nullish(),
  layers_pattern: names.nullish(),
  rank_pattern: z.record(z.string(), z.number().int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
});

type ConfigFile = z.infer<typeof fileSchema>;

/** What we do not compute, and the reason or the cure. Each is off when absent, null, false or empty. */
const refused: Readonly<Record<string, string>> = {
  use_dora:
    'DoRA scales the merged columns by a learned magnitude. Train without it, or merge the adapter with PEFT',
  modules_to_save:
    'whole modules were trained beside the adapter. Merge it with PEFT, and give the folder of the result',
  trainable_token_indices: 'rows of the embedding were trained. Merge the adapter with PEFT',
  target_parameters: 'it adapts parameters that are no linear modules. Merge the adapter with PEFT',
  layer_replication: 'it repeats layers of the base. Give a base with these layers written out',
  lora_bias: 'its B matrices have biases. Train without them, or merge the adapter with PEFT',
  use_qalora: 'QALoRA pools the inputs by groups. Train without it, or merge the adapter with PEFT',
  use_bdlora: 'its matrices are block-diagonal. Merge the adapter with PEFT',
  alora_invocation_tokens: 'it acts only behind certain tokens. Train without them',
  arrow_config: 'it routes between several adapters. Give one of them',
  monteclora_config: 'its weights are random at every forward. Train without it',
  velora_config: 'it compresses what the backward needs. Train without it',
  kasa_config: 'its updates are weighted by singular values. Merge the adapter with PEFT',
};
/** First weights that leave the base as it is. Others (pissa, olora, corda, loftq, …) belong to a changed base. */
const plainInitialisations: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  'gaussian',
  'eva',
  'orthogonal',
];

/**
 * The options of an adapter in a file. Names in its list of targets that the model does not have are left
 * out, as PEFT does, unless their modules exist and cannot be adapted here.
 *
 * @throws ModelError naming the file and the key
 */
export function parsePeftConfig(json: unknown, path: string, config: DecoderConfig): LoraOptions {
  const type = (json as { peft_type?: unknown } | null)?.peft_type;
  if (type !== 'LORA')
    throw new ModelError(
      `${path}: peft_type is ${shown(type)}; only LORA is computed. Merge the adapter with PEFT, and give the folder of the result.`,
    );
  for (const [key, reason] of Object.entries(refused)) {
    const value = (json as Record<string, unknown>)[key];
    if (isOn(value))
      throw new ModelError(`${path}: ${key} is ${shown(value)}, which is not computed: ${reason}.`);
  }
  const { bias = 'none', init_lora_weights: first } = json as Record<string, unknown>;
  if (bias !== 'none')
    throw new ModelError(
      `${path}: bias is ${shown(bias)}, but biases of the base are not trained here. Train with bias none, or merge the adapter with PEFT.`,
    );
  if (!plainInitialisations.includes(first))
    throw new ModelError(
      `${path}: init_lora_weights is ${shown(first)}, which changes the base beside the adapter. Convert it with save_pretrained(path_initial_model_for_weight_conversion=…) of PEFT.`,
    );
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success)
    throw new ModelError(`${path} is no usable adapter configuration:\n${z.prettifyError(parsed.error)}`);
  return optionsOf(parsed.data, path, config);
}

const isOn = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(typeof value === 'object' && Object.keys(value).length === 0);

function optionsOf(file: ConfigFile, path: string, config: DecoderConfig): LoraOptions {
  const pattern = file.layers_pattern == null ? [] : [file.layers_pattern].flat();
  if (pattern.some((name) => name !== 'layers'))
    throw new ModelError(
      `${path}: layers_pattern is ${shown(file.layers_pattern)}; our models call their layers "layers". Remove the key.`,
    );
  const layers = file.layers_to_transform == null ? [] : [file.layers_to_transform].flat();
  const places = {
    ...(file.exclude_modules == null ? {} : { exclude: file.exclude_modules }),
    ...(layers.length === 0 ? {} : { layers }),
  };
  const { idle } = chooseModules(config, { targets: file.target_modules, ...places }, path);
  const fixed = idle.find((name) => /(^|\.)(embed_tokens|lm_head)$/.test(name));
  if (fixed !== undefined)
    throw new ModelError(
      `${path}: target_modules has ${fixed}, which is not adapted here; only ${leafNames(config).join(', ')} are. Merge the adapter with PEFT, and give the folder of the result.`,
    );
  const targets =
    typeof file.target_modules === 'string'
      ? file.target_modules
      : file.target_modules.filter((name) => !idle.includes(name));
  return {
    ...places,
    targets,
    rank: file.r,
    alpha: file.lora_alpha,
    dropout: file.lora_dropout,
    rslora: file.use_rslora ?? false,
    rankPattern: file.rank_pattern ?? {},
    alphaPattern: file.alpha_pattern ?? {},
  };
}

/**
 * The file of an adapter, in keys that all versions of PEFT since 0.6 read. Expressions are written out as
 * the modules that they chose.
 */
export function toPeftConfig(adapter: LoraAdapter, baseModel: string | null): Record<string, unknown> {
  const { rank, alpha, dropout = 0, rslora = false } = adapter.options;
  const differing = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries(
      adapter.modules.filter((one) => one[key] !== usual).map((one) => [one.name, one[key]] as const),
    );
  return {
    alpha_pattern: differing('alpha', alpha),
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    ...targetsOf(adapter),
    lora_alpha: alpha,
    lora_dropout: dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: rank,
    rank_pattern: differing('rank', rank),
    revision: null,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: rslora,
  };
}

/** Short names and layers where these say it, else every module by its full name. */
function targetsOf({ modules, config }: LoraAdapter): Record<string, unknown> {
  const leaves = [...new Set(modules.map(leafOf))];
  const layers = [...new Set(modules.map((one) => one.layer))];
  const regular = linearModules(config).filter(
    (one) => leaves.includes(leafOf(one)) && layers.includes(one.layer),
  );
  if (regular.length !== modules.length)
    return { layers_to_transform: null, target_modules: modules.map(({ name }) => name) };
  return { layers_to_transform: layers.length === config.numLayers ? null : layers, target_modules: leaves };
}
