/** What was played, for terminals, for documents and for programs. */
import type { EndpointActor, EpisodeRecord, Sampling, SeparateEvaluation } from '@collm/marl';
import { summaryRows } from '../commands/eval.js';
import { counted, formatDuration } from '../format.js';
import { markdownTable, terminalTable } from '../tables.js';

export interface Played {
  readonly environment: string;
  readonly seed: number;
  readonly sampling: Sampling;
  readonly items: number;
  readonly evaluation: SeparateEvaluation;
  readonly actors: readonly EndpointActor[];
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly interrupted: boolean;
}

const SHOWN_FAILURES = 20;

/** A headline, the figures, the agents, and what failed. */
export function playText(played: Played, format: 'terminal' | 'markdown'): string {
  const { summary, failed } = played.evaluation;
  const table = format === 'terminal' ? terminalTable : markdownTable;
  const figures = summaryRows(summary);
  const parts = [
    `${headline(played)}\n`,
    ...(figures.length > 1 ? [table(figures)] : []),
    table(agentRows(played.actors)),
    ...(failed.length > 0 ? [failureText(failed)] : []),
  ];
  return parts.join('\n');
}

/** The same and all that is behind it. */
export function playJson({ evaluation, actors, ...played }: Played): object {
  const { summary, episodes, failed, wanted } = evaluation;
  const { temperature, greedy, topP, topK, maxNewTokens } = played.sampling;
  return {
    environment: played.environment,
    seed: played.seed,
    temperature: greedy ? 0 : temperature,
    top_p: topP,
    top_k: topK,
    max_new_tokens: maxNewTokens,
    items: played.items,
    episodes: episodes.length,
    failed: failed.length,
    wanted,
    interrupted: played.interrupted,
    seconds: played.seconds,
    summary,
    agents: actors.map(({ agent, endpoint, model, exact, tally }) => ({
      agent,
      url: endpoint.url,
      model: model.id,
      exact,
      requests: tally.requests,
      retries: tally.retries,
      failures: tally.failures,
      prompt_tokens: tally.promptTokens,
      response_tokens: tally.responseTokens,
      seconds: tally.seconds,
      latency_p50: tally.latency(0.5),
      latency_p95: tally.latency(0.95),
    })),
    failures: failed.map(({ episode, itemId, failure }) => ({ episode, item: itemId, cause: failure })),
  };
}

function headline({ environment, seed, sampling, items, evaluation, seconds, interrupted }: Played): string {
  const { episodes, failed, wanted } = evaluation;
  const done = episodes.length + failed.length;
  return [
    `${environment}, ${counted(items, 'item')}, seed ${seed}, temperature ${sampling.greedy ? 0 : sampling.temperature}`,
    done === wanted ? counted(done, 'episode') : `${done} of ${counted(wanted, 'episode')}`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed`]),
    formatDuration(seconds),
    ...(interrupted ? ['stopped before the end'] : []),
  ].join(', ');
}

function agentRows(actors: readonly EndpointActor[]): string[][] {
  const rows = actors.map(({ agent, endpoint, model, tally }) => [
    `agent-${agent}`,
    endpoint.url,
    model.id,
    ...[tally.requests, tally.retries, tally.failures].map(String),
    ...[tally.promptTokens, tally.responseTokens].map((count) => (count === null ? 'untold' : String(count))),
    tally.seconds.toFixed(1),
    ...[0.5, 0.95].map((share) => tally.latency(share)?.toFixed(2) ?? ''),
  ]);
  const head = [
    ...['agent', 'endpoint', 'model', 'requests', 'retries', 'failures', 'prompt tokens', 'tokens'],
    ...['seconds', 'p50 (s)', 'p95 (s)'],
  ];
  return [head, ...rows];
}

function failureText(failed: readonly EpisodeRecord[]): string {
  const lines = failed.slice(0, SHOWN_FAILURES).map(({ failure }) => `- ${failure}`);
  const more = failed.length - lines.length;
  if (more > 0) lines.push(`- and ${more} more`);
  return `Failed episodes, which are in no figure:\n${lines.join('\n')}\n`;
}
