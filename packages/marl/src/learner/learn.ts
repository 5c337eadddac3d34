/**
 * The one learner of all algorithms: optimiser steps of critics and agents from a lesson.
 *
 *   learn          critics, then agents, minibatch by minibatch
 *   updateCritics  one step per critic and minibatch of joint transitions, however many agents there are (D1)
 *   updateAgents   all side by side, or one after another (P16)
 */
import type { Algorithm, Lesson, Progress, StepRun, Unit } from '../algorithms/algorithm.js';
import { nextFactor } from '../credit/sequential-factor.js';
import { mean } from '../credit/statistics.js';
import type { FailedUpdate } from '../errors.js';
import { NonFiniteError } from '../errors.js';
import type { Metrics } from '../events.js';
import type { Agent, PolicySample, UpdateStats, ValueSample } from '../messages.js';
import { seededOrder } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { planMinibatches } from './minibatches.js';
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

type Minibatches = readonly (readonly number[])[];

async function updateCritics(
  run: StepRun,
  algorithm: Algorithm,
  units: readonly Unit[],
  minibatches: Minibatches,
): Promise<Metrics> {
  if (algorithm.value === null || run.critics.length === 0) return {};
  const settings = valueUpdate(algorithm.value, run.learningRateFactor);
  const stats = await run.phase('update-critic', (progress) =>
    sideBySide(
      run.critics.map(
        (critic, member) => () =>
          eachMinibatch(
            run,
            `critic ${member}`,
            minibatches,
            member === 0 ? progress : () => undefined,
            async (batch) => {
              const samples = batch.flatMap(
                (unit) => units[unit]?.regression[member] as readonly ValueSample[],
              );
              return checked(await critic.fit(samples, settings), {
                kind: 'value',
                member,
                samples,
                settings,
              });
            },
          ),
      ),
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
  const update = (
    { agent, roles }: Player,
    samples: (unit: number, role: number) => readonly PolicySample[],
  ) =>
    run.phase(
      'update-agent',
      (progress) =>
        eachMinibatch(run, `agent ${roles[0]}`, minibatches, progress, async (batch) => {
          const own = batch.flatMap((unit) => roles.flatMap((role) => samples(unit, role)));
          const given = warmingUp ? own.map(withoutAdvantage) : own;
          const member = roles[0] as number;
          return checked(await agent.update(given, settings), {
            kind: 'policy',
            member,
            samples: given,
            settings,
          });
        }),
      roles[0] as number,
    );
  const stats =
    algorithm.options.updateOrder === 'sequential'
      ? await oneAfterAnother(run, algorithm, units, players, update)
      : await sideBySide(
          players.map((player) => () => update(player, (unit, role) => policyOf(units, unit, role))),
        );
  return Object.assign(
    {},
    ...players.flatMap(({ roles }, index) =>
      roles.map((role) => summarise(`agent_${role + 1}`, 'policy_loss', stats[index] as UpdateStats[])),
    ),
  );
}

/** An agent and the roles that it plays. */
interface Player {
  readonly agent: Agent;
  readonly roles: readonly number[];
}

/** Agents that share their weights are one player: one optimiser step for all its roles. */
function playersOf(agents: readonly Agent[]): Player[] {
  return [...new Set(agents)].map((agent) => ({
    agent,
    roles: [...agents.keys()].filter((role) => agents[role] === agent),
  }));
}

/** P16: in a seeded order, each agent's advantages multiplied by what the agents before it have made of its team. */
async function oneAfterAnother(
  run: StepRun,
  { options }: Algorithm,
  units: readonly Unit[],
  players: readonly Player[],
  update: (
    player: Player,
    samples: (unit: number, role: number) => readonly PolicySample[],
  ) => Promise<UpdateStats[]>,
): Promise<UpdateStats[][]> {
  const stats: UpdateStats[][] = players.map(() => []);
  const factors = units.map(({ policy }) => (policy[0] as readonly PolicySample[]).map(() => 1));
  for (const index of seededOrder(players.length, run.seed, 'agent-order', run.step)) {
    const player = players[index] as Player;
    stats[index] = await update(player, (unit, role) =>
      policyOf(units, unit, role).map((sample, k) => scaledBy(sample, factors[unit]?.[k] as number)),
    );
    for (const role of player.roles) {
      const samples = units.flatMap((_, unit) => policyOf(units, unit, role));
      const logProbs = await player.agent.logProbs(samples, 'current', run.sampling.temperature);
      let position = 0;
      for (const own of factors) {
        own.forEach((factor, k) => {
          const { oldLogProbs } = samples[position] as PolicySample;
          own[k] = nextFactor(
            factor,
            logProbs[position++] as Float32Array,
            oldLogProbs,
            options.sequentialClip,
          );
        });
      }
    }
  }
  return stats;
}

const policyOf = (units: readonly Unit[], unit: number, role: number): readonly PolicySample[] =>
  units[unit]?.policy[role] as readonly PolicySample[];

const scaledBy = (sample: PolicySample, factor: number): PolicySample => ({
  ...sample,
  advantage:
    typeof sample.advantage === 'number'
      ? sample.advantage * factor
      : sample.advantage.map((each) => each * factor),
});

const withoutAdvantage = (sample: PolicySample): PolicySample => ({ ...sample, advantage: 0 });

async function eachMinibatch(
  run: StepRun,
  member: string,
  minibatches: Minibatches,
  progress: Progress,
  update: (units: readonly number[]) => Promise<UpdateStats>,
): Promise<UpdateStats[]> {
  const stats: UpdateStats[] = [];
  for (const [index, units] of minibatches.entries()) {
    try {
      stats.push(await update(units));
      run.accepted(member);
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      // The weights are as they were: leave the minibatch out, or stop.
      run.refused(member, error);
    }
    progress(index + 1, minibatches.length);
  }
  return stats;
}

/** @throws NonFiniteError when a figure of the update is not finite; the member has then left its weights alone */
function checked(stats: UpdateStats, update: FailedUpdate): UpdateStats {
  const { kind, member, samples } = update;
  const figures = {
    [`${kind} loss`]: stats.loss,
    [`${kind} gradient norm`]: stats.gradNorm,
    ...stats.metrics,
  };
  for (const [name, value] of Object.entries(figures)) {
    if (Number.isFinite(value)) continue;
    throw new NonFiniteError(
      name,
      value,
      kind === 'policy' ? member : null,
      samples.map((sample) => ('turn' in sample ? sample.turn : sample.query.history.turn)),
      samples.map((sample) => sample.itemId),
      update,
    );
  }
  return stats;
}

/** Means over the optimiser steps, under one metric group; steps that were left out are not in them. */
function summarise(group: string, lossName: string, stats: readonly UpdateStats[]): Metrics {
  if (stats.length === 0) return { [`${group}/updates`]: 0 };
  const metrics: Record<string, number> = {
    [`${group}/${lossName}`]: mean(stats.map((one) => one.loss)),
    [`${group}/grad_norm`]: mean(stats.map((one) => one.gradNorm)),
    [`${group}/updates`]: stats.length,
  };
  for (const name of Object.keys(stats[0]?.metrics ?? {})) {
    metrics[`${group}/${name}`] = mean(stats.flatMap((one) => one.metrics[name] ?? []));
  }
  return metrics;
}
