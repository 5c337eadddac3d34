/** Episodes of a report: reward parts by turn, then what each agent saw and answered, side by side. */
import type { AgentTurnRecord, TurnRecord } from '@collm/marl';
import { counted, formatNumber } from '../format.js';
import type { LoggedEpisode } from '../run-store/records.js';
import type { Drawings } from './drawings.js';
import { escapeHtml } from './escape.js';
import { tableHtml } from './page.js';

/** Turns of one episode; the trees of Monte Carlo methods have many. */
const MOST_TURNS = 8;
const MOST_MESSAGES = 20;
/** Characters of one text. */
const LONGEST_TEXT = 6000;
const LONGEST_NAME = 200;

/**
 * One episode, folded up on the screen.
 *
 * @param why why it is shown
 * @param open unfolded from the start
 */
export function episodeHtml(episode: LoggedEpisode, why: string, open: boolean, drawings: Drawings): string {
  const { itemId, step, failure } = episode;
  const end = failure === undefined ? `return ${formatNumber(episode.return)}` : 'failed';
  const title = `${shortened(itemId)}, step ${step}, ${end}`;
  const turns = episode.turns.slice(0, MOST_TURNS);
  const left = episode.turns.length - turns.length;
  const parts = [
    failure === undefined ? '' : `<p class="failure">${escapeHtml(`Failed: ${cut(failure)}`)}</p>`,
    turns.length === 0 ? '' : rewardTable(turns),
    ...turns.map((turn) => turnHtml(turn, nameOf(turn, episode), drawings)),
    left === 0 ? '' : `<p class="note">${counted(left, 'more turn')} left out.</p>`,
  ];
  return (
    `<details class="episode"${open ? ' open="open"' : ''}><summary><h3><strong>${escapeHtml(why)}</strong>: ` +
    `${escapeHtml(title)}</h3></summary>${parts.join('')}</details>`
  );
}

/** What each turn was rewarded for; values and advantages, and rewards of single agents by number, where there are some. */
function rewardTable(turns: readonly TurnRecord[]): string {
  const components = [...new Set(turns.flatMap((turn) => Object.keys(turn.components)))];
  const agents = Math.max(0, ...turns.map(({ agents: own }) => own.length));
  const members = Array.from({ length: agents }, (_, agent) => agent);
  const columns: [string, (turn: TurnRecord) => number | undefined][] = [
    ...components.map((name): [string, (turn: TurnRecord) => number | undefined] => [
      shortened(name),
      (turn) => turn.components[name],
    ]),
    ['reward', (turn) => turn.reward],
    ['processed', (turn) => turn.processedReward],
    ...members.map((agent): [string, (turn: TurnRecord) => number | undefined] => [
      `reward ${agent + 1}`,
      (turn) => turn.agentRewards?.[agent],
    ]),
    ['return', (turn) => turn.return],
    ['value', (turn) => turn.value],
    ['target', (turn) => turn.target],
    ...members.map((agent): [string, (turn: TurnRecord) => number | undefined] => [
      `advantage ${agent + 1}`,
      (turn) => turn.advantages?.[agent],
    ]),
  ];
  const used = columns.filter(([, read]) => turns.some((turn) => read(turn) !== undefined));
  const rows = turns.map((turn) => [
    turnName(turn),
    ...used.map(([, read]) => {
      const value = read(turn);
      return value === undefined ? '' : formatNumber(value);
    }),
  ]);
  return tableHtml(
    'Reward by turn, and the parts that it is the sum of',
    ['', ...used.map(([name]) => name)],
    rows,
  );
}

function turnHtml(turn: TurnRecord, name: string, drawings: Drawings): string {
  const metrics = Object.entries(turn.metrics).map(
    ([metric, value]) => `${shortened(metric)} ${Number.isInteger(value) ? value : formatNumber(value)}`,
  );
  return (
    `<div class="turn"><h4>${escapeHtml(name)}</h4>` +
    (turn.picture === undefined ? '' : drawings.html(turn.picture)) +
    (metrics.length === 0 ? '' : `<p class="note">${escapeHtml(metrics.join(', '))}</p>`) +
    `<div class="agents">${turn.agents.map(agentHtml).join('')}</div></div>`
  );
}

function agentHtml(agent: AgentTurnRecord, index: number): string {
  const shown = agent.messages.slice(-MOST_MESSAGES);
  const left = agent.messages.length - shown.length;
  const messages = shown.map(
    ({ role, content }) => `<h6>${escapeHtml(role)}</h6><pre>${escapeHtml(cut(content))}</pre>`,
  );
  const notes = [
    counted(agent.responseTokens, 'token'),
    ...(agent.finish === 'length' ? ['cut at the limit'] : []),
    ...(agent.promptTruncated ? [`its prompt of ${agent.promptTokens} tokens had to drop older parts`] : []),
  ];
  return (
    `<article><h5>Agent ${index + 1}</h5>` +
    (left === 0 ? '' : `<p class="note">${counted(left, 'older message')} left out.</p>`) +
    `${messages.join('')}<h6>response <small>(${notes.join(', ')})</small></h6>` +
    `<pre class="response">${escapeHtml(cut(agent.response))}</pre></article>`
  );
}

function nameOf(turn: TurnRecord, { itemId }: LoggedEpisode): string {
  return `${shortened(itemId)}, ${turnName(turn).toLowerCase()}`;
}

/** Trees have several joint samples at a turn. */
function turnName({ turn, path }: TurnRecord): string {
  return `Turn ${turn + 1}${path === 0 ? '' : `, sample ${path + 1}`}`;
}

/** A text without its middle where it is too long. */
function cut(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  const [head, tail] = [text.slice(0, LONGEST_TEXT / 2), text.slice(-LONGEST_TEXT / 2)];
  return `${head}\n\n[${(text.length - LONGEST_TEXT).toLocaleString('en-US')} characters left out]\n\n${tail}`;
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
