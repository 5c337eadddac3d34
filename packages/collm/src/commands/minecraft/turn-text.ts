/** What came of a turn on a server, for people and as JSON. */
import { boxVolume } from '@collm/envs';
import type { CheckedTurn } from '@collm/minecraft';

const MOST_SHOWN = 10;

/** Whether server and simulator agree on every block of the turn's box. */
export function agrees({ differences }: CheckedTurn): boolean {
  return differences.length === 0;
}

/** A line for the turn, and one for everything that went otherwise than simulated. */
export function turnText(name: string, turn: CheckedTurn): string {
  const cells = boxVolume(turn.box);
  const sent = turn.agents.map((agent) => agent.sent).join(' + ');
  const same = agrees(turn)
    ? `all ${cells} cells agree`
    : `${turn.differences.length} of ${cells} cells differ`;
  const lines = [`${name}: ${same}; ${sent} commands, ${turn.blocks.length} blocks stand`];
  turn.agents.forEach(({ withheld, unconfirmed }, agent) => {
    for (const { line, reason } of withheld)
      lines.push(`  agent ${agent + 1}, not sent: ${line} (${reason})`);
    for (const { line, answers } of unconfirmed) {
      const words =
        answers.length === 0 ? 'the server said nothing' : `the server said "${answers.join('" "')}"`;
      lines.push(`  agent ${agent + 1}, without effect: ${line} (${words})`);
    }
  });
  for (const { cell, simulated, found } of turn.differences.slice(0, MOST_SHOWN)) {
    lines.push(`  ${cell.join(' ')}: ${found} stands there, but the simulator has ${simulated}`);
  }
  const rest = turn.differences.length - MOST_SHOWN;
  if (rest > 0) lines.push(`  and ${rest} more`);
  return `${lines.join('\n')}\n`;
}

/** The same as JSON: cells are [x, y, z] of the task, blocks [x, y, z, block]. */
export function turnJson(turn: CheckedTurn) {
  const { from, to } = turn.box;
  return {
    box: { from: [from.x, from.y, from.z], to: [to.x, to.y, to.z] },
    agrees: agrees(turn),
    cells: boxVolume(turn.box),
    differences: turn.differences,
    agents: turn.agents,
    blocks: turn.blocks,
  };
}
