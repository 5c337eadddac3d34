/**
 * Our side of an iteration, in a process of its own that answers like the bare program: `iterate <items>` a line in,
 * one line of JSON out.
 *
 *   iteration-child.ts <agent folder> <critic folder> 4m|100m <agents> <turns> <threads> <device>
 */
import { createInterface } from 'node:readline';
import { decoderConfig } from '@collm/lm';
import {
  type Critic,
  type LmAgent,
  type LmCritic,
  type Metrics,
  type TrainerEvent,
  train,
  type ValueSample,
  type ValueUpdate,
} from '@collm/marl';
import { type Device, setNumThreads } from '@collm/torch';
import { algorithm, fixedLengths, oneStep, openMembers, turnTokens, writeModels } from './iteration-team.js';
import { processBytes, restartPeak } from './process-memory.js';
import { type ModelName, models } from './workloads.js';

/** What one iteration took. */
export interface IterationFigures {
  /** Milliseconds of the whole step, and of its phases by name. */
  step: number;
  phases: Record<string, number>;
  /** Optimiser steps of the critic. */
  criticSteps: number;
  /** Tokens of a critic's input at the last turn, which those of the turns before it begin. */
  criticTokens: number;
  /** Bytes resident before the models were opened, and at most since then. */
  baseline: number;
  peak: number;
}

const [agent, critic, model, agents, turns, threads, device] = process.argv.slice(2) as [
  string,
  string,
  ModelName,
  ...string[],
];
setNumThreads(Number(threads));
const toyModel = decoderConfig({
  modelType: 'qwen3',
  numLayers: 1,
  hiddenSize: 32,
  numHeads: 2,
  numKvHeads: 1,
  headDim: 16,
  intermediateSize: 64,
  vocabSize: 512,
  ropeTheta: 1e6,
  maxPositions: 2048,
  tieEmbeddings: true,
});
await playToy();
restartPeak();
const baseline = processBytes('VmRSS');
const { vocabSize } = models[model];
const team = await openTeam({ agent, critic }, vocabSize);
let criticTokens: number | undefined;

for await (const line of createInterface({ input: process.stdin })) {
  const [command, count] = line.split(' ');
  if (command === 'quit') break;
  console.log(JSON.stringify(await answer(Number(count))));
}
process.exit(0);

async function answer(items: number): Promise<IterationFigures | { error: string }> {
  try {
    const metrics = await iterate(team, items);
    criticTokens ??= await lastInput(team);
    return {
      step: (metrics['time/step'] as number) * 1000,
      phases: phasesOf(metrics),
      criticSteps: metrics['critic/updates'] as number,
      criticTokens,
      baseline,
      peak: processBytes('VmHWM'),
    };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

interface Team {
  environment: ReturnType<typeof fixedLengths>;
  agents: LmAgent[];
  critic: LmCritic;
  lastFit?: { sample: ValueSample; settings: ValueUpdate };
}

async function openTeam(folders: { agent: string; critic: string }, vocabSize: number): Promise<Team> {
  const environment = fixedLengths(Number(agents), Number(turns), vocabSize);
  return { environment, ...(await openMembers(folders, environment.numAgents, device as Device)) };
}

/**
 * An iteration of a team of next to no weights: what it leaves behind, code and the heap of JavaScript, is what the
 * process holds without models.
 */
async function playToy(): Promise<void> {
  const folders = writeModels(toyModel, 'f32');
  const toy = await openTeam(folders, toyModel.vocabSize);
  await iterate(toy, 2);
  for (const member of [...toy.agents, toy.critic]) member.dispose();
  folders.remove();
}

/** One step of the trainer, as a run of its own. */
async function iterate(team: Team, items: number): Promise<Metrics> {
  let metrics: Metrics = {};
  await train({
    environment: team.environment,
    agents: team.agents,
    critics: [watched(team)],
    algorithm,
    options: oneStep(items),
    checkpoints: null,
    onEvent: (event) => {
      checkLengths(event);
      if (event.type === 'step-finished') metrics = event.metrics;
    },
  });
  return metrics;
}

function phasesOf(metrics: Metrics): Record<string, number> {
  const phases = ['rollout', 'values', 'update_critic', 'update_agent'].map(
    (name) => [name, (metrics[`time/${name}`] as number) * 1000] as const,
  );
  const inPhases = phases.reduce((sum, [, time]) => sum + time, 0);
  return { ...Object.fromEntries(phases), credit: (metrics['time/step'] as number) * 1000 - inPhases };
}

/** A figure for other lengths than those of the bare program would mean nothing. */
function checkLengths(event: TrainerEvent): void {
  if (event.type !== 'episode') return;
  for (const { turn, agents } of event.record.turns) {
    for (const { promptTokens, responseTokens } of agents) {
      const expected = (2 * turn + 1) * turnTokens;
      if (promptTokens !== expected || responseTokens !== turnTokens)
        throw new Error(
          `turn ${turn} had ${promptTokens} + ${responseTokens} tokens, not ${expected} + ${turnTokens}`,
        );
    }
  }
}

/** The team's critic, with a sample of the last turn put by. */
function watched(team: Team): Critic {
  const { critic } = team;
  return {
    values: (queries) => critic.values(queries),
    fit: (samples, settings) => {
      const sample = samples.find(({ query }) => query.history.remainingTurns === 1);
      if (sample !== undefined) team.lastFit = { sample, settings };
      return critic.fit(samples, settings);
    },
    save: (dir) => critic.save(dir),
    load: (dir) => critic.load(dir),
    dispose: () => critic.dispose(),
  };
}

/** Tokens of the last turn's input, of which the critic says how long it was when that is all it is fitted to. */
async function lastInput({ critic, lastFit }: Team): Promise<number> {
  if (lastFit === undefined) throw new Error('the critic was never fitted to a last turn');
  const { metrics } = await critic.fit([lastFit.sample], lastFit.settings);
  return metrics.input_tokens as number;
}
