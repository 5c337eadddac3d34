/** `collm minecraft replay`: bots build an episode of a run on a server, which is compared with the simulator. */
import type { TurnRecord } from '@collm/marl';
import {
  type CheckedTurn,
  checkTurn,
  MinecraftError,
  readTurnInfo,
  type SimulatedTurn,
} from '@collm/minecraft';
import { exitCodes, RunError } from '../../errors.js';
import type { Io } from '../../io.js';
import { chooseEpisode } from '../../run-store/episodes.js';
import { openNamedRun, type RunName } from '../../run-store/resolve-run.js';
import { agrees, turnJson, turnText } from './turn-text.js';
import { type ServerArguments, serverJson, withSession } from './with-session.js';

export interface ReplayArguments extends ServerArguments, RunName {
  /** Place in the run's log, from 1; null is the first of the last evaluation, or the last episode of all. */
  readonly episode: number | null;
}

interface LoggedTurn {
  readonly record: TurnRecord;
  readonly simulated: SimulatedTurn;
}

/** Replays every turn; the exit code tells whether server and simulator agree on every block. */
export async function replayEpisode(given: ReplayArguments, io: Io): Promise<number> {
  const { paths, meta } = openNamedRun(given, io.cwd);
  const { episode, number } = chooseEpisode(paths.dir, given);
  const turns = episode.turns.map((record) => readTurn(record, number));
  if (turns.length === 0) {
    throw new RunError(
      `Episode ${number} of ${given.run} has no turns: ${episode.failure ?? 'it is empty'}.`,
    );
  }
  const numAgents = Math.max(1, ...turns.map(({ simulated }) => simulated.commands.length));
  const { itemId, phase, step } = episode;
  return withSession(given, numAgents, io, async (session) => {
    io.stderr.write(`Episode ${number} of ${meta.name} (${itemId}, ${phase} at step ${step})\n`);
    const checked: { name: string; record: TurnRecord; turn: CheckedTurn }[] = [];
    for (const { record, simulated } of turns) {
      const turn = await checkTurn(session, simulated);
      const name = turnName(record, turns);
      if (!given.json) io.stdout.write(turnText(name, turn));
      checked.push({ name, record, turn });
    }
    const all = checked.every(({ turn }) => agrees(turn));
    if (given.json) {
      const result = {
        run: meta.name,
        episode: number,
        item: itemId,
        phase,
        step,
        server: serverJson(session),
        agrees: all,
        turns: checked.map(({ record, turn }) => ({
          turn: record.turn + 1,
          path: record.path,
          ...turnJson(turn),
        })),
      };
      io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    }
    return all ? exitCodes.ok : exitCodes.error;
  });
}

function readTurn(record: TurnRecord, number: number): LoggedTurn {
  try {
    return { record, simulated: readTurnInfo(record.info) };
  } catch (error) {
    if (!(error instanceof MinecraftError)) throw error;
    throw new RunError(`Turn ${record.turn + 1} of episode ${number}: ${error.message}`, { cause: error });
  }
}

/** Where a turn was played several times, as Monte Carlo methods do, its number in the log's tree too. */
function turnName({ turn, path }: TurnRecord, all: readonly LoggedTurn[]): string {
  const branches = all.filter(({ record }) => record.turn === turn).length;
  return branches === 1 ? `turn ${turn + 1}` : `turn ${turn + 1}, sample ${path + 1}`;
}
