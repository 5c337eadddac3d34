import type { Choice, Piece } from '../completion/choice.js';
import type { Usage } from '../completion/completion.js';
import type { CompletionPlan } from '../completion/plan.js';
import type { TokenTexts } from '../completion/token-texts.js';

/** What stands on every answer to a request. */
export interface AnswerHead {
  /** Of the answer, e.g. `chatcmpl-…`. */
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly plan: CompletionPlan;
  readonly texts: TokenTexts;
  /** Whether older turns were left out; null where nobody asked. */
  readonly truncated: boolean | null;
}

/** The chunks of a streamed answer, each a whole `data:` line with its blank line. */
export interface ChunkFormat {
  /** What a choice begins with, before its first piece. */
  open(choice: Choice): string;
  piece(choice: Choice, piece: Piece): string;
  close(choice: Choice, rest: string): string;
  usage(usage: Usage): string;
}

/** An answer in one piece. */
export interface WholeFormat {
  piece(choice: Choice, piece: Piece): void;
  close(choice: Choice, rest: string): void;
  /** The JSON text. */
  done(usage: Usage): string;
}

/** The fields that all answers begin with, without the brace at the end. */
export function headJson({ id, created, plan: { model } }: AnswerHead, object: string): string {
  const fields = { id, object, created, model: model.id, system_fingerprint: model.fingerprint };
  return JSON.stringify(fields).slice(0, -1);
}

/** What was asked for beyond the protocol, as fields after others: the prompt's tokens, and whether it was cut. */
export function extensionsJson({ plan, truncated }: AnswerHead): string {
  const tokens = plan.tokenIds ? `,"prompt_token_ids":${JSON.stringify(plan.prompts[0])}` : '';
  return truncated === null ? tokens : `${tokens},"collm":{"prompt_truncated":${truncated}}`;
}
