/**
 * A whole CoLLM-CC iteration of two agents over the sum of its parts in the bare program: each agent's rollout, a
 * training pass over each agent's tokens, one over the critic's. And what the iteration holds in memory.
 */
import { fileURLToPath } from 'node:url';
import { type Device, type DType, dtypeBytes } from '@collm/torch';
import type { IterationFigures } from './iteration-child.js';
import { items, type ModelFolders, tokensPerMicroBatch, turnTokens, writeModels } from './iteration-team.js';
import { type Comparison, compare, median, NativeProgram, ServedProgram } from './measure.js';
import { type ModelName, models } from './workloads.js';

export interface IterationSetup {
  /** The bare program's path. */
  program: string;
  threads: number;
  device: Device;
  turns: readonly number[];
  quick: boolean;
  report(result: Comparison, target: number): void;
}

interface IterationCase {
  model: ModelName;
  dtype: DType;
  turns: number;
}

const numAgents = 2;
const child = fileURLToPath(new URL('./iteration-child.ts', import.meta.url));

/** An iteration for each number of turns. */
export async function iterations(setup: IterationSetup, model: ModelName, dtype: DType): Promise<void> {
  const folders = writeModels(models[model], dtype);
  try {
    for (const turns of setup.turns) await iteration(setup, folders, { model, dtype, turns });
  } finally {
    folders.remove();
  }
}

async function iteration(setup: IterationSetup, folders: ModelFolders, which: IterationCase): Promise<void> {
  const { model, dtype, turns } = which;
  const ours = openOurs(setup, folders, model, numAgents, turns);
  const bare = new NativeProgram(setup.program);
  try {
    // What the optimisers make at first, what is compiled only after a while, and the memory of a first whole micro-batch
    // do not count.
    const warmUp = model === '4m' ? items : Math.ceil(tokensPerMicroBatch / (2 * turnTokens * turns));
    const { criticTokens } = await ours.ask<IterationFigures>(`iterate ${warmUp}`);
    await bare.run(`decode ${common(setup, which)} --steps 1 --warmup 0`);

    const taken: IterationFigures[] = [];
    const parts: BareParts[] = [];
    const result = await compare(
      `iteration ${model} ${dtype}, ${turns} turn${turns === 1 ? '' : 's'}`,
      'ms',
      roundsOf(setup, which),
      async () => {
        const figures = await ours.ask<IterationFigures>(`iterate ${items}`);
        taken.push(figures);
        return figures.step;
      },
      async () => {
        const made = await bareParts(setup, bare, which, criticTokens);
        parts.push(made);
        return sumOf(made);
      },
    );
    report(setup, result, taken, parts);
    if (setup.device === 'cpu') reportMemory(setup, result.name, which, taken, parts);
  } finally {
    ours.quit();
    bare.quit();
  }
}

function openOurs(
  setup: IterationSetup,
  { agent, critic }: ModelFolders,
  model: ModelName,
  agents: number,
  turns: number,
): ServedProgram {
  const args = [agent, critic, model, agents, turns, setup.threads, setup.device].map(String);
  return new ServedProgram(process.execPath, ['--import', 'tsx', child, ...args], 'our iteration');
}

/** The large model takes minutes a round. */
function roundsOf({ quick }: IterationSetup, { model, turns }: IterationCase): number {
  if (model === '4m') return quick ? 3 : 5;
  return quick || turns > 1 ? 1 : 2;
}

/** Milliseconds, and bytes of activations. */
interface BareParts {
  /** One agent's rollout, its prompts included. */
  rollout: number;
  prompts: number;
  /** One training pass over one agent's tokens. */
  actor: number;
  critic: number;
  parameters: number;
  activations: number;
}

const sumOf = ({ rollout, actor, critic }: BareParts): number => numAgents * (rollout + actor) + critic;

async function bareParts(
  setup: IterationSetup,
  bare: NativeProgram,
  which: IterationCase,
  criticTokens: number,
): Promise<BareParts> {
  const { turns } = which;
  const options = common(setup, which);
  const pass = (loss: string, length: number) => {
    const rows = Math.max(1, Math.floor(tokensPerMicroBatch / length));
    return bare.run(
      `pass ${options} --loss ${loss} --length ${length} --turns ${turns} --micro-batch ${rows} --steps 1 --warmup 0`,
    );
  };
  const rollout = await bare.run(`rollout ${options} --turns ${turns} --steps 1 --warmup 0`);
  const actor = await pass('responses', 2 * turnTokens * turns);
  const critic = await pass('value', criticTokens);
  return {
    rollout: rollout.median,
    prompts: rollout.prompts_ms as number,
    actor: actor.median,
    critic: critic.median,
    parameters: actor.parameters as number,
    activations: Math.max(actor.activation_bytes as number, critic.activation_bytes as number),
  };
}

