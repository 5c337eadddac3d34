/**
 * What needs Python's own parser, as Python for the sandbox. It reads untrusted text and never runs it; whatever the parser
 * raises (null characters, lone surrogates, nesting without end) counts as a syntax error (coding spec, 16.20).
 */

/**
 * Shared by both analyses: parses a text, or says what is wrong. What Python reads since 3.14 alone (`except A, b:`) was an
 * error to the reference.
 */
const PARSE = `
import ast
import warnings

warnings.simplefilter('ignore')


def problem(error):
    return {'type': type(error).__name__, 'line': None, 'column': None, 'message': str(error)}


def parse(text):
    try:
        return ast.parse(text, feature_version=(3, 13)), None
    except SyntaxError as error:
        return None, {'type': type(error).__name__, 'line': error.lineno, 'column': error.offset, 'message': str(error.msg)}
    except Exception as error:
        return None, problem(error)
`;

/**
 * `INPUT`: `{programs, main, corrected}`. `RESULT`: `{syntax, misuse, standalone, eager}`: what keeps the first program from
 * parsing, how `main` misuses `aux`, whether it calls `aux` for nothing, and each program with its annotations evaluated;
 * null for one that can stay as it is.
 *
 * The reference collects reads of names while it walks, so those after a call are not known yet when it is judged; corrected
 * means all reads of the function, and those before the call too where both stand in one loop.
 *
 * Python 3.14 evaluates annotations when they are asked for. Before, and for the reference, `def f(x: List[int])` without
 * an import of `List` was a `NameError`: a line before each function that evaluates its annotations has the same effect.
 */
export const checkSource = `${PARSE}
from bisect import bisect_right

# Characters; a longer program stays as it is, so that the answer fits in a message.
MOST_REWRITTEN = 100_000


def walk(tree):
    """Nodes in document order with their parents and the lines of the outermost loop around them."""
    stack = [(tree, None, None)]
    while stack:
        node, parent, loop = stack.pop()
        yield node, parent, loop
        if loop is None and isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            loop = (node.lineno, node.end_lineno)
        stack.extend((child, node, loop) for child in reversed(list(ast.iter_child_nodes(node))))


def is_aux_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'aux'


def note(lines, name, line):
    known = lines.setdefault(name, [])
    known.insert(bisect_right(known, line), line)


def after(lines, name, line):
    known = lines.get(name, [])
    at = bisect_right(known, line)
    return known[at] if at < len(known) else None


def collect(node, reads, writes):
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        note(reads, node.id, node.lineno)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                note(writes, target.id, node.lineno)


def problems_of(tree, corrected):
    reads, writes, problems, standalone = {}, {}, [], False
    if corrected:
        for node, _, _ in walk(tree):
            collect(node, reads, writes)
    for node, parent, loop in walk(tree):
        if not corrected:
            collect(node, reads, writes)
        if not is_aux_call(node):
            continue
        line = node.lineno
        if isinstance(parent, ast.Expr):
            standalone = True
            problems.append(f'Line {line}: standalone call (not assigned)')
        elif isinstance(parent, ast.Assign):
            for target in parent.targets:
                if not isinstance(target, ast.Name):
                    continue
                name = target.id
                use, write = after(reads, name, line), after(writes, name, line)
                if corrected and loop is not None:
                    use_in_loop = after(reads, name, loop[0] - 1)
                    if use_in_loop is not None and use_in_loop <= loop[1]:
                        continue
                if use is None:
                    problems.append(f'Line {line}: assigned to {name} but never used')
                elif write is not None and write < use:
                    problems.append(f'Line {line}: assigned to {name} but reassigned on line {write} before use')
    return problems, standalone


def segment(lines, node):
    """A node's text; lines are UTF-8, as its columns count."""
    own = lines[node.lineno - 1:node.end_lineno]
    own[-1] = own[-1][:node.end_col_offset]
    own[0] = own[0][node.col_offset:]
    return b'\\n'.join(own)


def annotations_of(function):
    given = function.args
    args = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return [one for one in [*(arg.annotation for arg in args if arg is not None), function.returns] if one is not None]


def evaluated_late(tree):
    return any(
        isinstance(node, ast.ImportFrom) and node.module == '__future__' and any(one.name == 'annotations' for one in node.names)
        for node in tree.body
    )


def eager(program):
    tree, _ = parse(program) if len(program) <= MOST_REWRITTEN else (None, None)
    if tree is None or evaluated_late(tree):
        return None
    lines = program.replace('\\r\\n', '\\n').replace('\\r', '\\n').encode().split(b'\\n')
    before = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.type_params:
            continue
        annotations = annotations_of(node)
        if annotations:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
            indent = lines[first][:len(lines[first]) - len(lines[first].lstrip())]
            before[first] = indent + b'(' + b', '.join(segment(lines, one) for one in annotations) + b',)'
    if not before:
        return None
    return b'\\n'.join(part for at, line in enumerate(lines) for part in ([before[at], line] if at in before else [line])).decode()


def check(programs, main, corrected):
    tree, syntax = parse(programs[0])
    if tree is not None:
        try:
            compile(tree, 'program', 'exec')
        except (RecursionError, MemoryError) as error:
            syntax = problem(error)
        except Exception:
            pass  # It parses; that it does not compile shows when it is loaded.
    problems, standalone = [], False
    if 'aux' in main:
        tree, _ = parse(main)
        if tree is not None:
            problems, standalone = problems_of(tree, corrected)
    return {
        'syntax': syntax,
        'misuse': problems[:10],
        'standalone': standalone,
        'eager': [eager(program) for program in programs],
    }


RESULT = check(INPUT['programs'], INPUT['main'], INPUT['corrected'])
`;

/**
 * Extraction by syntax tree. `INPUT`: `[{text, name, other}, ...]`. `RESULT`: per text null where it does not parse, else
 * `{function, module}`: the source of the last top-level function of that name, and all imports, assignments, classes and
 * functions at the top level but those called `other`. Both are '' where there is no such function.
 */
export const extractSource = `${PARSE}
KEPT = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def source_of(lines, node):
    """A top-level statement's text with its decorators; lines are UTF-8, as its columns count."""
    decorators = getattr(node, 'decorator_list', [])
    start, end = min([node.lineno, *(one.lineno for one in decorators)]) - 1, node.end_lineno
    own = lines[start:end]
    own[-1] = own[-1][:node.end_col_offset]
    own[0] = own[0][0 if decorators else node.col_offset:]
    return b'\\n'.join(own).decode()


def read(text, name, other):
    text = text.replace('\\r\\n', '\\n').replace('\\r', '\\n')
    tree, _ = parse(text)
    if tree is None:
        return None
    lines = text.encode().split(b'\\n')
    function, module = '', []
    for node in tree.body:
        if not isinstance(node, KEPT) or isinstance(node, ast.ImportFrom) and node.module == '__future__':
            continue
        if isinstance(node, FUNCTIONS) and node.name == other:
            continue
        source = source_of(lines, node)
        module.append(source)
        if isinstance(node, FUNCTIONS) and node.name == name:
            function = source
    return {'function': function, 'module': '\\n\\n'.join(module) if function else ''}


RESULT = [read(one['text'], one['name'], one['other']) for one in INPUT]
`;
