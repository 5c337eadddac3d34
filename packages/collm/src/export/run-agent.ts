/** An agent of a run's checkpoint: where its weights lie, and as what it computes. */
import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import {
  Decoder,
  type DecoderWeights,
  type LayerWeights,
  type LoraAdapter,
  loadAdapter,
  loadDecoder,
  openBase,
  type SharedBase,
} from '@collm/lm';
import type { Checkpoint } from '@collm/marl';
import { noGrad, type Tensor, unscoped } from '@collm/torch';
import type { Config } from '../config/schema.js';
import { valueFor } from '../config/schema-models.js';
import { dtypes } from '../dtypes.js';
import { RunError, UsageError } from '../errors.js';
import { fetchFolder } from '../fetch-model.js';
import type { Io } from '../io.js';

/** What is known of an agent before anything of it is loaded. */
export interface RunAgent {
  /** Its number, counted from 0; the first of its roles where agents share their weights. */
  readonly index: number;
  /** True where these weights play every role of the team. */
  readonly shared: boolean;
  /** Its folder in the checkpoint. */
  readonly dir: string;
  /** `adapter`: PEFT's files beside a base that stayed as it was. `whole`: all weights were trained. */
  readonly trained: 'adapter' | 'whole';
  /** The model that it started from: a folder, or a name on the hub with its commit. */
  readonly startedFrom: string;
  /** Number format of the run; null: as the model is stored. */
  readonly dtype: keyof typeof dtypes | null;
}

/** All agents of a checkpoint, in order; one alone where they share their weights. */
export function agentsOf(config: Config, checkpoint: Checkpoint): RunAgent[] {
  const indices = readdirSync(checkpoint.dir)
    .flatMap((name) => /^agent-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  return indices.map((index) => {
    const dir = join(checkpoint.dir, `agent-${index}`);
    return {
      index,
      shared: config.agent_model.share,
      dir,
      trained: trainedIn(dir),
      startedFrom: valueFor(config.agent_model.path, index),
      dtype: valueFor(config.agent_model.dtype, index),
    };
  });
}

/**
 * The agents that were asked for.
 *
 * @param which a number, `all`, or null for the only one
 * @throws UsageError naming those that there are
 */
export function chooseAgents(agents: readonly RunAgent[], which: string | null, config: Config): RunAgent[] {
  if (which === 'all') return [...agents];
  const known = agents.map(({ index }) => `--agent ${index}`).join(', ');
  if (which === null) {
    if (agents.length === 1) return [...agents];
    throw new UsageError(`The run has ${agents.length} agents. Add one of ${known}, or \`--agent all\`.`);
  }
  const number = Number(which.replace(/^agent-/, ''));
  const { num_agents: roles } = config.env;
  // With shared weights every role is the one model.
  const chosen = agents.find(({ index, shared }) => index === number || (shared && number < roles));
  if (/^(agent-)?\d+$/.test(which) && chosen !== undefined) return [chosen];
  throw new UsageError(`\`--agent ${which}\`: the run has no such agent. Take one of ${known}.`);
}

function trainedIn(dir: string): RunAgent['trained'] {
  if (existsSync(join(dir, 'adapter_config.json'))) return 'adapter';
  if (existsSync(join(dir, 'config.json'))) return 'whole';
  throw new RunError(
    `${dir} holds neither a model nor an adapter: the run was made with agents of another kind, which cannot be exported.`,
  );
}

/** A model in memory, in its own number format, with the adapter that it is seen through. */
export interface OpenedModel {
  readonly decoder: Decoder;
  readonly adapter: LoraAdapter | null;
  [Symbol.dispose](): void;
}

/**
 * Loads an agent as the run does, on the CPU; an adapter's base is fetched if need be.
 *
 * @throws ModelError or RunError naming what cannot be had
 */
export async function openAgent(agent: RunAgent, io: Pick<Io, 'stderr'>): Promise<OpenedModel> {
  return agent.trained === 'whole' ? openWhole(agent.dir) : openAdapter(agent, agent.dir, io);
}

/** A model folder. */
export function openWhole(dir: string): OpenedModel {
  const decoder = loadDecoder(dir);
  return { decoder, adapter: null, [Symbol.dispose]: () => decoder.dispose() };
}

/** The base of an agent with the adapter in a folder. */
export async function openAdapter(
  agent: RunAgent,
  dir: string,
  io: Pick<Io, 'stderr'>,
): Promise<OpenedModel> {
  const base = await openAgentBase(agent, io);
  return withAdapter(base.decoder, dir, base);
}

/**
 * The same model for a forward on the CPU. libtorch does not multiply in float16 there, so that such a model is copied:
 * its weights are the same numbers in float32. Others come back as they are.
 *
 * @param adapterDir where its adapter lies; null without one
 */
export function forCpu(opened: OpenedModel, adapterDir: string | null): OpenedModel {
  const { decoder } = opened;
  if (decoder.dtype !== 'f16') return { ...opened, [Symbol.dispose]: () => undefined };
  const copy = new Decoder(decoder.config, inFloat32(decoder.weights));
  if (adapterDir !== null) return withAdapter(copy, adapterDir, copy);
  return { decoder: copy, adapter: null, [Symbol.dispose]: () => copy.dispose() };
}

/** @param owner freed with the adapter, or at once when that cannot be loaded */
function withAdapter(decoder: Decoder, dir: string, owner: { dispose(): void }): OpenedModel {
  let adapter: LoraAdapter;
  try {
    adapter = loadAdapter(dir, decoder);
  } catch (error) {
    owner.dispose();
    throw error;
  }
  const dispose = () => {
    adapter.dispose();
    owner.dispose();
  };
  return { decoder: decoder.withAdapter(adapter), adapter, [Symbol.dispose]: dispose };
}

function inFloat32({ embed, layers, norm, head }: DecoderWeights): DecoderWeights {
  const wide = (weight: Tensor): Tensor => weight.to({ dtype: 'f32' });
  return unscoped(() =>
    noGrad(() => ({
      embed: wide(embed),
      layers: layers.map(
        (layer) =>
          Object.fromEntries(
            Object.entries(layer).map(([name, weight]) => [name, wide(weight)]),
          ) as unknown as LayerWeights,
      ),
      norm: wide(norm),
      ...(head === undefined ? {} : { head: wide(head) }),
    })),
  );
}

/** The frozen model that an agent's adapter belongs to, in the run's number format. */
async function openAgentBase(agent: RunAgent, io: Pick<Io, 'stderr'>): Promise<SharedBase> {
  const folder = await baseFolder(agent, io);
  return openBase(folder, agent.dtype === null ? {} : { dtype: dtypes[agent.dtype] });
}

/** The folder of the frozen model that an agent's adapter belongs to; fetched if need be. @throws RunError */
export async function baseFolder({ startedFrom, index }: RunAgent, io: Pick<Io, 'stderr'>): Promise<string> {
  if (!isAbsolute(startedFrom)) return fetchFolder(startedFrom, io);
  if (existsSync(startedFrom)) return startedFrom;
  throw new RunError(
    `The adapter of agent-${index} belongs to the model in ${startedFrom}, which is not there any more. Put the model back, or correct \`agent_model.path\` in the run's config.yaml.`,
  );
}
