/** What an agent is exported as. */
import { UsageError } from '../errors.js';
import type { RunAgent } from './run-agent.js';

/** `hf`: the trained model. `peft`: the adapter alone. `merged`: base and adapter as one model. */
export const exportTargets = ['hf', 'peft', 'merged'] as const;
export type ExportTarget = (typeof exportTargets)[number];

/** @throws UsageError with the target that fits, when an agent was not trained in that way */
export function checkTarget({ index, trained }: RunAgent, to: ExportTarget): void {
  if (trained === 'adapter' && to === 'hf') {
    throw new UsageError(
      `agent-${index} trained an adapter, so there is no model of its own to write. Take \`--to merged\` for base and adapter as one model, or \`--to peft\` for the adapter alone.`,
    );
  }
  if (trained === 'whole' && to !== 'hf') {
    throw new UsageError(
      `agent-${index} trained all its weights and has no adapter to ${to === 'peft' ? 'write' : 'merge'}. Take \`--to hf\`.`,
    );
  }
}
