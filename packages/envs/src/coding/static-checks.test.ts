import { describe, expect, it } from 'vitest';
import { hasIgnoredCall, isDefined, isWrapper, usesAux } from './static-checks.js';

describe('a function counts as defined', () => {
  it.each([
    ['def f(x):\n    return x', true],
    ['def f(x):\n    # return nothing\n    pass', true],
    ['def f(x):\n    return\n    pass', true],
    ['def f(x):\n    return', false],
    ['def f(x):\n    return(x)', false],
    ['def f(x):\n    noreturn x', true],
    ['def f(x):\n    returned(x); return\u00a0x', true],
    ['', false],
  ])('%j: %s', (code, expected) => {
    expect(isDefined(code)).toBe(expected);
  });
});

describe('main uses aux', () => {
  it.each([
    ['y = aux(x)', true],
    ['y = aux \n\t(x)', true],
    ['# aux(x)', true],
    ['"aux("', true],
    ['self.aux(x)', true],
    ['my_aux(x)', false],
    ['éaux(x)', false],
    ['𝑥aux(x)', false],
    ['😀aux(x)', true],
    ['auxiliary(x)', false],
    ['y = aux', false],
    ['auxaux(1) + aux(2)', true],
    ['', false],
  ])('%j: %s', (code, expected) => {
    expect(usesAux(code)).toBe(expected);
  });
});

describe('main is a wrapper', () => {
  const def = 'def f(x):\n';
  it.each([
    ['', false],
    ['def f(x):', true],
    ['def f(x): return 2 * x', true],
    [`${def}    """Docs"""\n    # comment\n`, true],
    [`${def}    return aux(x)`, true],
    [`${def}    return sorted(aux(x)) + [1]`, true],
    [`${def}    return "auxiliary"`, true],
    [`${def}    return x`, false],
    [`${def}    return(aux(x))`, false],
    [`${def}    aux(x)`, false],
    [`${def}    y = aux(x)\n    return y`, true],
    [`${def}    y=aux (x)\n\n    # done\n    return y`, true],
    [`${def}    y = aux(x)\n    return z`, false],
    [`${def}    y = aux(x)\n    return y + 1`, false],
    [`${def}    y = 2 * aux(x)\n    return y`, false],
    [`${def}    y == aux(x)\n    return y`, false],
    [`${def}    a.b = aux(x)\n    return b`, true],
    [`${def}    y: int = aux(x)\n    return int`, true],
    [`${def}    z = 1; y = aux(x)\n    return y`, true],
    [`${def}    y = aux(x); z = aux(y)\n    return z`, false],
    [`${def}    y = aux(x)\n    z = y\n    return z`, false],
    [`${def}    """\n    y = 1\n    """\n    return aux(x)`, true],
    [`${def}    """\n    y = 1\n    '''\n    return aux(x)`, true],
    [`${def}    """"\n    y = 1\n    return aux(x)`, false],
    [`${def}    """ open\n    return x`, true],
    [`${def}    def g(y):\n        return aux(y)`, true],
    [`${def}    def\tg(y):\n        return aux(y)`, false],
  ])('%j: %s', (code, expected) => {
    expect(isWrapper(code)).toBe(expected);
  });
});

describe('an ignored call is penalised', () => {
  it.each([
    ['    aux (x)', true],
    ['aux\t(1)', true],
    ['aux\u00a0(é)', true],
    ['aux (😀)', true],
    ['aux (()', true],
    ['aux(x)', false],
    ['aux(x, y)', false],
    ['aux()', false],
    ['aux ()', false],
    ['aux ())', false],
    ['aux  (x)', false],
    ['aux (xy)', false],
    ['aux (x) # why', false],
    ['# aux (x)', false],
    ['y = aux (x)', false],
    ['aux (', false],
    ['aux', false],
  ])('%j: %s', (line, expected) => {
    expect(hasIgnoredCall(`def f(x):\n    y = 1\n${line}\n    return y`)).toBe(expected);
  });
});

it('reads texts without end once', () => {
  for (const text of [
    'aux '.repeat(300_000),
    'a'.repeat(2_000_000),
    '= '.repeat(500_000),
    'return'.repeat(300_000),
  ]) {
    expect([isDefined(text), usesAux(text), isWrapper(text), hasIgnoredCall(text)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  }
});
