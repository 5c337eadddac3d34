/**
 * What is needed to do an update again that was not finite: the team as it was before it, and the minibatch. Written
 * when a run stops; `replayUpdate` shows the same failure again, under a debugger or with a fix.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError, type FailedUpdate } from '../errors.js';
import type { UpdateStats } from '../messages.js';
import { loadTeam, saveTeam, type Team } from './checkpoints.js';

const replayFile = 'update.json';

/** Writes the team and the update into an existing folder. */
export async function writeReplay(dir: string, team: Team, update: FailedUpdate): Promise<void> {
  await saveTeam(dir, team);
  await writeFile(join(dir, replayFile), JSON.stringify(update, encode));
}

/**
 * Loads the team of a folder that `writeReplay` filled and makes its update again.
 *
 * @returns what the member said of it; its figures are not finite as long as the cause is there
 * @throws CheckpointError when the folder holds no such update, or one of another team
 */
export async function replayUpdate(dir: string, team: Team): Promise<UpdateStats> {
  const update = await readUpdate(dir);
  await loadTeam(dir, team);
  const { member } = update;
  const fail = (what: string) =>
    new CheckpointError(
      `${dir} holds an update of ${what}-${member}, which the team does not have. Open the team of the run that wrote it.`,
    );
  if (update.kind === 'policy') {
    const agent = team.agents[member];
    if (agent === undefined) throw fail('agent');
    return agent.update(update.samples, update.settings);
  }
  const critic = team.critics[member];
  if (critic === undefined) throw fail('critic');
  return critic.fit(update.samples, update.settings);
}

async function readUpdate(dir: string): Promise<FailedUpdate> {
  const path = join(dir, replayFile);
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'), decode);
  } catch (cause) {
    throw new CheckpointError(`${path} cannot be read as an update of a run that failed.`, { cause });
  }
  const { kind, member, samples, settings } = (parsed ?? {}) as Partial<FailedUpdate>;
  const whole =
    (kind === 'policy' || kind === 'value') &&
    Number.isInteger(member) &&
    Array.isArray(samples) &&
    typeof settings === 'object';
  if (!whole) throw new CheckpointError(`${path} does not hold an update of a run that failed.`);
  return parsed as FailedUpdate;
}

/** Bytes, since JSON knows no numbers that are not finite. */
function encode(_: string, value: unknown): unknown {
  if (!(value instanceof Float32Array)) return value;
  return { f32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
}

function decode(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('f32' in value)) return value;
  const bytes = Buffer.from(String(value.f32), 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
