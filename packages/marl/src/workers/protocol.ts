/** What goes between this thread and the worker of a member: plain data alone. */
import type { LmAgentOptions } from '../agents/lm-agent.js';
import type { LmCriticOptions } from '../agents/lm-critic.js';
import type { Agent, Critic } from '../messages.js';
import type { ErrorMessage } from './error-messages.js';

/** What a worker is to hold. */
export type Opening = (
  | { readonly kind: 'agent'; readonly options: LmAgentOptions }
  | { readonly kind: 'critic'; readonly options: LmCriticOptions }
) & {
  /** Of libtorch, inside an operation; >= 1. */
  readonly threads: number;
};

/** The first call that every worker is sent. */
interface OpenCall {
  open(opening: Opening): Promise<void>;
}

export type AgentCalls = OpenCall & Required<Omit<Agent, 'dispose'>>;
export type CriticCalls = OpenCall & Omit<Critic, 'dispose'>;

/** To the worker: a call, answered in order of arrival. Null asks it to free what it holds and to end. */
export type Call = {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
} | null;

/** From the worker: what came of a call. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ErrorMessage };

/** From a thread: what it wrote to its standard output or standard error. */
export interface Output {
  readonly wrote: string;
}
