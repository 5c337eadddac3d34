import type { FastifyReply } from 'fastify';
import type { Limits } from '../limits.js';

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // Proxies that buffer would hold back what is to be seen at once.
  'x-accel-buffering': 'no',
};

/**
 * Server-sent events to one client, one write per decoding step. What a client does not read is kept up to a
 * bound; then its connection is ended.
 */
export class SseStream {
  private pending = '';
  private begun = false;

  /** @param onUnread told when a client is given up on */
  constructor(
    private readonly reply: FastifyReply,
    private readonly limits: Limits,
    private readonly onUnread: () => void,
  ) {}

  /** Whether the answer has begun: an error cannot change its status any more. */
  get open(): boolean {
    return this.begun;
  }

  add(text: string): void {
    this.pending += text;
  }

  /** Sends what was added. */
  flush(): void {
    if (this.pending === '') return;
    const { raw } = this.reply;
    this.begin();
    raw.write(this.pending);
    this.pending = '';
    if (raw.writableLength <= this.limits.maxUnreadBytes) return;
    this.onUnread();
    raw.destroy();
  }

  end(): void {
    const { raw } = this.reply;
    this.begin();
    raw.end(this.pending);
    this.pending = '';
    raw.socket?.setTimeout(1000 * this.limits.unreadSeconds);
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.reply.hijack();
    this.reply.raw.writeHead(200, headers);
  }
}