/** Our optimiser keeps f32 copies of bf16 weights; so does the bare loop here. */
function common({ threads, device }: IterationSetup, { model, dtype }: IterationCase): string {
  const masters = dtype === 'bf16' ? ' --masters 1' : '';
  return `--model ${model} --dtype ${dtype} --batch ${items} --threads ${threads} --device ${device}${masters}`;
}

function report(
  setup: IterationSetup,
  result: Comparison,
  taken: readonly IterationFigures[],
  parts: readonly BareParts[],
): void {
  const middle = <T>(of: readonly T[], value: (one: T) => number) => median(of.map(value));
  const names = Object.keys((taken[0] as IterationFigures).phases);
  const phases = names.map((name) => [name, middle(taken, (one) => one.phases[name] as number)] as const);
  const { criticTokens, criticSteps } = taken[0] as IterationFigures;
  const bare = {
    prompts: numAgents * middle(parts, (one) => one.prompts),
    decoding: numAgents * middle(parts, (one) => one.rollout - one.prompts),
    actors: numAgents * middle(parts, (one) => one.actor),
    critic: middle(parts, (one) => one.critic),
  };
  const withoutPrompts = result.ours / (bare.decoding + bare.actors + bare.critic);
  const named = (group: string, entries: readonly (readonly [string, number])[]) =>
    Object.fromEntries(entries.map(([name, value]) => [`${group} ${name}`, value]));
  const details = {
    ...named('ours', phases),
    ...named('bare', Object.entries(bare)),
    criticTokens,
    criticSteps,
    withoutPrompts,
  };
  setup.report({ ...result, details }, 1.25);
  const shares = (entries: readonly (readonly [string, number])[], whole: number) =>
    entries
      .map(([name, time]) => `${name} ${time.toFixed(0)} ms (${((100 * time) / whole).toFixed(1)}%)`)
      .join(', ');
  console.log(`  ours: ${shares(phases, result.ours)}`);
  console.log(`  bare: ${shares(Object.entries(bare), result.bare)}`);
  console.log(
    `  critic: inputs of ${criticTokens} tokens, ${criticSteps} step; ratio to a sum without the prompts: ${withoutPrompts.toFixed(2)}`,
  );
}

/** Peak above what the process holds without models, over weights, gradients, optimisers and a micro-batch's activations. */
function reportMemory(
  setup: IterationSetup,
  name: string,
  { dtype }: IterationCase,
  taken: readonly IterationFigures[],
  parts: readonly BareParts[],
): void {
  const { parameters } = parts[0] as BareParts;
  const activations = Math.max(...parts.map((one) => one.activations));
  const masters = dtype === 'f32' ? 0 : 4;
  const perWeight = 2 * dtypeBytes(dtype) + masters + 2 * 4; // weight, gradient, master, two moments
  const sum = (numAgents + 1) * perWeight * parameters + activations;
  const { peak, baseline } = taken.at(-1) as IterationFigures;
  const ratio = (peak - baseline) / sum;
  setup.report(
    {
      name: name.replace('iteration', 'memory of an iteration'),
      unit: 'MB',
      ours: (peak - baseline) / 1e6,
      bare: sum / 1e6,
      ratio,
      lowest: ratio,
      highest: ratio,
      details: { activations: activations / 1e6, baseline: baseline / 1e6 },
    },
    1.2,
  );
}

/** The critic's optimiser steps an iteration, with four agents over with two. */
export async function criticSteps(setup: IterationSetup): Promise<void> {
  const folders = writeModels(models['4m'], 'f32');
  try {
    const steps: number[] = [];
    for (const agents of [4, 2]) {
      const ours = openOurs(setup, folders, '4m', agents, 1);
      steps.push((await ours.ask<IterationFigures>('iterate 4')).criticSteps);
      ours.quit();
    }
    const [four, two] = steps as [number, number];
    const ratio = four / two;
    setup.report(
      {
        name: 'critic steps, 4 agents over 2',
        unit: 'steps',
        ours: four,
        bare: two,
        ratio,
        lowest: ratio,
        highest: ratio,
      },
      1,
    );
  } finally {
    folders.remove();
  }
}
