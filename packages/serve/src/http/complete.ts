import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChunkFormat, WholeFormat } from '../answer/answer-format.js';
import { StreamSink, WholeSink } from '../answer/sinks.js';
import { SseStream } from '../answer/sse-stream.js';
import { ApiError } from '../api-error.js';
import { Completion } from '../completion/completion.js';
import type { CompletionPlan } from '../completion/plan.js';
import type { Serving } from './serving.js';

/** The two ways in which an answer can be written. */
export interface Formats {
  chunks(): ChunkFormat;
  whole(): WholeFormat;
}

/**
 * Runs a completion and answers with it. One promise a request: tokens are passed on by plain calls.
 *
 * @throws ApiError while nothing has been sent
 */
export function complete(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  plan: CompletionPlan,
  formats: Formats,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { limits, metrics, active } = serving;
    const completion = new Completion(plan, metrics.ofModel(plan.model.id), request.receivedAt, () => {
      active.delete(completion);
      request.usage = completion.usage;
    });
    const finish = (outcome: string | ApiError | null) => {
      if (outcome instanceof ApiError) reject(outcome);
      else if (outcome === null) resolve(reply);
      else resolve(reply.type('application/json; charset=utf-8').send(outcome));
    };
    const its = () => completion;
    const sink = plan.stream
      ? new StreamSink(
          its,
          formats.chunks(),
          new SseStream(reply, limits, () => completion.abort('unread')),
          finish,
        )
      : new WholeSink(its, formats.whole(), finish);
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return;
      completion.abort('client');
      // Nobody is left to be answered.
      reply.hijack();
      resolve(reply);
    });
    try {
      completion.start(sink);
      active.set(completion, sink);
    } catch (error) {
      reject(error);
    }
  });
}
