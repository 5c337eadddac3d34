import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { type LoggedEpisode, readEpisodes } from '../src/run-store/records.js';
import { fakeTeam } from './fake-team.js';
import { Workspace } from './workspace.js';

let space: Workspace;
let episodes: LoggedEpisode[];
const hostile = 'one\u001b[2J\u009b31m\r\u202etwo\n\tindented';

beforeAll(async () => {
  space = new Workspace();
  await space.collm(['train', 'run.yaml', '--name', 'a', '--set', 'train.max_steps=3']);
  const path = space.path('runs/a/episodes.jsonl');
  const last = readEpisodes(space.path('runs/a')).at(-1) as LoggedEpisode;
  const [turn] = last.turns as [LoggedEpisode['turns'][number]];
  const [first, second] = turn.agents as [(typeof turn.agents)[0], (typeof turn.agents)[0]];
  const picture = { caption: hostile, rows: [[{ block: `stone${hostile}`, target: true }]] };
  const long = Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\n');
  const agents = [
    {
      ...first,
      messages: [{ role: 'user', content: hostile }],
      response: hostile,
      finish: 'length',
      promptTruncated: true,
    },
    { ...second, messages: [{ role: 'user', content: '漢字 👩‍💻' }], response: long },
  ];
  const odd = {
    ...last,
    step: 50,
    episode: 0,
    itemId: `item ${hostile}`,
    return: 99,
    turns: [
      {
        ...turn,
        path: 3,
        agentRewards: [1, -1],
        components: { [hostile]: 1, other: 2 },
        metrics: {},
        agents,
        picture,
      },
    ],
  };
  const failed = { ...last, step: 51, episode: 0, failure: `broke ${hostile}`, return: 1000, turns: [] };
  appendFileSync(path, [odd, failed].map((record) => `${JSON.stringify(record)}\n`).join(''));
  appendFileSync(path, '{"kind":"episode","step":');
  episodes = readEpisodes(space.path('runs/a'));
});
afterAll(() => space[Symbol.dispose]());

const samples = (...args: string[]) => space.collm(['samples', 'a', ...args]);

async function onTerminal(columns: number, ...args: string[]): Promise<string> {
  let out = '';
  const stdout = { write: (text: string) => (out += text), isTTY: true, columns };
  await main(['samples', 'a', ...args], {
    cwd: space.dir,
    openTeam: fakeTeam(),
    stdout,
    stderr: { write: () => {} },
  });
  return out;
}

