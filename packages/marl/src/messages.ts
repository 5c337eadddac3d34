/**
 * The message interface: the only way to reach an agent or a critic.
 *
 * Messages carry text, token ids and numbers, never tensors, so the same agent can live in this
 * thread, in a worker, on another device, in another rank or, for acting only, behind an HTTP
 * endpoint. `act`, `values`, `update` and `fit` take everything they depend on, apart from the
 * weights and the optimiser, from their arguments; an agent has no other hidden state.
 *
 * Agents and turns are counted from 0 in messages.
 */
import type { Observation } from '@collm/envs';

/** One finished turn as the agent itself lived it. */
export interface HistoryTurn {
  readonly observation: Observation;
  /** The agent's own response as text. */
  readonly response: string;
  /** The same response as the tokens that were sampled, so that no text is tokenised twice. */
  readonly tokens: readonly number[];
}

/** What one agent knows when it acts: its own observations and responses, nobody else's. */
export interface History {
  /** Finished turns, oldest first. */
  readonly past: readonly HistoryTurn[];
  /** What the agent sees now. */
  readonly observation: Observation;
}

/**
 * Names one response among all responses of all runs. The sampler draws the uniform of token k from a
 * counter-based generator keyed by these numbers and k, so a response depends on the key, the prompt
 * and the weights only: not on the batch, its order or where the agent runs.
 */
export interface SampleKey {
  readonly seed: number;
  readonly phase: 'train' | 'evaluation';
  /** Running number of the episode within its phase. */
  readonly episode: number;
  readonly turn: number;
  readonly agent: number;
  /** Position among all responses of this agent at this turn of this episode (tree rollouts have many). */
  readonly sample: number;
}

/** Asks for `keys.length` responses to one prompt; the prompt is computed once and shared by them. */
export interface ActRequest {
  readonly history: History;
  readonly keys: readonly SampleKey[];
}

/** Sampling distribution P17: logits / temperature, then top-k, then top-p, then renormalise. */
export interface Sampling {
  /** > 0. Unused when `greedy`. */
  readonly temperature: number;
  /** >= 1, or null for no limit. */
  readonly topK: number | null;
  /** In (0, 1]. */
  readonly topP: number;
  /** >= 1. */
  readonly maxNewTokens: number;
  /** True takes the most probable token and reads no random number; log-probs are then at temperature 1. */
  readonly greedy: boolean;
}

/** One sampled response. */
export interface Response {
  readonly text: string;
  /** The prompt as it was fed to the model, after truncation. */
  readonly promptTokens: readonly number[];
  /** Response tokens, end token included if it was sampled, no padding. */
  readonly tokens: readonly number[];
  /** log p_T of each token over the full vocabulary, at the temperature it was sampled with: "oldLogp". */
  readonly logProbs: Float32Array;
  /** log-prob under the renormalised top-k / top-p distribution that was really sampled from (P17). */
  readonly behaviourLogProbs: Float32Array;
  /** `stop`: an end token was sampled. `length`: cut at `maxNewTokens`. */
  readonly finish: 'stop' | 'length';
  /** True when older parts of the prompt were dropped to fit the context. */
  readonly promptTruncated: boolean;
}

/** One response with its advantage: what a policy gradient needs (P10, P11). */
export interface PolicySample {
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
  /** See `Response.logProbs`. */
  readonly oldLogProbs: Float32Array;
  readonly behaviourLogProbs: Float32Array;
  /** Shared by every token of the response. */
  readonly advantage: number;
  /** Where the sample comes from, for error messages. */
  readonly itemId: string;
  readonly turn: number;
}

/** How a minibatch becomes a loss: names and meanings of algorithms spec P10, P11 and 3.2. */
export interface PolicyUpdate {
  /** `pg`: -A * log p. `ppo`: clipped ratio to `oldLogProbs` (P11). */
  readonly loss: 'pg' | 'ppo';
  /** Clip range of `ppo`, > 0. */
  readonly clipEps: number;
  /** One ratio per token, per response (ratio of the sums), or exp of the mean log-ratio. */
  readonly ratioLevel: 'token' | 'sequence' | 'sequenceMean';
  readonly aggregation: 'tokenMean' | 'seqMean' | 'seqSum';
  /** Temperature at which log-probs are taken: the one the samples were drawn with. */
  readonly temperature: number;
}

/** What one optimiser step did. All numbers must be finite. */
export interface UpdateStats {
  /** Loss before the step. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Further figures by metric name in snake_case, e.g. `entropy`, `clip_fraction`, `approx_kl`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Something that answers: enough for evaluation and execution. */
export interface Actor {
  /** Returns `responses[request][sample]`, in the order of the requests and of their keys. */
  act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]>;
  /** Frees what the actor holds. Twice is fine. */
  dispose(): void | Promise<void>;
}

/** An actor that learns. */
export interface Agent extends Actor {
  /**
   * One minibatch, one optimiser step. Micro-batching inside is the agent's own business and must not
   * change the loss. Rejects, and leaves the weights alone, when a loss or gradient is not finite.
   */
  update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats>;
  /** Writes weights, optimiser and everything else an exact resume needs into an existing folder. */
  save(dir: string): Promise<void>;
  /** Reads what `save` wrote. */
  load(dir: string): Promise<void>;
}

/** What a critic sees: the histories of all its agents (one for a decentralised critic), in agent order. */
export interface JointHistory {
  readonly agents: readonly History[];
  /** The turn about to be played. */
  readonly turn: number;
  /** Turns left, this one included; 0 after the horizon. Values of one history differ with it (D14). */
  readonly remainingTurns: number;
}

/** One joint transition as regression data. */
export interface ValueSample {
  readonly history: JointHistory;
  /** Regression target; a constant, no gradient flows through it. */
  readonly target: number;
  /** V at rollout time, for the clipped loss (P12). */
  readonly oldValue: number;
  readonly itemId: string;
}

/** Value loss P12. */
export interface ValueUpdate {
  readonly valueLossCoef: number;
  /** Half width of the clip around `oldValue`, > 0; null for the plain squared error. */
  readonly valueClipRange: number | null;
}

/** A state-value function of joint histories. Lives during training only. */
export interface Critic {
  /** One value per history, in order. */
  values(histories: readonly JointHistory[]): Promise<number[]>;
  /** One minibatch, one optimiser step; the same promises as `Agent.update`. */
  fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats>;
  save(dir: string): Promise<void>;
  load(dir: string): Promise<void>;
  dispose(): void | Promise<void>;
}
