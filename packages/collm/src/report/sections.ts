/** The parts of a report as HTML. All text from models and files goes through `escapeHtml`. */
import type { AgentTurnRecord, TurnRecord } from '@collm/marl';
import { counted, formatNumber } from '../format.js';
import type { LoggedEpisode } from '../run-store/records.js';
import type { RunMeta } from '../run-store/run-folder.js';
import { type Comparison, evaluationsByStep } from './comparison.js';
import { formatEstimate, formatGain } from './comparison-text.js';
import type { Drawings } from './drawings.js';
import { escapeHtml } from './escape.js';

const SHOWN_PICTURES = 12;
const SHOWN_EPISODES = 3;

/**
 * Title and the facts of the run.
 *
 * @param target what became of its target return, if it has one
 */
export function headerSection(meta: RunMeta, steps: number, envSteps: number, target: string | null): string {
  const facts = {
    algorithm: meta.algorithm,
    environment: meta.environment,
    seed: String(meta.seed),
    steps: String(steps),
    'environment steps': String(envSteps),
    started: meta.created,
    ...meta.versions,
  };
  const items = Object.entries(facts).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  const note = target === null ? '' : `<p>${escapeHtml(target)}</p>`;
  return `<header><h1>${escapeHtml(meta.name)}</h1><dl class="facts">${items.join('')}</dl>${note}</header>`;
}

const aboutPictures =
  '<p class="note">First evaluation episode of each item. A small ring is a missing cell, a crossed block a stray one. Builds in space are drawn by block and by agent.</p>';

/** The table of figures before and after, and the pictures. */
export function comparisonSection(comparison: Comparison | null, drawings: Drawings): string {
  if (comparison === null) {
    return '<section><h2>Before and after</h2><p>There are no two evaluations to compare yet.</p></section>';
  }
  const { figures, pictures, beforeStep, afterStep } = comparison;
  const rows = figures.map(
    (figure) =>
      `<tr><th scope="row">${escapeHtml(figure.label)} <small>(${figure.better} is better)</small></th>` +
      `<td>${formatEstimate(figure.before)}</td><td>${formatEstimate(figure.after)}</td>` +
      `<td>${formatNumber(figure.gain)}</td><td>${formatGain(figure)}</td></tr>`,
  );
  const drawn = pictures
    .slice(0, SHOWN_PICTURES)
    .map(
      ({ before, after }) =>
        `<figure class="pair"><div>${drawings.html(before)}<small>before</small></div>` +
        `<div>${drawings.html(after)}<small>after</small></div><figcaption>${escapeHtml(after.caption)}</figcaption></figure>`,
    );
  return (
    '<section><h2>Before and after</h2><table><thead><tr><th></th>' +
    `<th>before (step ${beforeStep})</th><th>after (step ${afterStep})</th><th>change</th><th>in standard errors</th>` +
    `</tr></thead><tbody>${rows.join('')}</tbody></table>` +
    `<p class="note">Mean ± standard error over ${counted(figures[0]?.after.episodes ?? 0, 'evaluation episode')}.</p>` +
    `${drawn.length === 0 ? '' : `<div class="pairs">${drawn.join('')}</div>${aboutPictures}`}</section>`
  );
}

/** What the agents saw and answered in some episodes of the last evaluation, or of training. */
export function episodesSection(episodes: readonly LoggedEpisode[], drawings: Drawings): string {
  const last = [...evaluationsByStep(episodes).values()].at(-1) ?? episodes.slice(-SHOWN_EPISODES);
  if (last.length === 0) return '';
  const shown = new Map<string, LoggedEpisode>();
  for (const episode of last) if (!shown.has(episode.itemId)) shown.set(episode.itemId, episode);
  const some = [...shown.values()].slice(0, SHOWN_EPISODES);
  return `<section><h2>Sample episodes</h2>${some.map((episode) => episodeHtml(episode, drawings)).join('')}</section>`;
}

/** The resolved configuration. */
export function configSection(yaml: string): string {
  return `<section><h2>Configuration</h2><pre>${escapeHtml(yaml)}</pre></section>`;
}

function episodeHtml(episode: LoggedEpisode, drawings: Drawings): string {
  const end =
    episode.failure === undefined ? `return ${formatNumber(episode.return)}` : `failed: ${episode.failure}`;
  const title = `${episode.itemId}, step ${episode.step}, ${end}`;
  const turns = episode.turns.map((turn) => turnHtml(turn, drawings));
  return `<details><summary>${escapeHtml(title)}</summary>${turns.join('')}</details>`;
}

function turnHtml(turn: TurnRecord, drawings: Drawings): string {
  const parts = Object.entries(turn.components).map(([name, value]) => `${name} ${formatNumber(value)}`);
  const value = turn.value === undefined ? '' : `, value ${formatNumber(turn.value)}`;
  const heading = `Turn ${turn.turn + 1}: reward ${formatNumber(turn.reward)} (${parts.join(', ')})${value}`;
  const picture = turn.picture === undefined ? '' : drawings.html(turn.picture);
  return (
    `<h3>${escapeHtml(heading)}</h3>${picture}` +
    `<div class="agents">${turn.agents.map(agentHtml).join('')}</div>`
  );
}

function agentHtml(agent: AgentTurnRecord, index: number): string {
  const messages = agent.messages.map(
    ({ role, content }) => `<h5>${escapeHtml(role)}</h5><pre>${escapeHtml(content)}</pre>`,
  );
  const cut = agent.finish === 'length' ? ', cut at the limit' : '';
  return (
    `<article><h4>Agent ${index + 1}</h4>${messages.join('')}` +
    `<h5>response (${agent.responseTokens} tokens${cut})</h5><pre class="response">${escapeHtml(agent.response)}</pre></article>`
  );
}
