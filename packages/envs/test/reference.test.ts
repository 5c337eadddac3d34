/**
 * Parity with the reference: recorded outcomes of its own code, case by case (see scripts/record-str-build.py).
 * COLLM_STR_BUILD_RECORDING names another recording, such as one with thousands of cases.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { StrBuild, type StrBuildState, selectSplit, targetCells } from '../src/index.js';
import { strBuildItem } from '../src/minecraft/str-build/item.js';
import { corrections, planBuild } from '../src/minecraft/str-build/plan.js';
import {
  parsePythonInt,
  pythonFixed4,
  pythonSplitLines,
  pythonTokens,
  pythonTrim,
} from '../src/text/python-text.js';

type Triple = [number, number, number];

interface RecordedCase {
  word: string;
  spacing: number;
  localZ: number;
  numAgents: number;
  blocks: string[][];
  maxCommands: number;
  responses: string[];
  rows: string[];
  accepted: string[][];
  rejected: { line: string; reason: string }[][];
  reward: number;
  iou: number;
  covered: number;
  extra: number;
  extraRatio: number;
  adjRatio: number;
  missingPalettes: number;
  plan: [number, number, number, number, string][];
  wrong: Triple[][];
  stray: Triple[];
  position: Triple[];
  half: number;
  rewardText: string;
}

interface Recording {
  cases: RecordedCase[];
  splits: Record<string, number[]>;
  integers: [string, number | null][];
  fixed4: [string, string][];
  lines: [string, string[], string[], string][];
}

const path =
  process.env.COLLM_STR_BUILD_RECORDING ??
  fileURLToPath(new URL('./generated/str-build-reference.json', import.meta.url));
const recording = JSON.parse(readFileSync(path, 'utf8')) as Recording;

const triple = ({ x, y, z }: { x: number; y: number; z: number }): Triple => [x, y, z];

describe('StrBuild against the recorded reference', () => {
  it.each(recording.cases.map((recorded, index) => [index, recorded] as const))('case %i', (_, recorded) => {
    const { spacing, localZ, numAgents, blocks, maxCommands } = recorded;
    const layout = { spacing, localZ };
    const env = new StrBuild({ ...layout, numAgents, blocks, maxCommands, words: [recorded.word] });
    const item = strBuildItem(recorded.word, 1, 0, layout);
    expect(item.targetRowsTopdown).toEqual(recorded.rows);

    const result = env.step(env.reset(item), recorded.responses);
    expect(result.info.agents).toEqual(
      recorded.accepted.map((accepted, agent) => ({ accepted, rejected: recorded.rejected[agent] })),
    );
    expect(result.reward).toBe(recorded.reward);
    expect(result.metrics).toMatchObject({
      iou: recorded.iou,
      covered: recorded.covered,
      extra: recorded.extra,
      extra_ratio: recorded.extraRatio,
      adj_ratio: recorded.adjRatio,
      missing_palettes: recorded.missingPalettes,
    });

    expect(planBuild(item, env.settings.blocks).map((p) => [...triple(p), p.owner, p.block])).toEqual(
      recorded.plan,
    );
    const { world } = result.state.last as NonNullable<StrBuildState['last']>;
    const { wrong, stray } = corrections(item, world, env.settings.blocks);
    for (const [agent, cells] of recorded.wrong.entries()) {
      expect(wrong.filter(({ owner }) => owner === agent).map(triple)).toEqual(cells);
    }
    expect(stray.map(triple)).toEqual(recorded.stray);
    expect(targetCells(item).map(triple)).toEqual(recorded.position);
    expect(pythonFixed4(result.reward)).toBe(recorded.rewardText);
    const position = env.observe(result.state)[0]?.messages[1]?.content;
    expect(position).toContain(`half of the cells: ${recorded.half} of them`);
  });
});

describe('text and splits against recorded Python', () => {
  it.each(Object.entries(recording.splits))('split %j', (expression, expected) => {
    expect(selectSplit([...Array(10).keys()], expression)).toEqual(expected);
  });

  it.each(recording.integers)('int(%j)', (text, expected) => {
    expect(parsePythonInt(text)).toBe(expected);
  });

  it.each(recording.fixed4)('.4f of %s', (value, expected) => {
    expect(pythonFixed4(Number(value))).toBe(expected);
  });

  it.each(recording.lines)('lines, tokens and trim of %j', (text, lines, tokens, trimmed) => {
    expect(pythonSplitLines(text)).toEqual(lines);
    expect(pythonTokens(text)).toEqual(tokens);
    expect(pythonTrim(text)).toBe(trimmed);
  });
});