describe('collm samples', () => {
  it('shows the episode that stands for the run: rewards, what each agent saw and answered, pictures', async () => {
    const { code, out, err } = await samples();
    const number = episodes.findIndex(({ phase, step }) => phase === 'evaluation' && step === 51) + 1;
    expect(number).toBeGreaterThan(0);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Episode ${number}: str_build_\\d+, evaluation at step 51, failed\n`));
    const usual = await samples('--step', '3', '--phase', 'evaluation', '--limit', '1');
    expect(usual.out).toMatch(/^Episode \d+: str_build_\d+, evaluation at step 3, return -\d/);
    expect(usual.out).toMatch(/\nTurn 1: reward -?\d.* = coverage .* \+ /);
    expect(usual.out).toMatch(
      /\nagent-0 +\| {2}agent-1\n\[user\] +\| {2}\[user\]\nagent 1 of 2 +\| {2}agent 2 of 2\n/,
    );
    expect(usual.out).toMatch(/\n\[answer: 1 token\] +\| {2}\[answer: 1 token\]\n/);
    expect(usual.out).toMatch(/, turn 2: \d+ of \d+ cells, \d+ stray\n/);
    expect(usual.out).toMatch(/ missing\n$/);
    expect(usual.err).toMatch(/^5 more episodes of runs\/a; --limit shows more\.\n$/);
  });

  it('shows values and advantages of training', async () => {
    const { out } = await samples('--phase', 'train', '--limit', '1');
    expect(out).toMatch(/\nprocessed reward .*, return .*, value .*, target /);
    expect(out).toMatch(/\[answer: 1 token, advantage -?\d\.\d{3}\]/);
  });

  it('lets nothing of it act on a terminal', async () => {
    const shown = [
      await samples('--best', '--full'),
      await samples('--failed'),
      await samples('--best', '--json'),
      await samples('--item', 'unknown'),
    ];
    for (const { out, err } of shown)
      expect(out + err).not.toMatch(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u);
    const [text, broken, json] = shown.map(({ out }) => out) as [string, string, string];
    expect(text).toContain('one\\x1b[2J\\x9b31m\\r\\u202etwo');
    expect(broken).toContain('Failed: broke one\\x1b[2J');
    expect(JSON.parse(json)[0].turns[0].agents[0].response).toBe(hostile);
  });

  it('finds best and worst among those that did not fail', async () => {
    const numbers = async (...args: string[]) => {
      const { out } = await samples(...args, '--json');
      return (JSON.parse(out) as { number: number }[]).map(({ number }) => number);
    };
    const ranked = episodes
      .map(({ return: total, failure, step }, index) => ({ number: index + 1, total, failure, step }))
      .filter(({ failure }) => failure === undefined)
      .sort((a, b) => a.total - b.total);
    expect(await numbers('--worst')).toEqual([ranked[0]?.number]);
    expect(await numbers('--best', '--limit', '2')).toEqual(
      ranked
        .slice(-2)
        .reverse()
        .map(({ number }) => number),
    );
    const third = ranked.filter(({ step }) => step === 3);
    expect(await numbers('--worst', '--step', '3', '--limit', '100')).toEqual(
      third.map(({ number }) => number),
    );
    expect(await numbers('--failed')).toEqual([episodes.length]);
    expect(await numbers('--episode', '2')).toEqual([2]);
    expect(await numbers('--phase', 'train', '--limit', '1000')).toHaveLength(
      episodes.filter(({ phase }) => phase === 'train').length,
    );
  });

  it('narrows to a turn and an agent', async () => {
    const { out } = await samples('--episode', '1', '--turn', '2', '--agent', '1');
    expect(out).toMatch(/\nTurn 2: /);
    expect(out).not.toMatch(/Turn 1: |agent-0/);
    expect(out).toMatch(/\nagent-1\n/);
    expect((await samples('--episode', '1', '--turn', '2', '--agent', 'agent-1')).out).toBe(out);
  });

  it('puts agents side by side where there is room, and cuts long texts with a mark', async () => {
    const wide = await onTerminal(120, '--best');
    expect(wide).toMatch(/\nTurn 1, sample 4: reward /);
    expect(wide).toMatch(/agent-0 +\| {2}agent-1\n/);
    expect(wide).toMatch(/cut at the limit, prompt of 1 tokens/);
    expect(wide).toMatch(/\| {2}line 15\n +\| {2}… 24 more lines, --full shows them\n/);
    const narrow = await onTerminal(60, '--best');
    expect(narrow).toMatch(/\nagent-0\n[^|]*\nagent-1\n/);
    for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
    const full = await onTerminal(120, '--best', '--full');
    expect(full).toContain('line 39');
    expect(full).not.toContain('more lines');
  });

  it.each([
    [['--episode', '4000'], /`--episode 4000` is not there: runs\/a has logged \d+ episodes/],
    [['--step', '7'], /`--step 7` is not there: .* the nearest of steps 0, 1, 2, 3/],
    [['--item', 'x'], /`--item x` is not there: .* of items such as str_build_/],
    [['--step', '1', '--phase', 'evaluation'], /but none to which all of that applies/],
    [['--episode', '1', '--turn', '3'], /`--turn 3` is not there: episode 1 has turns 1 to 2/],
    [['--episode', '1', '--agent', '2'], /`--agent 2` is not there: episode 1 has agent-0 to agent-1/],
  ])('%j is an error that says what there is', async (args, text) => {
    const { code, err } = await samples(...args);
    expect([code, err]).toEqual([1, expect.stringMatching(text)]);
  });

  it.each([
    [['--best', '--worst']],
    [['--episode', '1', '--best']],
    [['--phase', 'test']],
    [['--limit', '0']],
  ])('%j is a usage error', async (args) => expect((await samples(...args)).code).toBe(2));

  it('says so where nothing failed, and where there is nothing', async () => {
    const path = space.path('runs/a/episodes.jsonl');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text.split('\n').slice(0, 3).join('\n')}\n`);
    const failed = await samples('--failed');
    writeFileSync(path, '');
    const none = await samples();
    writeFileSync(path, text);
    expect(failed.err).toMatch(/has logged 2 episodes, and none has failed/);
    expect(none.err).toMatch(/runs\/a has logged no episode yet/);
  });
});
