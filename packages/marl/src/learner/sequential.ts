import type { Algorithm, StepRun, Unit } from '../algorithms/algorithm.js';
import { nextFactor } from '../credit/sequential-factor.js';
import type { PolicySample, UpdateStats } from '../messages.js';
import { seededOrder } from '../seeded.js';
import { split } from '../split.js';
import { type Player, policyOf, type SamplesOf } from './players.js';
import { scoringTemperature } from './reference-faults.js';

/**
 * Updates agents one after another in a seeded order, each agent's advantages multiplied by what the agents before it
 * have made of their parts of the joint action (P16; HAPPO, Kuba et al. 2022).
 */
export async function oneAfterAnother(
  run: StepRun,
  { options }: Algorithm,
  units: readonly Unit[],
  players: readonly Player[],
  update: (player: Player, samplesOf: SamplesOf) => Promise<UpdateStats[]>,
): Promise<UpdateStats[][]> {
  const stats: UpdateStats[][] = players.map(() => []);
  const samplesOf = policyOf(units);
  // One factor a joint sample, whose position in a unit is the same for all agents.
  const lengths = units.map((_, unit) => samplesOf(unit, 0).length);
  let factors = lengths.map((length) => new Array<number>(length).fill(1));
  for (const index of seededOrder(players.length, run.seed, 'agent-order', run.step)) {
    const player = players[index] as Player;
    const before = factors;
    stats[index] = await update(player, (unit, role) =>
      samplesOf(unit, role).map((sample, k) => scaledBy(sample, before[unit]?.[k] as number)),
    );
    for (const role of player.roles) {
      const samples = units.flatMap((_, unit) => samplesOf(unit, role));
      const logProbs = await run.phase(
        'update-agent',
        () => player.agent.logProbs(samples, 'current', scoringTemperature(run.sampling, options)),
        role,
      );
      const flat = factors.flat();
      const next = samples.map(({ oldLogProbs }, k) =>
        nextFactor(flat[k] as number, logProbs[k] as Float32Array, oldLogProbs, options.sequentialClip),
      );
      factors = split(next, lengths);
    }
  }
  return stats;
}

function scaledBy(sample: PolicySample, factor: number): PolicySample {
  const { advantage } = sample;
  const scaled = typeof advantage === 'number' ? advantage * factor : advantage.map((each) => each * factor);
  return { ...sample, advantage: scaled };
}
