/** ResourceGathering's prompts (minecraft spec, section 10; the wording is ours). Each stands alone. */
import type { Message, Observation } from '../../env.js';
import { pythonFixed4 } from '../../text/python-text.js';
import { list, previousResponsePart } from '../followup.js';
import { cellOf, cellText, seenFrom } from '../grid/grid.js';
import type { ResourceGatheringItem } from './item.js';
import { type Amounts, amountsText, trades } from './materials.js';
import type { ResourceGatheringSettings } from './settings.js';
import type { Gatherer, ResourceGatheringState } from './state.js';

const SYSTEM = [
  'You are a gatherer in Minecraft, one of a team of two.',
  'Answer with one JSON object and nothing else.',
].join('\n');

/** What one agent is told at the state's turn. */
export function gatheringObservation(
  settings: ResourceGatheringSettings,
  state: ResourceGatheringState,
  index: number,
): Observation {
  const agent = state.agents[index] as Gatherer;
  const { lastReward } = state;
  const parts = [
    rules(settings, state.item, index),
    knowledge(settings, state, agent, index),
    ...(settings.feedback === 'score' && lastReward !== null
      ? [`The previous turn's reward: ${pythonFixed4(lastReward)}`]
      : []),
    ...(settings.previousResponse ? previousResponsePart('Your previous answer:', agent.lastResponse) : []),
  ];
  const messages: Message[] = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: parts.join('\n\n') },
  ];
  return { messages, startsAfresh: true };
}

function rules(
  settings: ResourceGatheringSettings,
  { width, height }: ResourceGatheringItem,
  index: number,
): string {
  const { goal, harvestRadius, maxSteps, numTurns } = settings;
  const tradeOf = (agent: number) => (trades[agent] ?? []).join(' and ');
  return [
    `You are agent ${index === 0 ? 'A' : 'B'}. You can gather only ${tradeOf(index)}, your teammate only ${tradeOf(1 - index)}.`,
    `The team needs ${amountsText(goal)} within ${numTurns} turns.`,
    '',
    `The map has x from 0 (left) to ${width - 1} and z from 0 (top) to ${height - 1}.`,
    `Each turn both of you move; then each takes all it can gather from every cell at most ${harvestRadius} steps away; then messages arrive.`,
    '',
    'The team earns: 8 for all of the goal, in shares; 7 when it is complete; a little for steps towards what you need, for getting there, and for telling your teammate of cells that it needs and does not know.',
    '',
    'Your JSON object has these keys:',
    '- "comm": {"resource_facts": [{"x": 0, "z": 0, "type": "wood", "count": 1}]}, for your teammate: type wood, stone or iron, and only cells you have seen',
    '- "probe": [] and "cmds": []',
    `- "path": a list of cells [x, z] to walk over, from the cell where you stand, each beside the one before, at most ${maxSteps} steps; [] to stay`,
  ].join('\n');
}

function knowledge(
  { view, goal }: ResourceGatheringSettings,
  { item, turn, stacks, collected }: ResourceGatheringState,
  { at, stoodOn, told }: Gatherer,
  index: number,
): string {
  const seen = seenFrom(item, stoodOn, view);
  const full = [...seen].filter((number) => amountsText(stacks[number] as Amounts) !== 'nothing');
  const own = (trades[index] ?? []).map(
    (material) => `${material} ${collected[material]} of ${goal[material]}`,
  );
  return [
    `Turn ${turn}. You stand at ${cellText(at)}. You have gathered: ${own.join(', ')}.`,
    'What you have seen, top row first (? unseen, . empty, * materials):',
    ...mapRows(item, seen, new Set(full)),
    'Materials on cells that you have seen:',
    ...list(
      full.map((number) => `${cellText(cellOf(item, number))}: ${amountsText(stacks[number] as Amounts)}`),
    ),
    'What your teammate has told you:',
    ...list(told.map((fact) => `turn ${fact.turn}: ${cellText(fact)} ${fact.type} ${fact.count}`)),
  ].join('\n');
}

function mapRows(
  { width, height }: ResourceGatheringItem,
  seen: ReadonlySet<number>,
  full: ReadonlySet<number>,
): string[] {
  return Array.from({ length: height }, (_, z) =>
    Array.from({ length: width }, (_cell, x) => {
      const number = z * width + x;
      if (!seen.has(number)) return '?';
      return full.has(number) ? '*' : '.';
    }).join(''),
  );
}
