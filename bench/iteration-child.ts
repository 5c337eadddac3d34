/**
 * Our side of an iteration, in a process of its own that answers like the bare program: `iterate <items>` a line in,
 * one line of JSON out.
 *
 *   iteration-child.ts <agent folder> <critic folder> 4m|100m <agents> <turns> <threads> <device>
 */
import { createInterface } from 'node:readline';
import {
  type Critic,
  type LmCritic,
  type Metrics,
  type TrainerEvent,
  train,
  type ValueSample,
  type ValueUpdate,
} from '@collm/marl';
import { type Device, setNumThreads } from '@collm/torch';
import { algorithm, fixedLengths, oneStep, openMembers, turnTokens } from './iteration-team.js';
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
const environment = fixedLengths(Number(agents), Number(turns), models[model].vocabSize);
restartPeak();
const baseline = processBytes('VmRSS');
const team = await openMembers({ agent, critic }, environment.numAgents, device as Device);
let lastFit: { sample: ValueSample; settings: ValueUpdate } | undefined;
const watched = watchingFit(team.critic);
let criticTokens: number | undefined;

for await (const line of createInterface({ input: process.stdin })) {
  const [command, count] = line.split(' ');
  if (command === 'quit') break;
  console.log(JSON.stringify(await answer(Number(count))));
}
process.exit(0);

async function answer(items: number): Promise<IterationFigures | { error: string }> {
  try {
    const metrics = await iterate(items);
    criticTokens ??= await lastInput();
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

/** One step of the trainer, as a run of its own. */
async function iterate(items: number): Promise<Metrics> {
  let metrics: Metrics = {};
  await train({
    environment,
    agents: team.agents,
    critics: [watched],
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

/** The critic, with a sample of the last turn put by. */
function watchingFit(critic: LmCritic): Critic {
  return {
    values: (queries) => critic.values(queries),
    fit: (samples, settings) => {
      const sample = samples.find(({ query }) => query.history.remainingTurns === 1);
      if (sample !== undefined) lastFit = { sample, settings };
      return critic.fit(samples, settings);
    },
    save: (dir) => critic.save(dir),
    load: (dir) => critic.load(dir),
    dispose: () => critic.dispose(),
  };
}

/** An input of the last turn alone, of which the critic says how long it was. */
async function lastInput(): Promise<number> {
  if (lastFit === undefined) throw new Error('the critic was never fitted to a last turn');
  const { metrics } = await team.critic.fit([lastFit.sample], lastFit.settings);
  return metrics.input_tokens as number;
}
