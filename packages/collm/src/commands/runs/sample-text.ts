/** An episode as text: what each agent saw and answered, side by side where the terminal is wide enough. */
import type { Picture } from '@collm/envs';
import type { AgentTurnRecord, TurnRecord } from '@collm/marl';
import { counted, formatNumber } from '../../format.js';
import { drawLegend, drawPicture } from '../../picture/terminal.js';
import { drawOptions } from '../../report/comparison-text.js';
import type { LoggedEpisode } from '../../run-store/records.js';
import type { ProgressStream } from '../../sinks/progress.js';
import { cutColumns, padColumns, visibleLine, visibleText, wrapText } from '../../terminal-text.js';

/** `agent` counts from 0. */
export type ShownAgent = AgentTurnRecord & { readonly agent: number };

export type ShownTurn = Omit<TurnRecord, 'agents'> & { readonly agents: readonly ShownAgent[] };

/** An episode with its number in the log, from 1, and the turns and agents that are wanted. */
export type ShownEpisode = Omit<LoggedEpisode, 'turns'> & {
  readonly number: number;
  readonly turns: readonly ShownTurn[];
};

/** Below that texts go under each other. */
const NARROWEST_COLUMN = 36;
const GAP = '  |  ';
/** Lines of one text, unless all are wanted. */
const MOST_LINES = 16;

/** @param full texts to their end */
export function sampleText(episode: ShownEpisode, full: boolean, stream: ProgressStream): string {
  const options = drawOptions(stream);
  const pictures: Picture[] = [];
  const lines = wrapText(headText(episode), options.columns);
  if (episode.failure !== undefined)
    lines.push(...wrapText(`Failed: ${visibleText(episode.failure)}`, options.columns));
  for (const turn of episode.turns) {
    lines.push('', ...turnLines(turn, options.columns), ...agentsText(turn, full, options.columns));
    if (turn.picture === undefined) continue;
    const picture = visiblePicture(turn.picture, options.columns);
    pictures.push(picture);
    lines.push('', ...drawPicture(picture, options));
  }
  if (pictures.length > 0) lines.push('', drawLegend(pictures, options));
  return `${lines.join('\n')}\n`;
}

function headText({
  number,
  phase,
  step,
  itemId,
  interrupted,
  failure,
  return: total,
}: ShownEpisode): string {
  const outcome = interrupted
    ? 'interrupted'
    : failure === undefined
      ? `return ${formatNumber(total)}`
      : 'failed';
  return `Episode ${number}: ${visibleLine(itemId)}, ${phase} at step ${step}, ${outcome}`;
}

/** Its rewards, then what the learner made of them, then what the environment measured. */
function turnLines(turn: ShownTurn, columns: number): string[] {
  const { reward, processedReward, components, metrics, value, target } = turn;
  const parts = named(components);
  // Trees have several joint samples at a turn.
  const place = turn.path === 0 ? '' : `, sample ${turn.path + 1}`;
  const lines = [
    `Turn ${turn.turn + 1}${place}: reward ${figure(reward)}${parts.length < 2 ? '' : ` = ${parts.join(' + ')}`}`,
    named({ 'processed reward': processedReward, return: turn.return, value, target }).join(', '),
    named(metrics).join(', '),
  ];
  return lines.filter((line) => line !== '').flatMap((line) => wrapText(line, columns));
}

function named(figures: Readonly<Record<string, number | undefined>>): string[] {
  return Object.entries(figures).flatMap(([name, value]) =>
    value === undefined ? [] : `${visibleLine(name)} ${figure(value)}`,
  );
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : formatNumber(value);
}

/** Parts of what an agent did, as lines: its heading, what it saw, what it answered. */
type AgentParts = readonly (readonly string[])[];

function agentsText(turn: ShownTurn, full: boolean, columns: number): string[] {
  const count = turn.agents.length;
  const width = Math.floor((columns - GAP.length * (count - 1)) / count);
  if (count < 2 || width < NARROWEST_COLUMN) {
    return turn.agents.flatMap((agent) => ['', ...agentParts(agent, turn, full, columns).flat()]);
  }
  const all = turn.agents.map((agent) => agentParts(agent, turn, full, width));
  return ['', ...partsSideBySide(all, width)];
}

function agentParts(agent: ShownAgent, turn: ShownTurn, full: boolean, width: number): AgentParts {
  const text = (content: string) => cutLines(wrapText(visibleText(content), width), full);
  const about = [
    counted(agent.responseTokens, 'token'),
    ...(agent.finish === 'length' ? ['cut at the limit'] : []),
    ...(agent.promptTruncated ? [`prompt of ${agent.promptTokens} tokens lost its oldest parts`] : []),
    ...named({ reward: turn.agentRewards?.[agent.agent], advantage: turn.advantages?.[agent.agent] }),
  ];
  return [
    [`agent-${agent.agent}`],
    agent.messages.flatMap(({ role, content }) => [`[${visibleLine(role)}]`, ...text(content)]),
    wrapText(`[answer: ${about.join(', ')}]`, width),
    text(agent.response),
  ];
}

/** Parts of several agents beside each other, so that what belongs together begins on the same line. */
function partsSideBySide(all: readonly AgentParts[], width: number): string[] {
  const parts = Math.max(...all.map(({ length }) => length));
  return Array.from({ length: parts }, (_, part) => {
    const height = Math.max(...all.map((own) => own[part]?.length ?? 0));
    return Array.from({ length: height }, (_, line) =>
      all
        .map((own) => padColumns(own[part]?.[line] ?? '', width))
        .join(GAP)
        .trimEnd(),
    );
  }).flat();
}

function cutLines(lines: readonly string[], full: boolean): string[] {
  const left = lines.length - MOST_LINES;
  if (full || left <= 1) return [...lines];
  return [...lines.slice(0, MOST_LINES), `… ${left} more lines, --full shows them`];
}

function visiblePicture({ caption, rows }: Picture, columns: number): Picture {
  return {
    caption: cutColumns(visibleLine(caption), columns),
    rows: rows.map((row) => row.map((cell) => ({ ...cell, block: cell.block && visibleLine(cell.block) }))),
  };
}
