"""Records what a second implementation of the coding rules (spec 5 to 8), written with Python's own regular expressions,
makes of random texts. Seeded; the recording is committed:

    python3 packages/envs/scripts/record-coding.py > packages/envs/test/generated/coding.json
"""

import json
import random
import re
import sys

CASES = 160
CODE_MARKS = ["def ", "return ", "if ", "for ", "while ", "=", "(", ")", "[", "]"]
QUOTES = ('"""', "'''")


def clean(text):
    text = re.sub(r"```python\s*", "", text)
    text = re.sub(r"```\s*", "", text)
    blocks, block, base, closing = [], None, 0, None
    for line in text.split("\n"):
        stripped = line.strip()
        if closing is not None:
            block.append(line)
            if closing in line:
                closing = None
            continue
        match = re.match(r"(\s*)def\s+\w+\s*\(", line)
        if match:
            block = [line]
            blocks.append(block)
            base = len(match.group(1))
        elif block is not None:
            if not stripped or line.startswith(" " * (base + 1)) or line.startswith("\t"):
                block.append(line)
            elif stripped.startswith(QUOTES):
                block.append(line)
                if not (stripped.endswith(stripped[:3]) and len(stripped) > 3):
                    closing = stripped[:3]
            else:
                block = None
    kept = [line for line in "\n\n".join("\n".join(one) for one in blocks).split("\n") if not prose(line)]
    return "\n".join(kept).strip()


def prose(line):
    if any(mark in line for mark in CODE_MARKS):
        return False
    return re.match(r"[A-Z][a-z].*[.!?:]\Z", line.strip()) is not None


def extract(text, name):
    captured, base = None, 0
    for line in clean(text).split("\n"):
        match = re.match(rf"(\s*)def\s+{re.escape(name)}\s*\(", line)
        if match:
            captured, base = [line], len(match.group(1))
        elif captured is not None:
            if line.strip() and not line.startswith(" " * (base + 1)) and not line.startswith("\t"):
                break
            captured.append(line)
    return "" if captured is None else "\n".join(captured).strip()


def imports(prompt):
    lines = [line.strip() for line in prompt.split("\n")]
    pattern = r"from\s+[\w.]+\s+import\s+.+|import\s+[\w.,\s]+\Z"
    return "\n".join(dict.fromkeys(line for line in lines if re.match(pattern, line)))


def wrapper(main):
    lines, inside = [], False
    for line in main.split("\n"):
        stripped = line.strip()
        if inside:
            inside = not any(quote in line for quote in QUOTES)
        elif stripped.startswith(QUOTES):
            inside = not (stripped.endswith(stripped[:3]) and len(stripped) > 3)
        elif stripped and not stripped.startswith(("#", "def ")):
            lines.append(stripped)
    if not main or len(lines) > 2:
        return False
    if len(lines) < 2:
        return not lines or (lines[0].startswith("return ") and "aux" in lines[0])
    match = re.search(r"(\w+)\s*=\s*aux\s*\(", lines[0])
    return match is not None and lines[1] == "return " + match.group(1)


def parameters(prompt):
    match = re.search(r"def\s+\w+\s*\(([^)]+)\)", prompt)
    return None if match is None else ", ".join(part.strip() for part in match.group(1).split(","))


def tests(text, name):
    match = re.search(r"def check\(candidate\):(.*?)(?=\n\ndef|\Z)", text, re.DOTALL)
    lines = [] if match is None else [line.strip() for line in match.group(1).split("\n")]
    kept = dict.fromkeys(line for line in lines if re.match(r"assert\s.*candidate", line))
    return [line.replace("candidate", name) for line in kept]


def equality(line):
    match = re.search(r"assert\s+(\w+\([^)]*\))\s*==\s*(.+)", line)
    return None if match is None else list(match.groups())


CODE = [
    "def aux(x):\n    return x\n", "def main(x):\n    y = aux(x)\n    return y\n", "def main (x):\n\treturn aux(x) + 1\n",
    "def aux(", "def main(", "    def inner(z):\n        return z\n", "def  f(a, b):", "async def g(x):", "class A:\n",
    "    ", "  ", " ", "\t", "\n", "\n", "\n\n", "return ", "    return x\n", "return\n", "    y = aux (x)\n", "    aux (x)\n",
    "    aux(x)\n", "aux\t(x)", "aux (\U0001f600)", "    x = 1\n", "if x:", "print(1)\n", "```python\n", "```\n", "``", "`",
    '"""', "'''", '""""', '    """Doc."""\n', '"""left"""\n', "Here it is:\n", "    Return the sum.\n", "Note this\n", "# note\n",
    "\r", "\x0b", "\x1c", "\u2003", "\u00a0", "\ufeff", "\u00e9", "\U0001d465", "\U0001f600", "import math\n",
    "from a.b import c\n", "import os, sys as s\n", "=", "(", ")", ":",
]
TEST = [
    "def check(candidate):\n", "def check(candidate):", "    assert candidate(1) == 2\n", "  assert candidate([1, 2], 'a') == 3, 'm'\n",
    "\tassert\tcandidate( x )==3\n", "\n\ndef f():\n", "\n\n", "\n", "    assert abs(candidate(1) - 2) < 1\n", "    assert(candidate(1))\n",
    "    assert x\n", "    assert f((1)) == candidate(2)\n", "    assert 'assert g(1) == 2', candidate\n", "    assert candidate() == ''\n",
]


def main():
    source = random.Random(5)
    cases = []
    while len(cases) < CASES:
        code = "".join(source.choice(CODE) for _ in range(source.randint(1, 14)))
        test = "".join(source.choice(TEST) for _ in range(source.randint(0, 6)))
        function = extract(code, "main")
        if not function and len(cases) % 4:
            continue
        checked = function or code
        found = tests(test, "main")
        cases.append({
            "code": code,
            "test": test,
            "clean": clean(code),
            "aux": extract(code, "aux"),
            "main": function,
            "imports": imports(code),
            "checked": checked,
            "defined": re.search(r"return\s", checked) is not None,
            "usesAux": re.search(r"\baux\s*\(", checked) is not None,
            "wrapper": wrapper(checked),
            "ignoredCall": any(re.fullmatch(r"aux\s\([^)]\)", line.strip()) for line in checked.split("\n")),
            "parameters": parameters(code),
            "tests": found,
            "equalities": [equality(line) for line in found],
        })
    json.dump(cases, sys.stdout, separators=(",", ":"))


main()
