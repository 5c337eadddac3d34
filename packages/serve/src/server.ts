import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { Engine } from './engine/engine.js';
import { groupModels } from './engine/group-models.js';
import type { EngineMeasure } from './engine/messages.js';
import { buildApp, type RequestReport } from './http/app.js';
import { isLoopback } from './http/guards.js';
import { Serving } from './http/serving.js';
import { defaultLimits, type Limits } from './limits.js';
import { LiveModel } from './live-model.js';
import { ServerMetrics } from './metrics.js';
import type { ServedModel } from './served-model.js';

export interface ServerOptions {
  readonly models: readonly ServedModel[];
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What clients have to send; null, the default: nothing, which only loopback allows. */
  readonly token?: string | null;
  readonly limits?: Partial<Limits>;
  /** Memory of the keys and values that requests leave to those that continue them, in bytes per model. */
  readonly prefixBytes?: number;
  /** Threads inside an operation on the CPU, per engine; default: the processors, shared by the engines. */
  readonly threads?: number;
  readonly onRequest?: (report: RequestReport) => void;
  /** Told of errors that no client is to blame for. */
  readonly onFault?: (error: unknown) => void;
}

/** A server that cannot be: for options that do not go together, or an address that cannot be had. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
  constructor(
    readonly reason: 'options' | 'address',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const defaultPrefixBytes = 256 * 2 ** 20;

/** Opens the models and serves them. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host = '127.0.0.1', port = 0, token = null, models } = options;
  checkOptions(host, token, models);
  const limits = { ...defaultLimits, ...options.limits };
  const opened: { models: LiveModel[]; engines: Engine[] } = { models: [], engines: [] };
  const metrics = new ServerMetrics(() => opened);
  const onFault = options.onFault ?? (() => undefined);
  try {
    await openModels(options, limits, metrics, opened, onFault);
    const serving = new Serving(opened.models, opened.engines, metrics, limits);
    const { onRequest = null } = options;
    const app = buildApp(serving, { token, loopback: isLoopback(host), limits, onRequest, onFault });
    await listen(app, host, port);
    return new Server(app, serving, host);
  } catch (error) {
    for (const engine of opened.engines) await engine.close();
    throw error;
  }
}

/** A server that runs. */
export class Server {
  readonly port: number;
  /** Base of the addresses, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  private stopping: Promise<StopReport> | null = null;

  /** @internal */
  constructor(
    private readonly app: FastifyInstance,
    private readonly serving: Serving,
    host: string,
  ) {
    this.port = (app.server.address() as AddressInfo).port;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  get models(): readonly string[] {
    return this.serving.models.map(({ id }) => id);
  }

  /**
   * Takes no new completions, lets those under way finish, cuts them after `graceSeconds`, and ends. A second call
   * waits for the first.
   */
  stop(graceSeconds: number): Promise<StopReport> {
    this.stopping ??= this.stopOnce(graceSeconds);
    return this.stopping;
  }

  private async stopOnce(graceSeconds: number): Promise<StopReport> {
    const { serving, app } = this;
    serving.draining = true;
    const until = performance.now() + 1000 * graceSeconds;
    while (serving.active.size > 0 && performance.now() < until) await pause(50);
    const cut = serving.active.size;
    for (const [completion, sink] of [...serving.active]) completion.cut(sink);
    // What has been written shall reach those who read it; others are not waited for.
    const close = app.close();
    const impatience = setTimeout(() => app.server.closeAllConnections(), lastWords);
    await close;
    clearTimeout(impatience);
    const left = await Promise.all(serving.engines.map((engine) => engine.close()));
    return { cut, left };
  }
}

/** How a server ended. */
export interface StopReport {
  /** Completions that were cut. */
  readonly cut: number;
  /** What was alive on each engine's thread at its end; null where it did not end by itself. */
  readonly left: readonly (EngineMeasure | null)[];
}

/** Time for clients to read the end of their answers, in milliseconds. */
const lastWords = 2000;

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

function checkOptions(host: string, token: string | null, models: readonly ServedModel[]): void {
  if (token === '' || /\s/.test(token ?? ''))
    throw new ServeError(
      'options',
      'The token is empty or has blanks, which no client can send. Give one without.',
    );
  if (!isLoopback(host) && token === null)
    throw new ServeError(
      'options',
      `To be reached at ${host}, by others than this machine, the server needs a token that they have to send. ` +
        'Give one with --token or in COLLM_TOKEN, or stay at 127.0.0.1.',
    );
  const twice = models.find(({ id }, i) => models.findIndex((other) => other.id === id) < i);
  if (twice !== undefined)
    throw new ServeError(
      'options',
      `Two models are called ${twice.id}. Give one of them another name with --name.`,
    );
}

async function openModels(
  options: ServerOptions,
  limits: Limits,
  metrics: ServerMetrics,
  opened: { models: LiveModel[]; engines: Engine[] },
  onFault: (error: unknown) => void,
): Promise<void> {
  const groups = groupModels(options.models);
  const onCpu = groups.filter(([first]) => first?.device === 'cpu').length;
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / Math.max(1, onCpu)));
  for (const group of groups) {
    const engine = await Engine.open({
      models: group,
      maxBatch: limits.maxBatch,
      prefixBytes: options.prefixBytes ?? defaultPrefixBytes,
      threads: group[0]?.device === 'cpu' ? threads : null,
      onTokens: (model, count) => metrics.countTokens((group[model] as ServedModel).id, count),
      onCancelled: (steps) => metrics.cancelSteps.observe(steps),
      onCrash: (error, restarting) =>
        onFault(
          new Error(
            `An engine has died${restarting ? ' and is started again' : ', and is not started again'}: ${error.message}`,
            { cause: error },
          ),
        ),
    });
    opened.engines.push(engine);
    opened.models.push(...group.map((served, index) => new LiveModel(served, engine, index, limits)));
  }
  // In the order in which they were given, whoever decodes them.
  const place = new Map(options.models.map(({ id }, i) => [id, i]));
  opened.models.sort((a, b) => (place.get(a.id) as number) - (place.get(b.id) as number));
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason: Record<string, string> = {
      EADDRINUSE: `port ${port} is taken. Give another one with --port, or --port 0 for any`,
      EACCES: `port ${port} is not for you to take. Give one above 1023 with --port`,
      EADDRNOTAVAIL: `this machine has no address ${host}. Give one of its own with --host`,
      ENOTFOUND: `nobody knows the host ${host}. Give an address of this machine with --host`,
    };
    throw new ServeError(
      'address',
      `The server cannot listen at ${host}: ${reason[code ?? ''] ?? message}.`,
      { cause },
    );
  }
}
