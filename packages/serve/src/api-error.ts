/** Errors as OpenAI's API tells them: every client knows how to read these. */

export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'server_error';

export interface ApiErrorDetails {
  /** Field of the request that is at fault, e.g. `messages[0].content`. */
  readonly param?: string;
  /** What programs compare, e.g. `model_not_found`. */
  readonly code?: string;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** What a client is told, with the HTTP status that goes with it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfter: number | null;

  constructor(
    readonly status: number,
    readonly type: ApiErrorType,
    message: string,
    details: ApiErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.retryAfter = details.retryAfter ?? null;
  }

  /** The body of the answer. */
  body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

/** The request cannot be met as it is. */
export function badRequest(message: string, details: ApiErrorDetails = {}): ApiError {
  return new ApiError(400, 'invalid_request_error', message, details);
}

/** Not the client's fault. */
export function serverError(message: string, details: ApiErrorDetails = {}): ApiError {
  return new ApiError(500, 'server_error', message, { code: 'internal_error', ...details });
}

/** Not now, but later. */
export function unavailable(message: string, code: string, retryAfter = 1): ApiError {
  return new ApiError(503, 'server_error', message, { code, retryAfter });
}
