/**
 * What needs Python's own parser, as Python for the sandbox. It reads untrusted text and never runs it; whatever the parser
 * raises (null characters, lone surrogates, nesting without end) counts as a syntax error (coding spec, 16.20).
 */

/** Shared by both analyses: parses a text, or says what is wrong. */
const PARSE = `
import ast
import warnings

warnings.simplefilter('ignore')


def problem(error):
    return {'type': type(error).__name__, 'line': None, 'column': None, 'message': str(error)}


def parse(text):
    try:
        return ast.parse(text), None
    except SyntaxError as error:
        return None, {'type': type(error).__name__, 'line': error.lineno, 'column': error.offset, 'message': str(error.msg)}
    except Exception as error:
        return None, problem(error)
`;

/**
 * `INPUT`: `{program, main, corrected}`. `RESULT`: `{syntax, misuse, standalone}`: what keeps the program from parsing, how
 * `main` misuses `aux`, and whether it calls `aux` for nothing.
 *
 * The reference collects reads of names while it walks, so those after a call are not known yet when it is judged; corrected
 * means all reads of the function, and those before the call too where both stand in one loop.
 */
export const checkSource = `${PARSE}
from bisect import bisect_right


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


def check(program, main, corrected):
    tree, syntax = parse(program)
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
    return {'syntax': syntax, 'misuse': problems[:10], 'standalone': standalone}


RESULT = check(INPUT['program'], INPUT['main'], INPUT['corrected'])
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
