/** Everything that goes wrong leaves the server as an error of OpenAI's shape. */
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance } from 'fastify';
import { ApiError, badRequest, serverError } from '../api-error.js';

/** @param onFault told of what is no fault of a client */
export function addErrorHandlers(
  app: FastifyInstance,
  maxBodyBytes: number,
  onFault: (error: unknown) => void,
): void {
  app.setNotFoundHandler((request) => {
    throw new ApiError(
      404,
      'invalid_request_error',
      `There is nothing at ${request.method} ${request.url.slice(0, 200)}. Completions are made at POST /v1/chat/completions and POST /v1/completions.`,
      { code: 'unknown_url' },
    );
  });
  app.setErrorHandler((error: FastifyError | ApiError, _request, reply) => {
    const told = error instanceof ApiError ? error : fromFastify(error, maxBodyBytes);
    if (told.status >= 500 && told.status !== 503) onFault(error);
    if (told.retryAfter !== null) reply.header('retry-after', told.retryAfter);
    return reply.status(told.status).send(told.body());
  });
}

function fromFastify(error: FastifyError, maxBodyBytes: number): ApiError {
  switch (error.statusCode) {
    case 413:
      return new ApiError(
        413,
        'invalid_request_error',
        `The request body is larger than ${maxBodyBytes} bytes.`,
        {
          code: 'request_too_large',
        },
      );
    case 415:
      return new ApiError(
        415,
        'invalid_request_error',
        'The request body has to be JSON, sent as `Content-Type: application/json`.',
        { code: 'unsupported_media_type' },
      );
    default:
      if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
        return badRequest(`The request cannot be read: ${error.message}.`, { code: 'invalid_json' });
      return serverError('Something went wrong in the server, which has written down what.', {
        cause: error,
      });
  }
}

const unreadable = badRequest('The request is no HTTP that can be read.', { code: 'bad_http' });
const slow = new ApiError(408, 'invalid_request_error', 'The request took too long to arrive.', {
  code: 'timeout',
});
const largeHeaders = new ApiError(431, 'invalid_request_error', 'The headers are too large.', {
  code: 'large_headers',
});

/** Answers what never became a request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const told =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? slow
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? largeHeaders
        : unreadable;
  const body = JSON.stringify(told.body());
  const head = `HTTP/1.1 ${told.status} Error\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\n\r\n${body}`);
}
