/** BridgeBuild's prompts (minecraft spec, section 9; the wording is ours). Each stands alone. */
import type { Message, Observation } from '../../env.js';
import { pythonFixed4 } from '../../text/python-text.js';
import { splitBudget } from '../commands.js';
import { list, previousResponsePart } from '../followup.js';
import { cellOf, cellText, seenFrom } from '../grid/grid.js';
import { fewestBlocks, touchedPillars } from './connections.js';
import type { BridgeBuildItem } from './item.js';
import type { BridgeBuildSettings } from './settings.js';
import type { BridgeAgent, BridgeBuildState } from './state.js';

const SYSTEM = [
  'You are a bridge builder in Minecraft, one of a team of two.',
  'Answer with one JSON object and nothing else.',
].join('\n');

/** What one agent is told at the state's turn. */
export function bridgeObservation(
  settings: BridgeBuildSettings,
  state: BridgeBuildState,
  index: number,
): Observation {
  const agent = state.agents[index] as BridgeAgent;
  const parts = [
    rules(settings, state.item, index),
    knowledge(settings, state, agent),
    ...feedback(settings, state, agent),
    ...(settings.previousResponse ? previousResponsePart('Your previous answer:', agent.lastResponse) : []),
  ];
  const messages: Message[] = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: parts.join('\n\n') },
  ];
  return { messages, startsAfresh: true };
}

function rules(settings: BridgeBuildSettings, { width, height }: BridgeBuildItem, index: number): string {
  const budget = splitBudget(settings.maxCommands, settings.numAgents)[index];
  const { blocks, maxProbe } = settings;
  return [
    `You are agent ${index + 1}. You started at shore ${index === 0 ? 'S' : 'T'}, your teammate at shore ${index === 0 ? 'T' : 'S'}.`,
    'Together, bridge the void so that S and T are connected over cells that share sides.',
    '',
    `The map has x from 0 (left) to ${width - 1} and z from 0 (top) to ${height - 1}. What you build stays.`,
    'Pillars in the void carry a bridge, and need no block. Some are true, some false; only a probe tells which.',
    'You cannot build on land, shores and pillars, and a bridge cannot cross land.',
    '',
    'The team earns: 5 for closing the gap between S and T, in shares; 3 for joining pieces; 5 for connecting all true pillars to S or T; 2 for the whole bridge.',
    'It loses: 8 if all false pillars stand beside blocks, in shares; 5 if all of the void is filled, in shares.',
    '',
    'Your JSON object may have these keys:',
    '- "comm": an object that your teammate will read next turn; it cannot see what you know otherwise',
    `- "probe": a list of up to ${maxProbe} cells [x, z]; you alone are told whether each holds a true or false pillar`,
    `- "cmds": a list of up to ${budget} texts "/fill x1 z1 x2 z2 block" with whole numbers; blocks: ${blocks.join(', ')}; air takes blocks away`,
    '- "path": a list of cells [x, z] to walk over, from the cell where you stand, each beside or diagonal to the one before',
  ].join('\n');
}

function knowledge(
  { view }: BridgeBuildSettings,
  { item, turn }: BridgeBuildState,
  { at, stoodOn, probes, received }: BridgeAgent,
): string {
  const seen = seenFrom(item, stoodOn, view);
  const places = (kinds: string) =>
    [...seen]
      .filter((cell) => kinds.includes(item.ground[cell] as string))
      .map((cell) => cellText(cellOf(item, cell)));
  const line = (name: string, cells: readonly string[]) => `${name}: ${cells.join(' ') || '(none)'}`;
  return [
    `Turn ${turn}. You stand at ${cellText(at)}.`,
    'What you have seen, top row first (? unseen, . void, # land, P pillar):',
    ...mapRows(item, seen),
    line('Shore S', places('S')),
    line('Shore T', places('T')),
    line('Pillars, true or false', places('YN')),
    line('Land', places('#')),
    'What you have probed:',
    ...list(probes.map((probe) => `${cellText(probe)}: ${probeTexts[probe.kind]}`)),
    'What your teammate has told you:',
    ...list(received.map((one) => `turn ${one.turn}: ${JSON.stringify(one.message)}`)),
  ].join('\n');
}

const probeTexts = { Y: 'true pillar', N: 'false pillar', none: 'no pillar' } as const;

function mapRows({ width, height, ground }: BridgeBuildItem, seen: ReadonlySet<number>): string[] {
  return Array.from({ length: height }, (_, z) =>
    Array.from({ length: width }, (_cell, x) => {
      const number = z * width + x;
      if (!seen.has(number)) return '?';
      const kind = ground[number] as string;
      return kind === 'Y' || kind === 'N' ? 'P' : kind;
    }).join(''),
  );
}

function feedback(
  { feedback: mode, view }: BridgeBuildSettings,
  { item, blocks, lastReward }: BridgeBuildState,
  { stoodOn }: BridgeAgent,
): string[] {
  if (mode === 'none' || lastReward === null) return [];
  if (mode === 'score') return [`The previous turn's reward: ${pythonFixed4(lastReward)}`];
  const places = (cells: readonly number[]) => list(cells.map((cell) => cellText(cellOf(item, cell))));
  if (mode === 'position') {
    const seen = seenFrom(item, stoodOn, view);
    const standing = [...blocks.keys()].filter((cell) => seen.has(cell)).sort((a, b) => a - b);
    return [['Blocks on cells that you have seen:', ...places(standing)].join('\n')];
  }
  return [
    [
      'A shortest way that is left; these cells need blocks:',
      ...places(fewestBlocks(item, blocks) ?? []),
      'False pillars that stand beside blocks:',
      ...places(touchedPillars(item, blocks)),
    ].join('\n'),
  ];
}
