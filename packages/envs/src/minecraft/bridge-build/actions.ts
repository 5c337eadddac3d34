/** What an agent's response asks for (minecraft spec, section 9). */
import { tolerantAction } from '../../text/json-actions.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../text/literal-reader.js';
import { pythonTokens } from '../../text/python-text.js';
import { normaliseBlock } from '../blocks.js';
import { type Accepted, type CommandReport, commandTokens, parseCoordinate } from '../commands.js';
import { type GridCell, type GridSize, insideGrid, readCell, readPath } from '../grid/grid.js';

const KEYS = ['comm', 'probe', 'cmds', 'path'] as const;

/** A rectangle of one block, corners in any order. */
export interface GridFill {
  readonly from: GridCell;
  readonly to: GridCell;
  readonly block: string;
}

export interface BridgeAction {
  /** What is broadcast to the teammate; null for nothing. */
  readonly message: JsonObject | null;
  readonly probes: readonly GridCell[];
  readonly fills: CommandReport<GridFill>;
  /** From the agent's cell on; null for no movement. */
  readonly path: readonly GridCell[] | null;
}

export interface ActionRules {
  readonly allowed: ReadonlySet<string>;
  /** Fills that count. */
  readonly budget: number;
  /** Probes that count. */
  readonly maxProbe: number;
}

/** Reads a response. What is malformed, out of place or too much is left out. */
export function readBridgeAction(
  response: string,
  map: GridSize,
  at: GridCell,
  { allowed, budget, maxProbe }: ActionRules,
): BridgeAction {
  const { comm, probe, cmds, path } = tolerantAction(response, KEYS) ?? {};
  const probes = (Array.isArray(probe) ? probe : []).flatMap((cell) => readCell(map, cell) ?? []);
  return {
    message: isJsonObject(comm) ? comm : null,
    probes: probes.slice(0, maxProbe),
    fills: readFills(Array.isArray(cmds) ? cmds : [], map, allowed, budget),
    path: readPath(map, at, path, 8),
  };
}

/** Words of a message as Python writes it, with a blank after each comma and colon. */
export function messageTokens(message: JsonObject): number {
  return pythonTokens(spaced(message)).length;
}

function spaced(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `${JSON.stringify(key)}: ${spaced(part)}`)
    .join(', ')}}`;
}

function readFills(
  commands: readonly JsonValue[],
  map: GridSize,
  allowed: ReadonlySet<string>,
  budget: number,
): CommandReport<GridFill> {
  const report: CommandReport<GridFill> = { accepted: [], rejected: [] };
  for (const command of commands) {
    const line = typeof command === 'string' ? command : JSON.stringify(command);
    if (report.accepted.length >= budget) {
      report.rejected.push({ line, reason: `exceeds max_commands=${budget}` });
      continue;
    }
    const read = typeof command === 'string' ? readFill(command, map, allowed) : 'a command must be a text';
    if (typeof read === 'string') report.rejected.push({ line, reason: read });
    else report.accepted.push(read);
  }
  return report;
}

/** `/fill x1 z1 x2 z2 block`, or the reason why it is not carried out. */
function readFill(line: string, map: GridSize, allowed: ReadonlySet<string>): Accepted<GridFill> | string {
  const [name = '', ...given] = commandTokens(line);
  if (name !== 'fill') return `unsupported command: ${name}`;
  const [x1, z1, x2, z2, blockToken] = given;
  if (
    x1 === undefined ||
    z1 === undefined ||
    x2 === undefined ||
    z2 === undefined ||
    blockToken === undefined
  ) {
    return 'fill needs: /fill x1 z1 x2 z2 block';
  }
  const coordinates = [x1, z1, x2, z2].map(parseCoordinate);
  if (coordinates.includes(null)) return 'fill coords must be absolute integers (no ~)';
  const block = normaliseBlock(blockToken);
  if (!allowed.has(block)) return `block not allowed: ${block}`;
  const [fromX, fromZ, toX, toZ] = coordinates as [number, number, number, number];
  const [from, to] = [
    { x: fromX, z: fromZ },
    { x: toX, z: toZ },
  ];
  if (!insideGrid(map, from) || !insideGrid(map, to)) return 'fill coord out of map';
  if (given.length > 5) return 'fill modes (replace/keep/...) not allowed';
  return { text: `/fill ${coordinates.join(' ')} ${block}`, command: { from, to, block } };
}
