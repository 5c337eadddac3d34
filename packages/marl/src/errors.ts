import type { PlayPhase, PolicySample, PolicyUpdate, ValueSample, ValueUpdate } from './messages.js';
import type { Episode } from './rollout/episode.js';

/** Where in a rollout something went wrong. Agents and turns count from 0. */
export interface RolloutPlace {
  readonly phase: PlayPhase;
  readonly turn: number;
  readonly agent?: number;
  /** Running number of the episode within its phase. */
  readonly episode?: number;
  readonly itemIds: readonly string[];
}

/** An environment or an agent failed during a rollout, or gave something no learner can use. */
export class RolloutError extends Error {
  readonly code = 'ROLLOUT';
  override readonly name = 'RolloutError';
  /** Private, so that nobody who prints the error prints whole episodes. */
  #inFlight: readonly Episode[] = [];

  constructor(
    readonly source: 'environment' | 'agent',
    /** What went wrong, without the place. */
    readonly what: string,
    readonly place: RolloutPlace,
    options?: ErrorOptions,
  ) {
    super(`${what} (${describe(place)})`, options);
  }

  /** Episodes that were being played when an agent failed, as far as they had come. */
  get inFlight(): readonly Episode[] {
    return this.#inFlight;
  }

  broke(episodes: readonly Episode[]): void {
    this.#inFlight = episodes;
  }
}

/** An optimiser step that was refused, whole: enough to do it again. */
export type FailedUpdate =
  | {
      readonly kind: 'policy';
      readonly member: number;
      readonly samples: readonly PolicySample[];
      readonly settings: PolicyUpdate;
    }
  | {
      readonly kind: 'value';
      readonly member: number;
      readonly samples: readonly ValueSample[];
      readonly settings: ValueUpdate;
    };

/** A log-prob, value, advantage, loss or gradient is NaN or infinite; nothing is trained on it. */
export class NonFiniteError extends Error {
  readonly code = 'NON_FINITE';
  override readonly name = 'NonFiniteError';
  constructor(
    /** What is not finite, e.g. `policy loss`. */
    readonly quantity: string,
    readonly value: number,
    /** Agent that it belongs to; null for the critic or the team. */
    readonly agent: number | null,
    /** Turns of the samples behind it. */
    readonly turns: readonly number[],
    readonly itemIds: readonly string[],
    /** The update it came from; absent for what was found before any. */
    readonly update?: FailedUpdate,
  ) {
    const owner = agent === null ? '' : ` of agent-${agent}`;
    super(
      `The ${quantity}${owner} is ${value} (turns ${unique(turns)}; items ${unique(itemIds)}). ` +
        'The weights of the last checkpoint are untouched; resume from it with a lower learning rate or a gradient norm limit.',
    );
  }
}

/** A checkpoint does not belong to the run that wants to continue from it. */
export class CheckpointError extends Error {
  readonly code = 'CHECKPOINT';
  override readonly name = 'CheckpointError';
}

/** Agents, critic, algorithm and environment that do not fit together. */
export class TeamError extends Error {
  readonly code = 'TEAM';
  override readonly name = 'TeamError';
}

/** Thrown inside the trainer when its signal fires; unfinished work is dropped and done again after a resume. */
export class StopRequested extends Error {
  readonly code = 'STOP';
  override readonly name = 'StopRequested';
  constructor() {
    super('A stop was requested.');
  }
}

/** Throws `NonFiniteError` unless every value is finite. */
export function assertFinite(
  quantity: string,
  values: ArrayLike<number>,
  agent: number | null,
  turn: number,
  itemId: string,
): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) throw new NonFiniteError(quantity, value, agent, [turn], [itemId]);
  }
}

const SHOWN = 8;

function unique(values: readonly (string | number)[]): string {
  const distinct = [...new Set(values)];
  const more = distinct.length > SHOWN ? ` and ${distinct.length - SHOWN} more` : '';
  return distinct.slice(0, SHOWN).join(', ') + more;
}

function describe(place: RolloutPlace): string {
  const parts = [`${place.phase}, turn ${place.turn}`];
  if (place.agent !== undefined) parts.push(`agent-${place.agent}`);
  if (place.episode !== undefined) parts.push(`episode ${place.episode}`);
  parts.push(`item ${unique(place.itemIds)}`);
  return parts.join(', ');
}
