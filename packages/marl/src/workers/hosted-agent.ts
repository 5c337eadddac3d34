import type { LmAgentOptions } from '../agents/lm-agent.js';
import type {
  ActRequest,
  Agent,
  GradientSpread,
  PolicySample,
  PolicyUpdate,
  Response,
  Sampling,
  TokenSequence,
  UpdateStats,
} from '../messages.js';
import { type Host, Hosting } from './hosting.js';
import { plainRequest, plainSample, plainSequence } from './plain-messages.js';
import type { AgentCalls } from './protocol.js';

/** An `LmAgent` that lives in a thread or a process of its own. Once that is gone, calls throw WorkerLostError. */
export class HostedAgent implements Agent {
  /** Values of the agent's own head, if it was opened with one. */
  readonly values?: NonNullable<Agent['values']>;

  private constructor(
    private readonly hosting: Hosting<AgentCalls>,
    hasHead: boolean,
  ) {
    if (hasHead)
      this.values = (sequences, read) => hosting.call('values', sequences.map(plainSequence), read);
  }

  /** @throws what `LmAgent.open` throws, and WorkerLostError */
  static async open(options: LmAgentOptions, host: Host): Promise<HostedAgent> {
    const hosting = await Hosting.open<AgentCalls>(host, { kind: 'agent', options });
    return new HostedAgent(hosting, (options.valueHead ?? null) !== null);
  }

  act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    return this.hosting.call('act', requests.map(plainRequest), sampling);
  }

  endRollout(): void {
    // Of a worker that is gone the next call tells.
    this.hosting.call('endRollout').catch(() => undefined);
  }

  update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats> {
    return this.hosting.call('update', samples.map(plainSample), settings);
  }

  logProbs(
    sequences: readonly TokenSequence[],
    policy: 'current' | 'reference',
    temperature: number,
  ): Promise<Float32Array[]> {
    return this.hosting.call('logProbs', sequences.map(plainSequence), policy, temperature);
  }

  padToken(): Promise<number> {
    return this.hosting.call('padToken');
  }

  gradientSpread(
    batches: readonly (readonly PolicySample[])[],
    settings: PolicyUpdate,
  ): Promise<GradientSpread> {
    const plain = batches.map((samples) => samples.map(plainSample));
    return this.hosting.call('gradientSpread', plain, settings);
  }

  save(dir: string): Promise<void> {
    return this.hosting.call('save', dir);
  }

  load(dir: string): Promise<void> {
    return this.hosting.call('load', dir);
  }

  /** Opens the agent again, with the weights of its model's folder, when its worker is gone; else does nothing. */
  revive(): Promise<void> {
    return this.hosting.revive();
  }

  dispose(): Promise<void> {
    return this.hosting.end();
  }
}
