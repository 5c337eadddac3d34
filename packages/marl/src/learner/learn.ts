/**
 * The one learner of all algorithms: optimiser steps of critics and agents from a lesson.
 *
 *   learn          critics, then agents, minibatch by minibatch
 *   updateCritics  one step per critic and minibatch of joint transitions, however many agents there are (D1)
 *   updateAgents   all side by side, or one after another (sequential.ts)
 */
import type { Algorithm, Lesson, StepRun, Unit } from '../algorithms/algorithm.js';
import type { Metrics } from '../events.js';
import type { PolicySample, UpdateStats, ValueSample } from '../messages.js';
import { sideBySide } from '../side-by-side.js';
import { planMinibatches } from './minibatches.js';
import { checked, eachMinibatch, type Minibatches, summarise } from './optimiser-steps.js';
import { meanWeightOf, type Player, playersOf, policyOf, type SamplesOf } from './players.js';
import { oneAfterAnother } from './sequential.js';
import { policyUpdate, valueUpdate } from './settings.js';

/** Learns from a lesson; nothing of the run has changed before. */
export async function learn(run: StepRun, algorithm: Algorithm, lesson: Lesson): Promise<Metrics> {
  run.commit();
  const { units } = lesson;
  if (units.length === 0) return {};
  const { trainBatchSize, updateEpochs } = algorithm.options;
  const episodes = new Map(lesson.episodes.map((episode, index) => [episode, index]));
  const minibatches = planMinibatches(
    units.map(({ episode }) => episodes.get(episode) as number),
    trainBatchSize,
    updateEpochs,
    run.seed,
    run.step,
  );
  return {
    ...(await updateCritics(run, algorithm, units, minibatches)),
    ...(await updateAgents(run, algorithm, units, minibatches)),
  };
}

async function updateCritics(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  minibatches: Minibatches,
): Promise<Metrics> {
  const { critics } = run;
  if (algorithm.value === null || critics.length === 0) return {};
  const settings = valueUpdate(algorithm.value, run.learningRateFactor);
  const stats = await run.phase('update-critic', (progress) =>
    sideBySide(
      critics.map((critic, member) => () => {
        // One display for all: the critics go through the same minibatches.
        const shown = member === 0 ? progress : () => undefined;
        return eachMinibatch(run, `critic ${member}`, minibatches, shown, async (batch) => {
          const samples = batch.flatMap((unit) => units[unit]?.regression[member] as readonly ValueSample[]);
          const made = await critic.fit(samples, settings);
          return checked(made, { kind: 'value', member, samples, settings });
        });
      }),
    ),
  );
  const group = (member: number) => (stats.length === 1 ? 'critic' : `critic_${member + 1}`);
  return Object.assign({}, ...stats.map((own, member) => summarise(group(member), 'value_loss', own)));
}

async function updateAgents(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  minibatches: Minibatches,
): Promise<Metrics> {
  const warmingUp = run.step < algorithm.criticWarmupSteps;
  const settings = policyUpdate(algorithm, run.sampling.temperature, run.learningRateFactor, warmingUp);
  // Critics of their own have had their update; a head on the backbone learns in the agent's.
  if (warmingUp && settings.value === null) return {};
  const players = playersOf(run.agents);
  const update = (player: Player, samplesOf: SamplesOf) => {
    const { agent, roles, member } = player;
    const own = { ...settings, meanWeight: meanWeightOf(player, units, samplesOf) };
    return run.phase(
      'update-agent',
      (progress) =>
        eachMinibatch(run, `agent ${member}`, minibatches, progress, async (batch) => {
          const given = batch.flatMap((unit) => roles.flatMap((role) => samplesOf(unit, role)));
          const samples = warmingUp ? given.map(withoutAdvantage) : given;
          const made = await agent.update(samples, own);
          return checked(made, { kind: 'policy', member, samples, settings: own });
        }),
      member,
    );
  };
  const stats =
    algorithm.options.updateOrder === 'sequential'
      ? await oneAfterAnother(run, algorithm, units, players, update)
      : await sideBySide(players.map((player) => () => update(player, policyOf(units))));
  return Object.assign(
    {},
    ...players.flatMap(({ roles }, index) =>
      roles.map((role) => summarise(`agent_${role + 1}`, 'policy_loss', stats[index] as UpdateStats[])),
    ),
  );
}

const withoutAdvantage = (sample: PolicySample): PolicySample => ({ ...sample, advantage: 0 });
