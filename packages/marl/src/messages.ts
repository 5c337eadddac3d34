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

/** What episodes are played for. Each phase has random numbers of its own. */
export type PlayPhase = 'train' | 'evaluation' | 'diagnostics' | 'baseline';

/**
 * Names one response among all responses of all runs. The sampler draws the uniform of token k from a
 * counter-based generator keyed by these numbers and k, so a response depends on the key, the prompt
 * and the weights only: not on the batch, its order or where the agent runs.
 */
export interface SampleKey {
  readonly seed: number;
  readonly phase: PlayPhase;
  /** Running number of the episode within its phase. */
  readonly episode: number;
  readonly turn: number;
  /** The role that is played; agents that share their weights play several. */
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
  /**
   * log p_T of each token over the full vocabulary, at the temperature it was sampled with: "oldLogp". In an evaluation
   * an actor that does not learn may leave both log-probs empty.
   */
  readonly logProbs: Float32Array;
  /** log-prob under the renormalised top-k / top-p distribution that was really sampled from (P17). */
  readonly behaviourLogProbs: Float32Array;
  /** `stop`: an end token was sampled. `length`: cut at `maxNewTokens`. */
  readonly finish: 'stop' | 'length';
  /** True when older parts of the prompt were dropped to fit the context. */
  readonly promptTruncated: boolean;
  /** Numbers of tokens, of an actor that counts them but does not tell them. */
  readonly counted?: { readonly prompt: number; readonly response: number };
}

/** A response after its prompt, as tokens. */
export interface TokenSequence {
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
}

/** One response with its advantage: what a policy gradient needs (P10, P11). */
export interface PolicySample extends TokenSequence {
  /** See `Response.logProbs`. */
  readonly oldLogProbs: Float32Array;
  readonly behaviourLogProbs: Float32Array;
  /** Log-probs under the reference policy, one a token; there when the settings' KL is `k3`. */
  readonly referenceLogProbs?: Float32Array;
  /** Shared by every token of the response, or one for each (`valueLevel: 'token'`). */
  readonly advantage: number | Float32Array;
  /** What the sample counts for among others, > 0. Branches of a tree share the weight of a chain. */
  readonly weight: number;
  /** Regression of the agent's own value head (CoLLM-DC with a shared backbone). */
  readonly value?: HeadTarget;
  /** Where the sample comes from, for error messages. */
  readonly itemId: string;
  readonly turn: number;
}

/** What the value head of an agent learns of one of its responses; lengths follow from `read`. */
export interface HeadTarget {
  readonly read: ValueRead;
  readonly targets: readonly number[];
  /** Values at rollout time, for the clipped loss (P12). */
  readonly oldValues: readonly number[];
}

/**
 * Where a value is read: `state` before the response (V), `action` after it (Q), `tokens` before each token of it.
 */
export type ValueRead = 'state' | 'action' | 'tokens';

/** How a minibatch becomes a loss: names and meanings of algorithms spec P10 to P15 and 3.2. */
export interface PolicyUpdate {
  /** `pg`: -A * log p. `ppo`: clipped ratio to `oldLogProbs` (P11). */
  readonly loss: 'pg' | 'ppo';
  /** Clip range of `ppo`, > 0. */
  readonly clipEps: number;
  /** One ratio per token, per response (ratio of the sums), or exp of the mean log-ratio. */
  readonly ratioLevel: 'token' | 'sequence' | 'sequenceMean';
  readonly aggregation: 'tokenMean' | 'seqMean' | 'seqSum';
  /**
   * Mean weight of a sample, and of a token, over all that the minibatch was taken from: a minibatch of light samples
   * then makes a light step. Absent: weights count within the minibatch alone.
   */
  readonly meanWeight?: MeanWeight;
  /** Temperature at which log-probs are taken: the one the samples were drawn with. */
  readonly temperature: number;
  /**
   * Weight for what top-p and top-k changed (P15): min(exp(oldLogProbs - behaviourLogProbs), isCap) per token, or with
   * the sums per response. A constant: no gradient flows through it.
   */
  readonly isCorrection: 'off' | 'token' | 'sequence';
  /** >= 1 */
  readonly isCap: number;
  /**
   * Divergence from the reference policy as a differentiable loss, coef times its mean over tokens: `k3` of
   * `referenceLogProbs` (P13), or `exact`, the sum over the vocabulary, for which the agent asks its reference itself.
   */
  readonly kl: { readonly estimator: 'k3' | 'exact'; readonly coef: number } | null;
  /** >= 0: the loss falls by this times the mean entropy of the next-token distributions, at `temperature`. */
  readonly entropyCoef: number;
  /** Multiplies the agent's learning rate (schedules), >= 0. */
  readonly learningRateFactor: number;
  /** Loss of the agent's own value head, for samples with a `value`; null without one. */
  readonly value: HeadUpdate | null;
}

/** Means of samples' weights, each sample counted once, or once a token. */
export interface MeanWeight {
  readonly sample: number;
  readonly token: number;
}

