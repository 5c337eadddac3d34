/** Runs what docs/deploy.md shows of playing and chatting, line by line, each in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTeam } from '../src/team.js';
import { Workspace } from './workspace.js';

const cli = fileURLToPath(new URL('../bin/collm.js', import.meta.url));
const page = readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8');
const part = page.slice(page.indexOf('\n## Play\n'));
const lines = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block.split('\n').filter((line) => line.startsWith('npx collm ')),
);

let space: Workspace;
const children: ChildProcess[] = [];
/** The page's ports by free ones: others may listen at those. */
const ports = new Map<string, string>();

beforeAll(async () => {
  space = new Workspace();
  for (const port of new Set(part.match(/\b80\d\d\b/g))) ports.set(port, await freePort());
  // What `npm start` makes, in seconds instead of minutes.
  const quick = [
    'train.items_per_step=2',
    'train.eval_generations=1',
    'train.eval_interval=0',
    'train.max_new_tokens=16',
  ];
  const set = [...quick, 'algorithm.num_generations=1'].flatMap((text) => ['--set', text]);
  const { code, err } = await space.collm(['quickstart', '--steps', '1', ...set], openTeam);
  expect(err).toContain('Run folder: runs/str_build-collm_cc-001');
  expect(code).toBe(0);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  space[Symbol.dispose]();
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return String(port);
}

/** A line of the page as a shell would start it. */
function start(line: string): ChildProcess {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const args = words
    .slice(2)
    .map((word) => word.replaceAll(/\b80\d\d\b/g, (port) => ports.get(port) ?? port));
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: space.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function finish(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => (out += data));
  child.stderr?.on('data', (data) => (err += data));
  const [code] = await once(child, 'close');
  return { code, out, err };
}

describe('docs/deploy.md', () => {
  it('two servers in two terminals, and a third that plays and talks', async () => {
    const servers = lines.filter((line) => line.startsWith('npx collm serve')).map(start);
    expect(servers).toHaveLength(2);
    await Promise.all(
      servers.map(async (server) => {
        const [said] = await Promise.race([
          once(server.stdout as NodeJS.ReadableStream, 'data'),
          once(server, 'exit'),
        ]);
        expect(String(said)).toMatch(/^Serving at http:\/\/127.0.0.1:\d+\n/);
      }),
    );
    const results = new Map<string, string>();
    for (const line of lines.filter((one) => !one.startsWith('npx collm serve'))) {
      const { code, out, err } = await finish(start(line));
      expect(code, `${line}\n${out}${err}`).toBe(0);
      results.set(line, out);
    }
    const [played, evaluated, markdown, , talk, once_] = [...results.values()] as string[];
    // Rows of the figures: one name and two numbers with four digits.
    const figures = (text = '') => text.match(/^│ \w+ +│ +-?\d+\.\d{4} │ +\d+\.\d{4} │$/gm);
    expect(figures(played)?.length).toBeGreaterThan(8);
    expect(figures(played)).toEqual(figures(evaluated));
    expect(markdown).toMatch(/\n\| return \| /);
    expect(existsSync(space.path('played/episodes.jsonl'))).toBe(true);
    expect([talk, once_].map((text) => (text ?? '').length > 1)).toEqual([true, true]);
    for (const server of servers) {
      server.kill('SIGINT');
      expect((await once(server, 'exit'))[0]).toBe(0);
    }
    // Seven processes one after another, which all load libtorch.
  }, 180_000);
});
