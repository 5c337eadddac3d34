/** What a run, a model folder or a name on the hub is to a server. */
import { basename, resolve } from 'node:path';
import type { ServedModel } from '@collm/serve';
import type { Device, DType } from '@collm/torch';
import { valueFor } from '../../config/schema-models.js';
import { dtypes } from '../../dtypes.js';
import { UsageError } from '../../errors.js';
import { agentsOf, baseFolder, chooseAgents, type RunAgent } from '../../export/run-agent.js';
import { type Io, shownPath } from '../../io.js';
import { openCheckpoint } from '../../run-store/checkpoints.js';
import { findRun } from '../../run-store/resolve-run.js';
import { type OpenedRun, openRun } from '../../run-store/run-folder.js';
import { chooseStep } from '../eval.js';
import { modelNotRun } from '../model/model-folder.js';

export interface Served {
  /** Of what is served, for people. */
  readonly title: string;
  readonly models: readonly ServedModel[];
}

export interface SourceArguments {
  readonly source: string;
  /** Where a source that is no path is looked up as the name of a run. */
  readonly runsDir: string;
  /** null: all of them. */
  readonly agent: number | null;
  /** `best`, `last` or a step. */
  readonly checkpoint: string;
  /** null: the name of the folder. */
  readonly name: string | null;
  /** null in these two: as in the run, or as stored. */
  readonly device: Device | null;
  readonly dtype: DType | null;
}

/** @throws CollmError saying what is not there */
export async function servedModels(given: SourceArguments, io: Io): Promise<Served> {
  const run = findRun({ run: given.source, runsDir: given.runsDir }, io.cwd);
  if (run !== null) return ofRun(openRun(run), given, io);
  if (given.agent !== null)
    throw new UsageError('`--agent` goes with a run folder; a model folder has one model. Leave it out.');
  const model = await modelNotRun(given, io);
  // A model of the hub lies in a folder that is called after its commit.
  const id = given.name ?? (model === resolve(io.cwd, given.source) ? basename(model) : given.source);
  const { device, dtype } = given;
  const one = {
    id,
    model,
    adapter: null,
    device: device ?? 'cpu',
    dtype,
    maxPromptTokens: null,
    agent: null,
  };
  return { title: given.source, models: [one] };
}

async function ofRun(run: OpenedRun, given: SourceArguments, io: Io): Promise<Served> {
  const { config, paths, meta } = run;
  const step = chooseStep(run, given.checkpoint);
  const checkpoint = await openCheckpoint(paths.checkpoints, step, shownPath(paths.dir, io));
  const which = given.agent === null ? 'all' : String(given.agent);
  const models: ServedModel[] = [];
  for (const agent of chooseAgents(agentsOf(config, checkpoint), which, config)) {
    const { index, shared, dtype } = agent;
    models.push({
      id: `${given.name ?? meta.name}/agent-${index}`,
      ...(await weightsOf(agent, io)),
      device: given.device ?? (valueFor(config.agent_model.device, index) as Device),
      dtype: given.dtype ?? (dtype === null ? null : dtypes[dtype]),
      maxPromptTokens: config.agent_model.max_prompt_tokens,
      // One set of weights that plays all roles has none of its own.
      agent: shared ? null : index,
    });
  }
  return { title: `${meta.name}, checkpoint of step ${step}`, models };
}

async function weightsOf(agent: RunAgent, io: Io): Promise<Pick<ServedModel, 'model' | 'adapter'>> {
  if (agent.trained === 'whole') return { model: agent.dir, adapter: null };
  return { model: await baseFolder(agent, io), adapter: agent.dir };
}
