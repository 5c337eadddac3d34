/** The commands and the configuration of docs/environments.md. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { Workspace } from './workspace.js';

const page = readFileSync(new URL('../../../docs/environments.md', import.meta.url), 'utf8');
const section = (heading: string) => page.split(`\n## ${heading}`)[1]?.split('\n## ')[0] ?? '';
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code as string,
  );

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

describe('docs/environments.md', () => {
  it('validates, scores and trains the environment that it builds', async () => {
    const own = section('Your own environment');
    space.write('meeting.mjs', blocks(own, 'js').join('\n'));
    const { code, out } = await space.collm(['env', 'validate', 'meeting.mjs']);
    expect(code, out).toBe(0);

    const [, input = '', args = ''] = /^echo '(.*)' \| collm (.*)$/m.exec(own) ?? [];
    let scored = '';
    await main(args.split(' '), {
      cwd: space.dir,
      stdout: { write: (text) => (scored += text) },
      async *input() {
        yield Buffer.from(input);
      },
    });
    const { turns, return: total } = JSON.parse(scored);
    expect(turns.map(({ reward }: { reward: number }) => reward)).toEqual([0.5, 1]);
    expect(turns.map((turn: { ended_by: string | null }) => turn.ended_by)).toEqual([null, 'threshold']);
    expect(turns[0].feedback).toEqual([
      'Your colleague wrote 8. Write an hour again.',
      'Your colleague wrote 13. Write an hour again.',
    ]);
    expect(total).toBe(1.5);

    const [config = ''] = blocks(own, 'yaml');
    space.write('meeting.yaml', config.replace('Qwen/Qwen3-0.6B', 'model'));
    const trained = await space.collm(['train', 'meeting.yaml', '--set', 'train.max_steps=2', '--name', 'a']);
    expect(trained.code, trained.err).toBe(0);
  });

  it('shows what validating data says', async () => {
    const shown = blocks(section('Data'), '')[0] ?? '';
    const posts = Array.from({ length: 1000 }, (_, i) => JSON.stringify({ prompt: `post ${i}` }));
    posts[6] = '{"prompt": "p"';
    posts[11] = '{"prompt": " "}';
    posts[30] = '{"post": "x", "id": "y"}';
    space.write('posts.jsonl', posts.join('\n'));
    const { out } = await space.collm(['env', 'validate', 'posts.jsonl', '--env', 'tldr']);
    // How V8 says that a text is no JSON differs.
    const reason = /\((Expected|Unexpected)[^)]*\)\./;
    expect(out.replace(reason, '()')).toBe(shown.replace(reason, '()'));
  });

  it('chooses a task as it says', async () => {
    space.write(
      'posts.jsonl',
      Array(30)
        .fill('{"prompt": "p"}')
        .map((line, i) => line.replace('p"}', `${i}"}`))
        .join('\n'),
    );
    const [env = ''] = blocks(section('Choosing a task'), 'yaml');
    space.write('tldr.yaml', `${env}agent_model: {path: model}\nalgorithm: {name: collm_cc}\n`);
    const { code, err } = await space.collm(['train', 'tldr.yaml', '--dry-run']);
    expect(code, err).toBe(0);
    expect(err).toContain('30 items to train on, 30 to evaluate on');
  });

  it('scores the case that it shows', async () => {
    const [given = '', shown = ''] = blocks(section('Scoring answers'), '');
    space.write('cases.jsonl', given);
    const { out } = await space.collm(['score', 'str_build', '--input', 'cases.jsonl']);
    const keys = (text: string) => [...text.matchAll(/"(\w+)":/g)].map(([, key]) => key);
    for (const key of keys(shown)) expect(keys(out)).toContain(key);
  });
});