/** Value loss P12. */
export interface ValueUpdate {
  readonly valueLossCoef: number;
  /** Half width of the clip around the old values, > 0; null for the plain squared error. */
  readonly valueClipRange: number | null;
  /** Multiplies the critic's learning rate (schedules), >= 0. */
  readonly learningRateFactor: number;
}

/** Value loss of a head on an agent's own backbone. */
export interface HeadUpdate extends ValueUpdate {
  /** True keeps the value loss out of the policy's weights: it trains the head alone (D12). */
  readonly stopGradient: boolean;
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

/** Why a request has no responses: its episode ends with that, the others go on. */
export interface Unanswered {
  /** One line. */
  readonly failure: string;
}

/** Something that answers: enough for evaluation and execution. */
export interface Actor {
  /**
   * Returns `responses[request][sample]`, in the order of the requests and of their keys; in place of the responses of a
   * request that could not be answered, why. Rejects when it cannot go on at all.
   */
  act(requests: readonly ActRequest[], sampling: Sampling): Promise<readonly (Response[] | Unanswered)[]>;
  /** A rollout has ended, or failed: what was kept for its next turns is not needed any more. */
  endRollout?(): void;
  /** Frees what the actor holds. Twice is fine. */
  dispose(): void | Promise<void>;
}

/** An actor that learns: it answers every request, or fails as a whole. */
export interface Agent extends Actor {
  act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]>;
  /**
   * One minibatch, one optimiser step. Micro-batching inside is the agent's own business and must not
   * change the loss. Leaves the weights alone when the loss or the gradient is not finite, and says so in what it
   * returns.
   */
  update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats>;
  /**
   * Log-prob of every token of given responses over the full vocabulary, without gradient.
   *
   * @param policy `current`: the weights as they are. `reference`: as they were before the first update of the run.
   */
  logProbs(
    sequences: readonly TokenSequence[],
    policy: 'current' | 'reference',
    temperature: number,
  ): Promise<Float32Array[]>;
  /** The token that a batch of its model is padded with; language models have one. */
  padToken?(): Promise<number>;
  /** Values of the agent's own head, `values[sequence][k]`; only agents that were given a head have it. */
  values?(sequences: readonly TokenSequence[], read: ValueRead): Promise<number[][]>;
  /**
   * How much the policy gradient varies between equivalent batches. Changes nothing: no weight, no optimiser state.
   *
   * @param batches each gives one gradient of the same expectation; at least two
   */
  gradientSpread(
    batches: readonly (readonly PolicySample[])[],
    settings: PolicyUpdate,
  ): Promise<GradientSpread>;
  /** Writes weights, optimiser and everything else an exact resume needs into an existing folder. */
  save(dir: string): Promise<void>;
  /** Reads what `save` wrote. */
  load(dir: string): Promise<void>;
}

/** Gradients g_1 .. g_R of R equivalent batches. */
export interface GradientSpread {
  /** L2 norm of the mean gradient. */
  readonly meanNorm: number;
  /** Unbiased total variance, Σ_r |g_r - mean|² / (R - 1): the sum over all weights of their variance. */
  readonly variance: number;
}

/** What a critic sees: the histories of all its agents (one for a decentralised critic), in agent order. */
export interface JointHistory {
  /** In a query with a `state`: none. */
  readonly agents: readonly History[];
  /** The turn about to be played. */
  readonly turn: number;
  /** Turns left, this one included; 0 after the horizon. Values of one history differ with it (D14). */
  readonly remainingTurns: number;
  /** The environment's state there as text (`Environment.describeState`), for a critic that sees that instead. */
  readonly state?: string;
}

/**
 * What a critic is asked for. `state`: V(h). `action`: Q(h, a) of the responses, one per agent of the history. `tokens`:
 * V(h, y_<k) before each token y_k of the response of one agent of the history; the critic has to have the agent's
 * vocabulary for it.
 */
export type ValueQuery =
  | { readonly read: 'state'; readonly history: JointHistory }
  | { readonly read: 'action'; readonly history: JointHistory; readonly responses: readonly OwnResponse[] }
  | {
      readonly read: 'tokens';
      readonly history: JointHistory;
      /** Position among the critic's agents. */
      readonly agent: number;
      readonly response: OwnResponse;
    };

/** A response as text and as the tokens of the agent that gave it. */
export type OwnResponse = Pick<Response, 'text' | 'tokens'>;

/** One query as regression data. */
export interface ValueSample {
  readonly query: ValueQuery;
  /** Regression targets, one a value; constants, no gradient flows through them. */
  readonly targets: readonly number[];
  /** Values at rollout time, for the clipped loss (P12). */
  readonly oldValues: readonly number[];
  readonly itemId: string;
}

/** A value function of joint histories. Lives during training only. */
export interface Critic {
  /** `values[query][k]`: one value a query, or one a token for `tokens`. */
  values(queries: readonly ValueQuery[]): Promise<number[][]>;
  /**
   * One minibatch, one optimiser step on the mean over all its values; the same promises as `Agent.update`.
   */
  fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats>;
  save(dir: string): Promise<void>;
  load(dir: string): Promise<void>;
  dispose(): void | Promise<void>;
}
