import { describe, expect, it } from 'vitest';
import { clean, combinedProgram, extract, importsOf, readDefLine } from './extraction.js';

const lines = (...all: string[]) => all.join('\n');

describe('clean', () => {
  it.each<[why: string, text: string, expected: string]>([
    ['nothing of nothing', '', ''],
    ['nothing without a function', 'The answer is 4.\nx = 1', ''],
    ['a function as it is', 'def f(x):\n    return x', 'def f(x):\n    return x'],
    [
      'prose around it',
      'Sure, here it is:\ndef f(x):\n    return x\nHope it helps!',
      'def f(x):\n    return x',
    ],
    ['fences', '```python\ndef f(x):\n    return x\n```', 'def f(x):\n    return x'],
    ['a fence and the indentation after it', '```python\n    def f(x):\n  return x', 'def f(x):\n  return x'],
    ['a fence of another language', '```py\ndef f(x):\n    return x\n```', 'def f(x):\n    return x'],
    [
      'capitals in a fence stay, as a line that is dropped',
      '```Python\ndef f(x): return x',
      'def f(x): return x',
    ],
    [
      'a fence that appears where another was deleted',
      '``' + '```python ' + '`def f(x): return x',
      'def f(x): return x',
    ],
    [
      'a fence inside a body, which takes the indentation of the next line',
      'def f(x):\n    y = 1\n```\n    return y',
      'def f(x):\n    y = 1',
    ],
    [
      'imports and constants, which are lost',
      'import os\nLIMIT = 3\ndef f(x):\n    return x',
      'def f(x):\n    return x',
    ],
    [
      'a class, whose methods remain',
      'class A:\n    def f(self):\n        return 1',
      'def f(self):\n        return 1',
    ],
    ['decorators, which are lost', '@cache\ndef f(x):\n    return x', 'def f(x):\n    return x'],
    ['async functions, which are none', 'async def f(x):\n    return x', ''],
    [
      'a nested function, which ends the one around it',
      'def f(x):\n    y = 1\n    def g(z):\n        return z\n    return g(y)',
      'def f(x):\n    y = 1\n\n    def g(z):\n        return z',
    ],
    [
      'blank lines inside',
      'def f(x):\n    y = x\n\n \n    return y',
      'def f(x):\n    y = x\n\n \n    return y',
    ],
    ['one space of indentation', 'def f(x):\n return x', 'def f(x):\n return x'],
    ['a tab, whatever the base', '        def f(x):\n\treturn x', 'def f(x):\n\treturn x'],
    [
      'white space that is no space, which ends the block',
      'def f(x):\n\u00a0\u00a0return x\n    return 1',
      'def f(x):',
    ],
    [
      'lines after the end, which are dropped until the next function',
      'def f(x):\n    return x\nprint(f(1))\n    return 2\ndef g(y):\n    return y',
      'def f(x):\n    return x\n\ndef g(y):\n    return y',
    ],
    [
      'a docstring at the left, kept to its end',
      'def f(x):\n"""Docs\nat the left = 1\n"""\n    return x',
      'def f(x):\n"""Docs\nat the left = 1\n"""\n    return x',
    ],
    [
      'a docstring at the left on one line',
      "def f(x):\n'''Docs'''\n    return x\ny = 1",
      "def f(x):\n'''Docs'''\n    return x",
    ],
    ['four quotes, which count as closed', 'def f(x):\n""""\nloose\n    return x', 'def f(x):\n""""'],
    [
      'three quotes alone, which stay open',
      'def f(x):\n"""\nloose\n"""\n    return x',
      'def f(x):\n"""\nloose\n"""\n    return x',
    ],
    [
      'the other triple quote, which does not close it',
      `def f(x):\n"""\n'''\nloose\ndef g(): pass\n"""`,
      `def f(x):\n"""\n'''\nloose\ndef g(): pass\n"""`,
    ],
    [
      'a line of an indented docstring at the left, which ends the function',
      'def f(x):\n    """Docs\nleft\n    """\n    return x',
      'def f(x):\n    """Docs',
    ],
    [
      'sentences of a docstring, which are removed',
      'def f(x):\n    """\n    Adds one.\n    adds one.\n    Add (one).\n    Note it:\n    A b.\n    """\n    return x + 1',
      'def f(x):\n    """\n    adds one.\n    Add (one).\n    A b.\n    """\n    return x + 1',
    ],
    [
      'prose that names code, which stays',
      'def f(x):\n    # X\n    Go if you can.',
      'def f(x):\n    # X\n    Go if you can.',
    ],
    ['prose without its end', 'def f(x):\n    Return it', 'def f(x):\n    Return it'],
    ['a shortest sentence', 'def f(x):\n    Ab!\n    return x', 'def f(x):\n    return x'],
    ['carriage returns', 'def f(x):\r\n    return x\r\n', 'def f(x):\r\n    return x'],
  ])('%s', (_, text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('a def line', () => {
  it.each([
    ['def f(', { indent: 0, name: 'f' }],
    ['  def  f_1 (x):', { indent: 2, name: 'f_1' }],
    ['\t\u00a0def\tf(', { indent: 2, name: 'f' }],
    ['def größe(x):', { indent: 0, name: 'größe' }],
    ['def 1(', { indent: 0, name: '1' }],
    ['def 𝑓(', { indent: 0, name: '𝑓' }],
    ['def f', null],
    ['def f:', null],
    ['deff(', null],
    ['def (', null],
    ['def f.g(', null],
    ['def f\u0301(', null],
    ['xdef f(', null],
    ['async def f(', null],
    ['def \ud835(', null],
  ])('%j', (line, expected) => {
    expect(readDefLine(line)).toEqual(expected);
  });
});

describe('extract', () => {
  it.each<[why: string, text: string, expected: string]>([
    ['the named one', 'def g(x):\n    return 1\n\ndef f(x):\n    return 2', 'def f(x):\n    return 2'],
    ['the last of that name', 'def f(x):\n    return 1\ndef f(x):\n    return 2', 'def f(x):\n    return 2'],
    ['not a longer name', 'def ff(x):\n    return 1\ndef f2(x):\n    return 2', ''],
    [
      'not up to the next function',
      'def f(x):\n    return 1\n\ndef g(x):\n    return 2',
      'def f(x):\n    return 1',
    ],
    [
      'with what a nested function keeps',
      'def f(x):\n    def g(y):\n        return y\n    return g(x)',
      'def f(x):\n\n    def g(y):\n        return y',
    ],
    ['a nested one', 'def g(x):\n    def f(y):\n        return y', 'def f(y):\n        return y'],
    ['without a docstring at the left, which clean keeps', 'def f(x):\n"""doc"""\n    return x', 'def f(x):'],
    ['with lines that begin with a tab', 'def f(x):\n\treturn x', 'def f(x):\n\treturn x'],
  ])('%s', (_, text, expected) => {
    expect(extract(text, 'f')).toBe(expected);
  });

  it('trims the first line only, so that what follows may belong to it', () => {
    expect(extract('    def f(x):\n        y = x\n        return y', 'f')).toBe(
      'def f(x):\n        y = x\n        return y',
    );
    expect(extract('    def g(x):\n        return 1\n    def f(x):\n  return x\n        return y', 'f')).toBe(
      'def f(x):',
    );
  });
});

describe('imports of a prompt', () => {
  it('are kept once, in order, wherever they stand', () => {
    const prompt = lines(
      'from typing import List',
      '  import math',
      'import os.path, sys as s',
      'import math',
      'from . import x',
      'from a.b import (c,',
      'import a;b',
      'import',
      'important',
      'from x import',
      'fromx import y',
      'from x importy',
      '>>> import re',
      'def f(x):',
      '    import json',
    );
    expect(importsOf(prompt).split('\n')).toEqual([
      'from typing import List',
      'import math',
      'import os.path, sys as s',
      'from . import x',
      'from a.b import (c,',
      'import json',
    ]);
    expect(importsOf('')).toBe('');
  });
});

describe('the combined program', () => {
  it('holds the parts that are there', () => {
    expect(combinedProgram('import math', 'def aux(x):\n return x', 'def f(x):\n return 1')).toBe(
      'import math\n\ndef aux(x):\n return x\n\ndef f(x):\n return 1',
    );
    expect(combinedProgram('', '', 'def f(x):\n return 1')).toBe('def f(x):\n return 1');
    expect(combinedProgram('', '', '')).toBe('');
  });
});

describe('texts without end', () => {
  const many = 100_000;
  it.each([
    ['functions', 'def f(x):\n'.repeat(many)],
    ['indentation', `${' '.repeat(many)}def f(x):\n${`${' '.repeat(many)}\n`.repeat(20)}`],
    ['fences', '``` '.repeat(many)],
    ['backticks', '`'.repeat(many)],
    ['quotes', `def f(x):\n${'"""\n'.repeat(many)}`],
    ['a name', `def ${'f'.repeat(many)}`],
    ['names', 'def '.repeat(many)],
    ['null characters and half characters', `def f(x):\n    return ${'\0\ud800'.repeat(many)}`],
    ['sentences', `def f(x):\n${'    Ab.\n'.repeat(many)}`],
  ])('%s are read once', (_, text) => {
    expect(extract(text, 'f').length).toBeLessThanOrEqual(text.length);
    expect(importsOf(text)).toBe('');
  });
});
