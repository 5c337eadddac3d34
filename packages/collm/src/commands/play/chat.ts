/** `collm chat`: talks to an agent of a run, a model, or an endpoint. */
import type { ChatMessage } from '@collm/lm';
import { openEnvironment } from '../../config/to-options.js';
import { CollmError, exitCodes, UsageError } from '../../errors.js';
import { agentsOf, chooseAgents, openAgent, type RunAgent } from '../../export/run-agent.js';
import { type Io, shownPath } from '../../io.js';
import { Conversation } from '../../play/chat/conversation.js';
import { EndpointSpeaker } from '../../play/chat/endpoint-speaker.js';
import { ModelSpeaker } from '../../play/chat/model-speaker.js';
import { type ChatSession, converse, exchange } from '../../play/chat/session.js';
import type { Speaker, SpeakerOptions } from '../../play/chat/speaker.js';
import { ChatTerminal } from '../../play/chat/terminal.js';
import { chooseModel } from '../../play/open-agents.js';
import { apiKeyOf, splitModel } from '../../play/targets.js';
import { openCheckpoint } from '../../run-store/checkpoints.js';
import { findRun } from '../../run-store/resolve-run.js';
import { type OpenedRun, openRun } from '../../run-store/run-folder.js';
import { chooseStep } from '../eval.js';
import { modelNotRun } from '../model/model-folder.js';

export interface ChatArguments extends SpeakerOptions {
  /** A run folder, a model folder, a name on the hub, or a URL that may end in `#model`. */
  readonly source: string;
  /** Where a source that is no path is looked up as the name of a run. */
  readonly runsDir: string;
  /** Which agent of a run or of a server of ours, from 0; null: the only one. */
  readonly agent: number | null;
  /** `best`, `last` or a step, of a run. */
  readonly checkpoint: string;
  readonly seed: number;
  readonly system: string | null;
  /** The only message; null: a conversation. */
  readonly once: string | null;
  /** Begins with what the agent of a run sees first of its environment. */
  readonly rolePrompt: boolean;
  /** Name of the environment variable with the key of a URL; null: none. */
  readonly apiKeyEnv: string | null;
}

/** Talks; returns the exit code. */
export async function chat(given: ChatArguments, io: Io): Promise<number> {
  const run = runOf(given, io);
  if (given.rolePrompt && run === null) {
    throw new UsageError('`--role-prompt` needs a run folder: a model alone has no environment.');
  }
  const first = given.rolePrompt ? await roleMessages(run as OpenedRun, given, io) : null;
  const speaker = await openSpeaker(given, run, io);
  const terminal = new ChatTerminal(io);
  const conversation = new Conversation(given.system);
  const session: ChatSession = { speaker, terminal, conversation, seed: given.seed, cwd: io.cwd };
  try {
    if (first !== null) {
      for (const { role, content } of first) terminal.note(`[${role}] ${content}`);
      await exchange(session, first);
    }
    if (given.once === null) return await converse(session);
    await exchange(session, [{ role: 'user', content: given.once }]);
    return terminal.interrupted ? exitCodes.interrupted : exitCodes.ok;
  } catch (error) {
    const { EndpointError } = await import('@collm/marl');
    if (!(error instanceof EndpointError)) throw error;
    throw new CollmError('MODEL', `${speaker.name}: ${error.message}.`, { cause: error });
  } finally {
    terminal.close();
    speaker.dispose();
  }
}

/** The run of a folder or a name; null for whatever is none. */
function runOf({ source, runsDir }: ChatArguments, io: Io): OpenedRun | null {
  const dir = isUrl(source) ? null : findRun({ run: source, runsDir }, io.cwd);
  return dir === null ? null : openRun(dir);
}

const isUrl = (source: string): boolean => /^https?:\/\//.test(source);

async function openSpeaker(given: ChatArguments, run: OpenedRun | null, io: Io): Promise<Speaker> {
  if (isUrl(given.source)) return endpointSpeaker(given);
  if (given.apiKeyEnv !== null) throw new UsageError('`--api-key-env` goes with a URL.');
  if (run !== null) return agentSpeaker(given, run, io);
  if (given.agent !== null)
    throw new UsageError('`--agent` goes with a run folder or a URL; a model folder has one model.');
  const dir = await modelNotRun(given, io);
  const { loadDecoder, readGenerationConfig, Tokenizer } = await import('@collm/lm');
  const tokenizer = Tokenizer.load(dir);
  const decoder = loadDecoder(dir);
  const dispose = { [Symbol.dispose]: () => decoder.dispose() };
  return new ModelSpeaker(
    given.source,
    { decoder, tokenizer, generation: readGenerationConfig(dir), ...dispose },
    given,
  );
}

async function agentSpeaker(given: ChatArguments, run: OpenedRun, io: Io): Promise<Speaker> {
  const step = chooseStep(run, given.checkpoint);
  const checkpoint = await openCheckpoint(run.paths.checkpoints, step, shownPath(run.paths.dir, io));
  const agents = agentsOf(run.config, checkpoint);
  if (given.agent === null && agents.length > 1) {
    throw new UsageError(
      `The run ${given.source} has ${agents.length} agents. Say which by \`--agent 0\` or the like.`,
    );
  }
  const which = String(given.agent ?? agents[0]?.index ?? 0);
  const [agent] = chooseAgents(agents, which, run.config) as [RunAgent];
  const { readGenerationConfig, Tokenizer } = await import('@collm/lm');
  const tokenizer = Tokenizer.load(agent.dir);
  const { decoder, [Symbol.dispose]: dispose } = await openAgent(agent, io);
  const model = {
    decoder,
    tokenizer,
    generation: readGenerationConfig(agent.dir),
    [Symbol.dispose]: dispose,
  };
  return new ModelSpeaker(`agent-${which} of ${run.meta.name}, step ${step}`, model, given);
}

async function endpointSpeaker(given: ChatArguments): Promise<Speaker> {
  const { Endpoint, EndpointError } = await import('@collm/marl');
  const { url, model: named } = splitModel(given.source);
  const apiKey = given.apiKeyEnv === null ? null : apiKeyOf(given.apiKeyEnv, process.env);
  try {
    const endpoint = new Endpoint({ url, apiKey });
    const listed = await endpoint.models().then(
      (models) => ({ models }),
      (error: Error) => ({ error }),
    );
    const model = chooseModel({ agent: given.agent, model: named }, listed, '`--agent`');
    if (typeof model === 'string') throw new EndpointError('refused', model);
    return new EndpointSpeaker(endpoint, model, given);
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    throw new CollmError('MODEL', `${url}: ${error.message}.`, { cause: error });
  }
}

/** What an agent sees at the beginning of the first evaluation item. */
async function roleMessages({ config }: OpenedRun, given: ChatArguments, io: Io): Promise<ChatMessage[]> {
  const agent = given.agent ?? 0;
  const environment = await openEnvironment(config, io);
  try {
    const [item] = [...environment.evalItems, ...environment.trainItems];
    const observations = item === undefined ? [] : environment.observe(environment.reset(item, given.seed));
    const observation = observations[agent];
    if (observation === undefined)
      throw new UsageError(`The environment has no agent-${agent}: there are ${environment.numAgents}.`);
    if (observation.format === 'text') {
      throw new UsageError(
        `${environment.name} shows its agents plain text and no messages, so there is no conversation to begin. Try \`collm model generate\`.`,
      );
    }
    return observation.messages.map(({ role, content }) => ({ role, content }));
  } finally {
    await environment.dispose?.();
  }
}
