/** A hub on loopback with one model or data set: as much of the real one's interface as its client uses. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Content {
  readonly bytes: Buffer;
  readonly hash: string;
  /** Large files are listed with their SHA-256 and served from elsewhere after a redirect. */
  readonly lfs: boolean;
}

const pageSize = 3;

export class HubStandIn {
  readonly requests: { method: string; path: string; range?: string; authorization?: string }[] = [];
  /** Branches and the commits they point to. */
  readonly branches: Record<string, string> = { main: 'a'.repeat(40) };
  /** Commits and their files. */
  private readonly commits = new Map<string, Map<string, Content>>();
  /** Closes the connection of the next downloads of a file after so many bytes. */
  readonly cuts = new Map<string, number[]>();
  /** Files whose content differs from what is listed. */
  readonly corrupted = new Set<string>();
  /** Answers every question with this status instead. */
  status: number | null = null;
  /** Lets only requests with this token in. */
  token: string | null = null;
  /** Entries of the list as a hostile hub might send them. */
  extraEntries: object[] = [];
  /** Pause in ms after every piece of a file. */
  delay = 0;
  private server: Server | undefined;
  endpoint = '';

  constructor(
    readonly repo = 'org/tiny',
    readonly type: 'model' | 'dataset' = 'model',
  ) {}

  async start(port = 0): Promise<this> {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
    this.endpoint = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** Makes `files` the content of a commit. */
  commit(sha: string, files: Record<string, Buffer | string>): void {
    const contents = Object.entries(files).map(([path, given]): [string, Content] => {
      const bytes = Buffer.from(given);
      const lfs = /\.(safetensors|parquet)$/.test(path) || bytes.length > 20_000;
      const sha1 = () => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes);
      return [path, { bytes, lfs, hash: (lfs ? createHash('sha256').update(bytes) : sha1()).digest('hex') }];
    });
    this.commits.set(sha, new Map(contents));
  }

  hash(sha: string, file: string): string {
    return this.commits.get(sha)?.get(file)?.hash ?? '';
  }

  /** Files whose content was asked for; the client's questions about size are not among them. */
  get downloads(): { file: string; range?: string }[] {
    return this.requests
      .filter(({ path, range }) => path.startsWith('/content/') && range !== 'bytes=0-0')
      .map(({ path, range }) => ({
        file: path.split('/').at(-1) as string,
        ...(range === undefined ? {} : { range }),
      }));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.endpoint);
    const { range, authorization } = request.headers;
    this.requests.push({
      method: request.method ?? '',
      path: url.pathname,
      ...(range === undefined ? {} : { range }),
      ...(authorization === undefined ? {} : { authorization }),
    });
    if (this.status !== null) return refuse(response, this.status);
    const isContent = url.pathname.startsWith('/content/');
    if (!isContent && this.token !== null && authorization !== `Bearer ${this.token}`)
      return refuse(response, 401);
    const api = `api/${this.type}s/${this.repo}`;
    const home = this.type === 'model' ? this.repo : `datasets/${this.repo}`;
    const [, kind, sha = '', ...rest] =
      new RegExp(`^/(${api}/revision|${api}/tree|${home}/resolve|content)/([^/]+)/?(.*)$`).exec(
        url.pathname,
      ) ?? [];
    const name = decodeURIComponent(sha);
    const commit = this.branches[name] ?? name;
    const files = this.commits.get(commit);
    if (kind === undefined || files === undefined) return refuse(response, 404);
    if (kind.endsWith('/revision')) return json(response, { _id: '1', id: this.repo, sha: commit });
    if (kind.endsWith('/tree')) return this.list(url, files, response);
    const path = rest.join('/');
    const content = files.get(path);
    if (content === undefined) return refuse(response, 404, { 'x-error-code': 'EntryNotFound' });
    if (kind.endsWith('/resolve')) {
      response.writeHead(302, {
        // Another origin, as the real hub's storage is.
        location: `${this.endpoint.replace('127.0.0.1', 'localhost')}/content/${commit}/${path}`,
        'x-repo-commit': commit,
        'x-linked-etag': `"${content.hash}"`,
        'x-linked-size': String(content.bytes.length),
      });
      response.end();
      return undefined;
    }
    return this.send(path, content, range, response);
  }

  private list(url: URL, files: Map<string, Content>, response: ServerResponse): void {
    const entries = [...files].map(([path, { bytes, hash, lfs }]) => ({
      type: 'file',
      path,
      size: bytes.length,
      oid: lfs ? '0'.repeat(40) : hash,
      ...(lfs ? { lfs: { oid: hash, size: bytes.length, pointerSize: 130 } } : {}),
    }));
    const all = [
      { type: 'directory', path: 'original', size: 0, oid: '1' },
      ...entries,
      ...this.extraEntries,
    ];
    const start = Number(url.searchParams.get('cursor') ?? 0);
    url.searchParams.set('cursor', String(start + pageSize));
    const more = start + pageSize < all.length ? { link: `<${url.href}>; rel="next"` } : {};
    json(response, all.slice(start, start + pageSize), more);
  }

  private async send(
    path: string,
    { bytes, hash }: Content,
    range: string | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(to === undefined || to === '' ? bytes.length : Number(to) + 1, bytes.length);
    const body = Buffer.from(bytes.subarray(start, end));
    if (this.corrupted.has(path) && body.length > 0) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    response.writeHead(range === undefined ? 200 : 206, {
      etag: `"${hash}"`,
      'content-length': body.length,
      'accept-ranges': 'bytes',
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    const cut = range === 'bytes=0-0' ? undefined : this.cuts.get(path)?.shift();
    for (let at = 0; at < body.length; at += 16_384) {
      const piece = body.subarray(at, Math.min(at + 16_384, body.length));
      if (cut !== undefined && at + piece.length > cut) {
        await new Promise((resolve) => response.write(piece.subarray(0, cut - at), resolve));
        // What was written must leave before the connection goes.
        await new Promise((resolve) => setTimeout(resolve, 50));
        response.destroy();
        return;
      }
      await new Promise((resolve) => response.write(piece, resolve));
      if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    }
    response.end();
  }
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end('no');
}
