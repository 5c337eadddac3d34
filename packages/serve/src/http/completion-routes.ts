import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerHead, ChunkFormat, WholeFormat } from '../answer/answer-format.js';
import { ChatAnswer } from '../answer/chat-answer.js';
import { ChatChunks } from '../answer/chat-chunks.js';
import { TextAnswer } from '../answer/text-answer.js';
import { TextChunks } from '../answer/text-chunks.js';
import { badRequest } from '../api-error.js';
import { type CompletionPlan, planCompletion } from '../completion/plan.js';
import { chatPrompt } from '../prompt/chat-prompt.js';
import { newTokens } from '../prompt/room.js';
import { textPrompts } from '../prompt/text-prompt.js';
import { type ChatRequest, chatRequest } from '../schema/chat.js';
import { parse } from '../schema/parse.js';
import { type TextRequest, textRequest } from '../schema/text.js';
import { refuseUnsupported } from '../schema/unsupported.js';
import { complete } from './complete.js';
import type { Serving } from './serving.js';

/** POST /v1/chat/completions and POST /v1/completions. */
export function addCompletionRoutes(app: FastifyInstance, serving: Serving): void {
  app.post('/v1/chat/completions', async (request, reply) => answerChat(serving, request, reply));
  app.post('/v1/completions', async (request, reply) => answerText(serving, request, reply));
}

async function answerChat(serving: Serving, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = parse(chatRequest, request.body);
  const model = serving.model(body.model);
  request.servedModel = model.id;
  refuseUnsupported(request.body as object, 'chat');
  const asked = askedTokens(body);
  const { tokens, truncated } = chatPrompt(model, body, model.context - (asked?.value ?? 1));
  const plan = planCompletion(model, serving.limits, {
    request: body,
    prompts: [tokens],
    maxNewTokens: [newTokens(model, tokens.length, asked, serving.limits.maxTokens, 'messages')],
    topLogProbs: topLogProbs(body),
  });
  const head = headOf(serving, plan, 'chatcmpl', body.collm == null ? null : truncated);
  return complete(serving, request, reply, plan, {
    chunks: () => new ChatChunks(head),
    whole: () => new ChatAnswer(head),
  });
}

async function answerText(serving: Serving, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = parse(textRequest, request.body);
  const model = serving.model(body.model);
  request.servedModel = model.id;
  refuseUnsupported(request.body as object, 'text');
  const prompts = textPrompts(model, body, serving.limits.maxChoices);
  checkText(body, prompts.length);
  // OpenAI's default of 16 tokens.
  const asked = { value: body.max_tokens ?? 16, param: 'max_tokens' };
  const plan = planCompletion(model, serving.limits, {
    request: body,
    prompts,
    maxNewTokens: prompts.map(({ length }) =>
      newTokens(model, length, asked, serving.limits.maxTokens, 'prompt'),
    ),
    topLogProbs: body.logprobs ?? null,
  });
  const n = body.n ?? 1;
  const echo = plan.rows.map((_, i) =>
    body.echo === true ? model.tokenizer.decode(prompts[Math.floor(i / n)] as number[]) : '',
  );
  const head = headOf(serving, plan, 'cmpl', null);
  return complete(serving, request, reply, plan, {
    chunks: (): ChunkFormat => new TextChunks(head, echo),
    whole: (): WholeFormat => new TextAnswer(head, echo),
  });
}

function askedTokens({ max_completion_tokens: newer, max_tokens: older }: ChatRequest) {
  if (newer != null) return { value: newer, param: 'max_completion_tokens' };
  return older == null ? null : { value: older, param: 'max_tokens' };
}

function topLogProbs({ logprobs, top_logprobs: top }: ChatRequest): number | null {
  if (logprobs === true) return top ?? 0;
  if (top == null || top === 0) return null;
  throw badRequest('`top_logprobs` goes with `logprobs: true`.', {
    param: 'top_logprobs',
    code: 'invalid_value',
  });
}

function checkText({ echo, logprobs, return_token_ids: ids }: TextRequest, prompts: number): void {
  if (echo === true && logprobs != null)
    throw badRequest(
      '`echo` cannot be had with `logprobs`: the log-probs of a prompt are not computed here.',
      {
        param: 'echo',
        code: 'unsupported_parameter',
      },
    );
  if (ids === true && prompts > 1)
    throw badRequest('`return_token_ids` tells one prompt only. Send one prompt per request.', {
      param: 'return_token_ids',
      code: 'invalid_value',
    });
}

function headOf(serving: Serving, plan: CompletionPlan, kind: string, truncated: boolean | null): AnswerHead {
  return {
    id: `${kind}-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    plan,
    texts: serving.textsOf(plan.model),
    truncated,
  };
}
