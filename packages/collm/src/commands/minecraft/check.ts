/** `collm minecraft check`: random episodes of the building tasks on a server, compared with the simulator. */
import { boxVolume } from '@collm/envs';
import { buildingTasks, type CheckedEpisode, checkRandomEpisodes } from '@collm/minecraft';
import { exitCodes } from '../../errors.js';
import type { Io } from '../../io.js';
import { seededRandom } from '../../warm-start/demonstrations.js';
import { agrees, turnText } from './turn-text.js';
import { type ServerArguments, serverJson, withSession } from './with-session.js';

export interface CheckArguments extends ServerArguments {
  /** Of each task. */
  readonly episodes: number;
  readonly seed: number;
}

/** Sums over the episodes of a task. */
interface TaskResult {
  readonly task: string;
  readonly episodes: number;
  turns: number;
  commands: number;
  cells: number;
  /** Cells where server and simulator differ. */
  differences: number;
}

/** Checks every task; the exit code tells whether server and simulator agree on every block. */
export async function checkServer(given: CheckArguments, io: Io): Promise<number> {
  const numAgents = Math.max(...buildingTasks.map(({ palettes }) => palettes.length));
  return withSession(given, numAgents, io, async (session) => {
    const results: TaskResult[] = [];
    for (const task of buildingTasks) {
      const { episodes, seed } = given;
      const result = { task: task.name, episodes, turns: 0, commands: 0, cells: 0, differences: 0 };
      let number = 0;
      for await (const episode of checkRandomEpisodes(session, task, episodes, seededRandom(seed))) {
        number++;
        addTo(result, episode);
        io.stderr.write(differencesText(`${task.name} episode ${number} (${episode.itemId})`, episode));
      }
      if (!given.json) io.stdout.write(resultText(result));
      results.push(result);
    }
    const all = results.every(({ differences }) => differences === 0);
    if (given.json) {
      const json = { server: serverJson(session), agrees: all, tasks: results };
      io.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    }
    return all ? exitCodes.ok : exitCodes.error;
  });
}

function addTo(result: TaskResult, { turns }: CheckedEpisode): void {
  for (const { agents, box, differences } of turns) {
    result.turns++;
    result.commands += agents.reduce((sum, { sent }) => sum + sent, 0);
    result.cells += boxVolume(box);
    result.differences += differences.length;
  }
}

/** The turns that differ; empty where all agree. */
function differencesText(name: string, { turns }: CheckedEpisode): string {
  return turns
    .map((turn, index) => (agrees(turn) ? '' : turnText(`${name}, turn ${index + 1}`, turn)))
    .join('');
}

function resultText({ task, episodes, turns, commands, cells, differences }: TaskResult): string {
  const verdict = differences === 0 ? 'every block agrees' : `${differences} cells differ`;
  return `${task}: ${episodes} episodes, ${turns} turns, ${commands} commands, ${cells} cells: ${verdict}\n`;
}
