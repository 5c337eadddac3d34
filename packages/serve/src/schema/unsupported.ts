import { badRequest } from '../api-error.js';

/** Values of a parameter that ask for nothing; null always is one. */
type Neutral = readonly unknown[];

const sampling: Readonly<Record<string, Neutral>> = {
  presence_penalty: [0],
  frequency_penalty: [0],
  repetition_penalty: [1],
  length_penalty: [1],
  logit_bias: [{}],
  min_p: [0],
  typical_p: [1],
  min_tokens: [0],
  ignore_eos: [false],
  use_beam_search: [false],
  stop_token_ids: [[]],
  bad_words: [[]],
  allowed_token_ids: [],
  logits_processors: [[]],
  prompt_logprobs: [],
  guided_json: [],
  guided_regex: [],
  guided_choice: [],
  guided_grammar: [],
  structured_outputs: [],
  truncate_prompt_tokens: [],
  skip_special_tokens: [true],
};

const ofChat: Readonly<Record<string, Neutral>> = {
  ...sampling,
  response_format: [{ type: 'text' }],
  tool_choice: ['auto', 'none'],
  functions: [[]],
  function_call: ['none', 'auto'],
  modalities: [['text']],
  audio: [],
  prediction: [],
  web_search_options: [],
  add_generation_prompt: [true],
  continue_final_message: [false],
};

const ofText: Readonly<Record<string, Neutral>> = {
  ...sampling,
  suffix: [''],
  best_of: [1],
  response_format: [{ type: 'text' }],
};

/**
 * Refuses what would change the answer and cannot be done. Fields that nobody knows are ignored, as other servers do.
 *
 * @throws ApiError 400 naming the parameter and the value that is as good as leaving it out
 */
export function refuseUnsupported(body: object, kind: 'chat' | 'text'): void {
  for (const [param, neutral] of Object.entries(kind === 'chat' ? ofChat : ofText)) {
    const value = (body as Record<string, unknown>)[param];
    if (value === undefined || value === null) continue;
    const text = JSON.stringify(value);
    if (neutral.some((one) => JSON.stringify(one) === text)) continue;
    const allowed = neutral.map((one) => JSON.stringify(one)).join(' or ');
    throw badRequest(
      `\`${param}\` is not supported by this server. Leave it out${allowed === '' ? '' : `, or set it to ${allowed}`}.`,
      { param, code: 'unsupported_parameter' },
    );
  }
}
