/** What one agent's requests to its endpoint came to. */
export class Tally {
  /** Answered or not; one with retries counts once. */
  requests = 0;
  retries = 0;
  failures = 0;
  /** As the endpoint counted them; null until it did. */
  promptTokens: number | null = null;
  responseTokens: number | null = null;
  /** Of all requests, retries and pauses between them included, but not the wait for a free place. */
  seconds = 0;
  /** The same of each request that was answered. */
  readonly latencies: number[] = [];

  count(prompt: number, response: number): void {
    this.promptTokens = (this.promptTokens ?? 0) + prompt;
    this.responseTokens = (this.responseTokens ?? 0) + response;
  }

  /**
   * The latency in seconds that so large a share of the answered requests did not exceed; null when there are none.
   *
   * @param share in (0, 1]
   */
  latency(share: number): number | null {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  }
}
