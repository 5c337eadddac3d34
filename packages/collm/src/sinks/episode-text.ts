/** An episode as Markdown, for trackers. */
import type { EpisodeRecord } from '@collm/marl';
import { formatNumber } from '../format.js';
import { codeBlock, escapeMarkdown } from '../markdown.js';

/** Characters of a response that are shown. */
const shown = 4000;

/** Turn by turn what each agent answered and what the team got for it. */
export function episodeMarkdown({ itemId, turns, return: total }: EpisodeRecord): string {
  const parts = turns.map(({ turn, reward, components, agents }) => {
    const rewards = Object.entries(components).map(
      ([name, value]) => `${escapeMarkdown(name)} ${formatNumber(value)}`,
    );
    const answers = agents.map(
      ({ response }, agent) => `Agent ${agent + 1}:\n\n${codeBlock(response.slice(0, shown))}`,
    );
    return [`**Turn ${turn + 1}**: reward ${formatNumber(reward)} (${rewards.join(', ')})`, ...answers].join(
      '\n\n',
    );
  });
  return [`**${escapeMarkdown(itemId)}**: return ${formatNumber(total)}`, ...parts].join('\n\n');
}
