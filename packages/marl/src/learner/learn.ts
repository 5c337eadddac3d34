/**
 * The one learner of all algorithms: optimiser steps of critics and agents from a lesson.
 *
 *   learn                 critics, then agents, minibatch by minibatch
 *   criticInEveryUpdate   the order of the reference (D1): an agent, the critic, the next agent, the critic again
 *   stepsOfCritics        one step per critic and minibatch of joint transitions, however many agents there are
 *   stepsOfAgent          of one agent, all its roles at once
 */
import type { Algorithm, Lesson, StepRun, Unit } from '../algorithms/algorithm.js';
import type { Metrics } from '../events.js';
import type { Critic, PolicySample, UpdateStats, ValueSample } from '../messages.js';
import { sideBySide } from '../side-by-side.js';
import { planMinibatches } from './minibatches.js';
import { checked, eachMinibatch, type Minibatches, summarise } from './optimiser-steps.js';
import { meanWeightOf, type Player, playersOf, policyOf, type SamplesOf } from './players.js';
import { hasFault } from './reference-faults.js';
import { oneAfterAnother } from './sequential.js';
import { policyUpdate, valueUpdate } from './settings.js';

/** Learns from a lesson; nothing of the run has changed before. */
export async function learn(run: StepRun, algorithm: Algorithm, lesson: Lesson): Promise<Metrics> {
  run.commit();
  const { units } = lesson;
  if (units.length === 0) return {};
  if (hasFault(algorithm.options, 'D1')) return criticInEveryUpdate(run, algorithm, units);
  const { trainBatchSize, updateEpochs } = algorithm.options;
  const episodes = new Map(lesson.episodes.map((episode, index) => [episode, index]));
  const episodeOf = units.map(({ episode }) => episodes.get(episode) as number);
  const minibatches = (epochs: number) =>
    planMinibatches(episodeOf, trainBatchSize, epochs, run.seed, run.step);
  return {
    ...(await updateCritics(run, algorithm, units, minibatches(criticEpochs(algorithm)))),
    ...(await updateAgents(run, algorithm, units, minibatches(updateEpochs))),
  };
}

/**
 * D1: every agent goes through joint transitions in an order of its own and takes the critic along, which so makes as many
 * passes over them as there are agents, the later ones on targets that it has learned before. The reference alternates the
 * two within a minibatch; neither reads what the other learns, so the steps are the same.
 */
async function criticInEveryUpdate(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
): Promise<Metrics> {
  const { trainBatchSize, updateEpochs } = algorithm.options;
  const ofCritic: UpdateStats[] = [];
  const ofAgents: Metrics[] = [];
  for (const player of playersOf(run.agents)) {
    const { member } = player;
    const minibatches = (epochs: number) =>
      planMinibatches([...units.keys()], trainBatchSize, epochs, run.seed, run.step, member);
    if (!isWarmUp(run, algorithm)) {
      const own = minibatches(updateEpochs);
      const stats = await stepsOfAgent(run, algorithm, units, player, policyOf(units), own);
      ofAgents.push(agentMetrics(player, stats));
    }
    const ofCriticOnly = minibatches(criticEpochs(algorithm));
    const [fitted = []] = await stepsOfCritics(run, algorithm, [0], units, ofCriticOnly, member);
    ofCritic.push(...fitted);
  }
  return Object.assign(summarise('critic', 'value_loss', ofCritic), ...ofAgents);
}

async function updateCritics(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  minibatches: Minibatches,
): Promise<Metrics> {
  const members = [...run.critics.keys()];
  if (members.length === 0) return {};
  const stats = await stepsOfCritics(run, algorithm, members, units, minibatches);
  const group = (member: number) => (stats.length === 1 ? 'critic' : `critic_${member + 1}`);
  return Object.assign({}, ...stats.map((own, member) => summarise(group(member), 'value_loss', own)));
}

/** @param learns whose entry of `Unit.regression` is learned, where it is not the critic's own */
async function stepsOfCritics(
  run: StepRun,
  algorithm: Algorithm,
  members: readonly number[],
  units: readonly Unit[],
  minibatches: Minibatches,
  learns?: number,
): Promise<UpdateStats[][]> {
  if (algorithm.value === null) return [];
  const settings = valueUpdate(algorithm.value, run.learningRateFactor);
  return run.phase('update-critic', (progress) =>
    sideBySide(
      members.map((member) => () => {
        const critic = run.critics[member] as Critic;
        // One display for all: the critics go through the same minibatches.
        const shown = member === 0 ? progress : () => undefined;
        return eachMinibatch(run, `critic ${member}`, minibatches, shown, async (batch) => {
          const samples = batch.flatMap(
            (unit) => units[unit]?.regression[learns ?? member] as readonly ValueSample[],
          );
          const made = await critic.fit(samples, settings);
          return checked(made, { kind: 'value', member, samples, settings });
        });
      }),
    ),
  );
}

async function updateAgents(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  minibatches: Minibatches,
): Promise<Metrics> {
  // Critics of their own have had their update; a head on the backbone learns in the agent's.
  if (isWarmUp(run, algorithm) && run.critics.length > 0) return {};
  const players = playersOf(run.agents);
  const update = (player: Player, samplesOf: SamplesOf) =>
    stepsOfAgent(run, algorithm, units, player, samplesOf, minibatches);
  const stats =
    algorithm.options.updateOrder === 'sequential'
      ? await oneAfterAnother(run, algorithm, units, players, update)
      : await sideBySide(players.map((player) => () => update(player, policyOf(units))));
  return Object.assign(
    {},
    ...players.map((player, index) => agentMetrics(player, stats[index] as UpdateStats[])),
  );
}

function stepsOfAgent(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  player: Player,
  samplesOf: SamplesOf,
  minibatches: Minibatches,
): Promise<UpdateStats[]> {
  const { agent, roles, member } = player;
  const warmingUp = isWarmUp(run, algorithm);
  const settings = {
    ...policyUpdate(algorithm, run.sampling, run.learningRateFactor, warmingUp),
    meanWeight: meanWeightOf(player, units, samplesOf),
  };
  return run.phase(
    'update-agent',
    (progress) =>
      eachMinibatch(run, `agent ${member}`, minibatches, progress, async (batch) => {
        const given = batch.flatMap((unit) => roles.flatMap((role) => samplesOf(unit, role)));
        const samples = warmingUp ? given.map(withoutAdvantage) : given;
        const made = await agent.update(samples, settings);
        return checked(made, { kind: 'policy', member, samples, settings });
      }),
    member,
  );
}

/** The same figures for every role of a player. */
const agentMetrics = ({ roles }: Player, stats: readonly UpdateStats[]): Metrics =>
  Object.assign({}, ...roles.map((role) => summarise(`agent_${role + 1}`, 'policy_loss', stats)));

/** Critics of their own may go on where the agents stop: values do not depend on who has sampled the data. */
const criticEpochs = ({ value, options }: Algorithm): number =>
  value?.criticUpdateEpochs ?? options.updateEpochs;

/** Only value functions learn. */
const isWarmUp = ({ step }: StepRun, { criticWarmupSteps }: Algorithm): boolean => step < criticWarmupSteps;

const withoutAdvantage = (sample: PolicySample): PolicySample => ({ ...sample, advantage: 0 });
