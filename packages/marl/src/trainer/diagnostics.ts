/**
 * What the paper's question is about, measured in any run: how much advantages and policy gradients vary between
 * rollouts of the same items, and how far the other agents' policies move in a step. Nothing of it is trained on.
 */
import type { Algorithm, Lesson, LessonRun, StepRun, Unit } from '../algorithms/algorithm.js';
import type { TrainerOptions } from '../config.js';
import { klEstimate } from '../credit/kl.js';
import { meanAdvantage } from '../credit/normalisation.js';
import { mean, sampleVariance } from '../credit/statistics.js';
import type { Metrics } from '../events.js';
import { playersOf } from '../learner/players.js';
import { scoringTemperature } from '../learner/reference-faults.js';
import { policyUpdate } from '../learner/settings.js';
import type { PolicySample } from '../messages.js';
import { seededOrder } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { lendLesson } from './lend-lesson.js';
import { Phases } from './phases.js';
import type { TrainingRun } from './training-run.js';

/** Whether the step after so many is one to measure in. */
export function diagnosticsAreDue({ diagnostics: { interval } }: TrainerOptions, step: number): boolean {
  return interval > 0 && step % interval === 0;
}

/**
 * Plays a fixed seeded choice of training items again and again with the policies as they are, and lets the algorithm
 * credit each repetition as if it were a step of its own.
 */
export async function measureSpread(run: TrainingRun, algorithm: Algorithm, step: StepRun): Promise<Metrics> {
  return step.phase('diagnostics', async (progress) => {
    const { rollouts } = run.options.diagnostics;
    const lessons: Lesson[] = [];
    for (let repetition = 0; repetition < rollouts; repetition++) {
      lessons.push(await algorithm.lesson(lendRepetition(run, step, repetition)));
      progress(repetition + 1, rollouts);
    }
    const whole = lessons.filter(({ units }) => units.length > 0);
    if (whole.length < 2) return {};
    // The policy gradient alone: neither divergence, entropy nor a value head's loss.
    const settings = {
      ...policyUpdate(algorithm, step.sampling, 1),
      kl: null,
      entropyCoef: 0,
      value: null,
    };
    const metrics: Record<string, number> = {};
    for (const { agent, roles } of playersOf(run.agents)) {
      const batches = whole.map(({ units }) =>
        units.flatMap(({ policy }) => roles.flatMap((role) => policy[role] as readonly PolicySample[])),
      );
      const spread = await agent.gradientSpread(batches, settings);
      for (const role of roles) {
        const group = `agent_${role + 1}`;
        metrics[`${group}/gradient_variance`] = spread.variance;
        metrics[`${group}/gradient_mean_norm`] = spread.meanNorm;
        metrics[`${group}/advantage_variance`] = advantageVariance(whole, role);
      }
    }
    const scored = lessons.flatMap(({ episodes, extraEnvSteps }) => [
      extraEnvSteps,
      ...episodes.map(({ transitions }) => transitions.length),
    ]);
    metrics['diagnostics/env_steps'] = scored.reduce((sum, count) => sum + count, 0);
    return metrics;
  });
}

/**
 * How far each agent's policy has moved in this step, as KL(before || after) of its own responses, and for every agent
 * the sum over the others: what its critic and its gradient did not see coming (non-stationarity).
 */
export async function measureDrift(
  { options }: Algorithm,
  step: StepRun,
  { units }: Lesson,
): Promise<Metrics> {
  if (units.length === 0) return {};
  const temperature = scoringTemperature(step.sampling, options);
  const drifts = await step.phase('diagnostics', () =>
    sideBySide(step.agents.map((_, role) => () => driftOf(step, units, role, temperature))),
  );
  const total = drifts.reduce((sum, drift) => sum + drift, 0);
  return Object.fromEntries(
    drifts.flatMap((drift, role) => [
      [`agent_${role + 1}/drift`, drift],
      [`agent_${role + 1}/others_drift`, total - drift],
    ]),
  );
}

async function driftOf(
  step: StepRun,
  units: readonly Unit[],
  role: number,
  temperature: number,
): Promise<number> {
  const samples = units.flatMap(({ policy }) => policy[role] as readonly PolicySample[]);
  const after = await step.agents[role]?.logProbs(samples, 'current', temperature);
  return mean(
    samples.map(({ oldLogProbs }, index) => klEstimate('k3', oldLogProbs, after?.[index] as Float32Array)),
  );
}

/** One repetition: always the same items, random numbers of its own. */
function lendRepetition(run: TrainingRun, { step }: StepRun, repetition: number): LessonRun {
  const { environment, options } = run;
  const { items, rollouts } = options.diagnostics;
  const chosen = seededOrder(environment.trainItems.length, options.seed, 'diagnostics-items').slice(
    0,
    items,
  );
  const silent = new Phases(step, () => undefined, run.signal);
  return lendLesson(run, silent, ({ episodesPerItem }, play) => {
    const count = chosen.length * episodesPerItem;
    const first = (step * rollouts + repetition) * count;
    const specs = chosen.flatMap((index, position) =>
      Array.from({ length: episodesPerItem }, (_, generation) => ({
        item: environment.trainItems[index] as (typeof environment.trainItems)[number],
        episode: first + position * episodesPerItem + generation,
      })),
    );
    return play(specs, 'diagnostics');
  });
}

/** Unbiased variance of the advantages of one item and turn over all repetitions, the mean over items and turns. */
function advantageVariance(lessons: readonly Lesson[], role: number): number {
  const groups = new Map<string, number[]>();
  for (const { units } of lessons) {
    for (const { episode, turn, policy } of units) {
      const key = `${turn} ${episode.item.id}`;
      const own = (policy[role] as readonly PolicySample[]).map(({ advantage }) => meanAdvantage(advantage));
      groups.set(key, [...(groups.get(key) ?? []), ...own]);
    }
  }
  return mean([...groups.values()].map(sampleVariance));
}
