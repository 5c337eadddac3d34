/** `collm env show`: what an environment is, how it is set, and what its agents are told. */
import { type Environment, type Item, taskNamed } from '@collm/envs';
import { knobs } from '../../config/knobs.js';
import type { EnvConfig } from '../../config/schema-env.js';
import { dataReportLines } from '../../data-report.js';
import { exitCodes, UsageError } from '../../errors.js';
import { counted } from '../../format.js';
import type { Io } from '../../io.js';
import { rangeText } from './list.js';
import { openNamed } from './open.js';

export interface ShowArguments {
  /** A task, or the file of an environment. */
  readonly env: string;
  /** Id of the item whose prompts are shown; null for the first one to evaluate on. */
  readonly item: string | null;
  readonly set: readonly string[];
}

/** Prints the description; returns the exit code. */
export async function showEnvironment(given: ShowArguments, io: Io): Promise<number> {
  const { environment, settings } = await openNamed(given.env, given.set, io);
  try {
    const item = chooseItem(environment, given.item);
    const parts = [
      aboutLines(environment),
      roleLines(environment),
      dataLines(environment),
      protocolLines(environment),
      settingLines(settings),
      promptLines(environment, item),
    ];
    const lines = parts.filter((part) => part.length > 0).map((part) => part.join('\n'));
    io.stdout.write(`${lines.join('\n\n')}\n`);
    return exitCodes.ok;
  } finally {
    await environment.dispose?.();
  }
}

function aboutLines({
  name,
  numAgents,
  numTurns,
  rewardRange,
  earlyTerminationThreshold,
}: Environment): string[] {
  const task = taskNamed(name);
  const early =
    earlyTerminationThreshold === null
      ? ''
      : ` An episode ends early above a processed reward of ${earlyTerminationThreshold}.`;
  return [
    task === undefined ? name : `${name} (${task.domain}): ${task.summary}`,
    `${counted(numAgents, 'agent')}, ${counted(numTurns, 'turn')}. Reward of a turn: ${rangeText(rewardRange)}.${early}`,
  ];
}

function roleLines({ roles = [] }: Environment): string[] {
  return roles.length === 0 ? [] : ['Roles', ...roles.map((role, agent) => `  agent-${agent}: ${role}`)];
}

function dataLines({ name, dataReport, trainItems, evalItems }: Environment): string[] {
  const found =
    dataReport === undefined
      ? [`train: ${counted(trainItems.length, 'item')}`, `eval: ${counted(evalItems.length, 'item')}`]
      : dataReportLines(dataReport);
  const paper = taskNamed(name)?.hubDataset ?? null;
  return [
    'Data',
    ...found.map((line) => `  ${line}`),
    ...(paper === null ? [] : [`  of the paper: ${paper}`]),
  ];
}

function protocolLines({ numAgents, protocols, singleModel }: Environment): string[] {
  const names = [
    ...(singleModel === undefined && numAgents > 1 ? [] : ['raw']),
    ...(numAgents > 1 ? ['parallel', 'pipeline', 'discussion'] : []),
  ];
  const prompts = protocols === undefined ? 'with general prompts' : 'with prompts of its own';
  return [`Protocols of \`collm eval\`: ${names.join(', ')}, ${prompts}`];
}

/** Those of a task; an environment of a user's own keeps its settings to itself. */
function settingLines(settings: EnvConfig): string[] {
  if (settings.type === 'module') return [];
  const own = knobs.filter(
    ({ path, branch }) => branch === `env.type: ${settings.type}` && path !== 'env.type',
  );
  const lines = own.flatMap(({ path, description, rule, default: usual }) => {
    const value = path
      .split('.')
      .slice(1)
      .reduce<unknown>((section, key) => Object(section)[key], settings);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return []; // its keys follow
    const changed = JSON.stringify(value) === JSON.stringify(usual) ? '' : ` (default ${shown(usual)})`;
    return [`  ${path} = ${shown(value)}${changed}`, `      ${description} (${rule})`];
  });
  return ['Settings', ...lines];
}

function promptLines(environment: Environment, item: Item): string[] {
  const observations = environment.observe(environment.reset(item, 0));
  return [
    `What the agents are told first about the item ${item.id}`,
    ...observations.flatMap(({ messages, format = 'chat' }, agent) => [
      '',
      `--- agent-${agent}${format === 'text' ? ', as plain text without a chat template' : ''} ---`,
      ...messages.flatMap(({ role, content }) => (format === 'text' ? [content] : [`[${role}]`, content])),
    ]),
  ];
}

function chooseItem({ name, trainItems, evalItems }: Environment, id: string | null): Item {
  const items = [...evalItems, ...trainItems];
  const item = id === null ? items[0] : items.find((one) => one.id === id);
  if (item !== undefined) return item;
  const known = items.slice(0, 10).map((one) => one.id);
  throw new UsageError(
    `\`--item ${id}\`: ${name} has no item of that id. The first of ${items.length}: ${known.join(', ')}.`,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not set';
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
