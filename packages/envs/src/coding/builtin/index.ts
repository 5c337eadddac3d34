/** The problems that come with the tasks: our own, in the format of the data sets, with a single split `test`. */
import type { DataSource } from '../../dataset/source.js';
import { readDefLine } from '../extraction.js';
import { coopHumanEvalProblems1 } from './coop-humaneval-1.js';
import { coopHumanEvalProblems2 } from './coop-humaneval-2.js';
import { coopHumanEvalProblems3 } from './coop-humaneval-3.js';
import { humanEvalProblems1 } from './humaneval-1.js';
import { humanEvalProblems2 } from './humaneval-2.js';
import { humanEvalProblems3 } from './humaneval-3.js';
import { mbppProblems } from './mbpp.js';

/** 57 problems: 16 to evaluate on, 41 to train on. */
export function builtinCoopHumanEval(): DataSource {
  return source('coop_humaneval', coopHumanEvalProblems1 + coopHumanEvalProblems2 + coopHumanEvalProblems3);
}

/** 58 problems: 32 to evaluate on, 25 to train on; one is in neither slice, as in the paper's data. */
export function builtinHumanEval(): DataSource {
  return source('humaneval', humanEvalProblems1 + humanEvalProblems2 + humanEvalProblems3);
}

/** 39 problems: 15 to evaluate on, 24 to train on. */
export function builtinMbpp(): DataSource {
  return source('mbpp', mbppProblems);
}

function source(task: string, text: string): DataSource {
  const problems = text.split('\n### problem\n').slice(1);
  const records = problems.map((problem, index) => ({
    value: recordOf(`${task}/${index}`, problem),
    where: `builtin test:${index + 1}`,
  }));
  return { name: 'builtin', splits: new Map([['test', records]]) };
}

/** A prompt and its tests, as they are written down here, in the fields of the data sets. */
function recordOf(taskId: string, problem: string): Readonly<Record<string, string>> {
  const [prompt = '', tests = ''] = problem.split('\n# tests\n');
  const def = prompt
    .split('\n')
    .map(readDefLine)
    .find((line) => line !== null);
  const lines = tests.trim().split('\n');
  return {
    task_id: taskId,
    prompt: `${prompt}\n`,
    test: `def check(candidate):\n${lines.map((line) => `    ${line}\n`).join('')}`,
    entry_point: def?.name ?? '',
  };
}
