/** `collm env list`: the tasks that there are. */
import { tasks } from '@collm/envs';
import Table from 'cli-table3';
import { exitCodes } from '../../errors.js';
import type { Io } from '../../io.js';

/** Prints all tasks with their default sizes; returns the exit code. */
export async function listEnvironments({ json }: { json: boolean }, io: Io): Promise<number> {
  const rows = [];
  for (const { name, domain, summary, open, hubDataset } of tasks) {
    const environment = open({});
    const { numAgents, numTurns, rewardRange } = environment;
    rows.push({ name, domain, numAgents, numTurns, rewardRange, summary, hubDataset });
    await environment.dispose?.();
  }
  if (json) {
    io.stdout.write(`${JSON.stringify(rows)}\n`);
    return exitCodes.ok;
  }
  const table = new Table({
    head: ['name', 'domain', 'agents', 'turns', 'reward', 'what the team does'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left'],
  });
  for (const { name, domain, numAgents, numTurns, rewardRange, summary } of rows) {
    table.push([name, domain, numAgents, numTurns, rangeText(rewardRange), summary]);
  }
  io.stdout.write(`${table.toString()}\nMore about one: collm env show <name>\n`);
  return exitCodes.ok;
}

/** `0 to 2.98`: the reward of one turn. */
export function rangeText([least, most]: readonly [number, number]): string {
  return `${Number(least.toPrecision(6))} to ${Number(most.toPrecision(6))}`;
}
