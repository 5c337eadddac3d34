/** `collm serve`: an OpenAI-compatible server for the agents of a run, or for a model. */
import type { RequestReport, Server } from '@collm/serve';
import { CollmError, exitCodes, messageOf, UsageError } from '../../errors.js';
import { counted } from '../../format.js';
import type { Io } from '../../io.js';
import { Progress } from '../../sinks/progress.js';
import { visibleLine } from '../../terminal-text.js';
import { stopOnInterrupt } from '../interrupt.js';
import { type Served, type SourceArguments, servedModels } from './served-models.js';

export interface ServeArguments extends SourceArguments {
  readonly host: string;
  readonly port: number;
  /** null: COLLM_TOKEN, if it is set. */
  readonly token: string | null;
  readonly maxBatch: number;
  readonly maxQueue: number;
  readonly maxNewTokens: number | null;
  /** In MiB. */
  readonly prefixCache: number;
  readonly threads: number | null;
  /** In seconds. */
  readonly grace: number;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Serves until it is told to stop; returns the exit code. */
export async function serve(given: ServeArguments, io: Io): Promise<number> {
  const progress = new Progress(io.stderr);
  const served = await servedModels(given, io);
  progress.line(`Opening ${counted(served.models.length, 'model')} of ${served.title}`);
  const server = await open(given, served, progress);
  announce(server, given, io, progress);
  const stop = stopOnInterrupt(() =>
    progress.line(
      `\nStopping: running responses have ${given.grace} s to finish. Press Ctrl+C again to end at once.`,
    ),
  );
  try {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
    const { cut } = await server.stop(given.grace);
    progress.line(cut === 0 ? 'Stopped.' : `Stopped; ${counted(cut, 'response')} had to be cut.`);
  } finally {
    stop.release();
  }
  return exitCodes.ok;
}

async function open(given: ServeArguments, { models }: Served, progress: Progress): Promise<Server> {
  const { ServeError, startServer } = await import('@collm/serve');
  const { maxBatch, maxQueue, maxNewTokens, threads } = given;
  try {
    return await startServer({
      models,
      host: given.host,
      port: given.port,
      token: given.token ?? process.env.COLLM_TOKEN ?? null,
      limits: { maxBatch, maxQueue, maxTokens: maxNewTokens },
      prefixBytes: given.prefixCache * 2 ** 20,
      ...(threads === null ? {} : { threads }),
      ...(given.verbose ? { onRequest: (report: RequestReport) => progress.line(requestLine(report)) } : {}),
      onFault: (error) => progress.line(messageOf(error)),
    });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ServeError && error.reason === 'options') throw new UsageError(message);
    throw new CollmError(error instanceof ServeError ? 'RUN' : 'MODEL', message, { cause: error });
  }
}

/** Where it serves what, and a command to try. */
function announce(
  { url, models }: Server,
  { json, token }: ServeArguments,
  io: Io,
  progress: Progress,
): void {
  if (json) {
    io.stdout.write(`${JSON.stringify({ url, models, pid: process.pid })}\n`);
    return;
  }
  io.stdout.write(`Serving at ${url}\n${models.map((id) => `  ${id}\n`).join('')}`);
  const body = JSON.stringify({
    model: models[0],
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 50,
  });
  const locked = (token ?? process.env.COLLM_TOKEN ?? null) !== null;
  const key = locked ? ` -H "Authorization: Bearer $COLLM_TOKEN"` : '';
  progress.line(
    `Try:\n  curl ${url}/v1/chat/completions -H 'Content-Type: application/json'${key} -d '${body}'`,
  );
  progress.line('Stop with Ctrl+C.');
}

function requestLine({ method, path, status, model, usage, seconds }: RequestReport): string {
  const tokens = usage === null ? '' : `, ${usage.prompt_tokens} + ${usage.completion_tokens} tokens`;
  return `${new Date().toISOString()} ${method} ${visibleLine(path.slice(0, 200))} ${status}${model === '' ? '' : ` ${model}`}${tokens}, ${seconds.toFixed(3)} s`;
}
