"""Records what the reference implementation of StrBuild does, for the parity test.

    python3 packages/envs/scripts/record-str-build.py <reference> packages/envs/test/generated/str-build-reference.json [cases]

<reference> is a folder that holds a checkout of OpenMLRL/LLM_Collab_Minecraft (commit 9c2e006) under the name
LLM_Collab_Minecraft. The responses are drawn here, from a fixed seed; the outcomes are the reference's.
"""

import ast
import json
import random
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, sys.argv[1])
from LLM_Collab_Minecraft.str_build.external import perfect_feedback, position_feedback, score_feedback
from LLM_Collab_Minecraft.str_build.rewards.str_builder_reward import _compute_iou
from LLM_Collab_Minecraft.str_build.utils import str_builder as ref


def slice_items():
    """The one function we want from a training script, without that script's imports."""
    source = (Path(sys.argv[1]) / "LLM_Collab_Minecraft/str_build/train/train_maac.py").read_text()
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == "_slice_items")
    scope = {"re": re, "Any": Any, "Dict": Dict, "List": List}
    exec(compile(ast.Module([node], []), "train_maac.py", "exec"), scope)
    return scope["_slice_items"]


PALETTES = [
    [["oak_planks", "stone", "air"], ["white_concrete", "obsidian", "air"]],
    [["black_concrete", "green_concrete"], ["white_concrete", "red_concrete"]],
    [["minecraft:Birch_Planks", " stone_bricks", "smooth_stone", "cave_air"], ["obsidian"]],
    [["oak_planks", "stone", "dirt"], ["gravel", "sand", "oak_wood"]],
]
WORDS = ["I", "C", "M", "L", "MC", "CM", "LI", "LLM", "ICML", "CLIM", "a1 b", "stra\u00dfe", "q-Z", "7", "WXYKR"]
SPACES = [" ", "  ", "\t", "\u00a0", "\u3000", "\u001f", "\u0085", "\u200b", "\ufeff", "\u2003"]
BREAKS = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\u000b", "\u000c", "\u001c", "\u001e", "\u0085", "\u2028", "\u2029"]
MARKERS = [""] * 30 + [ "- ", "* ", "1. ", "12) ", "--*", "3.", "\u0663. ", "\u2022 ", "> ", "1: ", "-1) "]
NAMES = ["/setblock"] * 60 + ["setblock", "/SetBlock", "/ setblock", "//setblock", "/fill", "/", "/kill", "/setbloc\u212a"]
NUMBERS = ["+{}", "0{}", "00_{}", "{}.0", "~{}", "^", "{}e0", "0x{}", "{},", "-{}", "_{}", "{}_", "1__{}", "\uff13", "\u0664",
           "\U0001d7d9", "\U0001d7e3", "99999999999999999999", "\u00b2", "--1", "", "{}a"]
TAILS = [""] * 30 + [ " destroy", " 1 2 3", ",", "[axis=y]", "\ud800"]


def number(rng, value):
    return rng.choice(NUMBERS).format(value) if rng.random() < 0.04 else str(value)


def line(rng, task, palette, wild):
    x = rng.randint(task.local_bbox_from[0], task.local_bbox_to[0])
    y = rng.randint(0, 4)
    z = task.local_bbox_from[2]
    if rng.random() < 0.5:
        targets = ref.get_target_positions(task)
        if targets:
            x, y, z = rng.choice(targets)
    if not wild:
        return f"/setblock {x} {y} {z} {rng.choice(palette).strip()}"
    if rng.random() < 0.05:
        x += rng.choice([-40, 40])
    block = rng.choice(palette * 5 + ["minecraft:" + palette[0], "air", "void_air", "stone", "Stone", "minecraft:minecraft:stone"])
    space = lambda: rng.choice(SPACES) if rng.random() < 0.05 else " "
    coordinates = [number(rng, v) for v in (x, y, z)]
    parts = [rng.choice(NAMES), *coordinates, block]
    if rng.random() < 0.03:
        parts = parts[: rng.randint(0, 4)]
    return rng.choice(MARKERS) + space().join(parts) + rng.choice(TAILS)


def response(rng, task, palette):
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(["", " ", "```", "no commands", "``````", "```mc\n```", "\u001f\u0085"])
    wild = kind < 0.7
    text = ""
    for _ in range(rng.randint(1, 12 if kind < 0.6 else 30)):
        text += line(rng, task, palette, wild) + (rng.choice(BREAKS) if wild else "\n")
    if wild and rng.random() < 0.3:
        text = rng.choice(["```{}\n", "Sure!\n```{} \n\n", "```{}", "``` {}\r\n", "x```\n{}\n"]).format(
            rng.choice(["", "mc", "mc-function_1", "a b", "/setblock"])
        ) + text + rng.choice(["```", "\n```\nmore ``` text", "", "````"])
    return text


def points(text, heading):
    after = text.split(heading, 1)[1].split("\n\n", 1)[0]
    return [[int(v) for v in p] for p in re.findall(r"^- \((-?\d+), (-?\d+), (-?\d+)\)$", after, re.M)]


def case(rng, index):
    word = rng.choice(WORDS)
    spacing = rng.choice([2, 2, 2, 0, 1, 3])
    z = rng.choice([0, 0, 0, -3, 7])
    agents = rng.choice([2, 2, 2, 1])
    palettes = rng.choice(PALETTES)[:agents]
    total = rng.choice([300] * 8 + [5, 1, 20])
    rows = ref.render_string_mask_rows(word, spacing=spacing)
    task = ref.TaskSpec(f"t{index}", 1, word, 0, [0, 0, z], [max(0, len(rows[0]) - 1), 4, z], rows)
    responses = [response(rng, task, palettes[a]) for a in range(agents)]
    share = max(1, total // agents)
    budgets = [share + (total % agents if a == 0 else 0) for a in range(agents)]
    reports = [
        ref.validate_and_normalize_mc_commands(
            lines=ref.extract_command_lines(responses[a]),
            allowed_blocks=palettes[a],
            world_bbox_from=task.local_bbox_from,
            world_bbox_to=task.local_bbox_to,
            max_commands=budgets[a],
        )
        for a in range(agents)
    ]
    blocks = ref.simulate_commands_to_scan_blocks(
        commands=[c for accepted, _ in reports for c in accepted],
        world_bbox_from=task.local_bbox_from,
        world_bbox_to=task.local_bbox_to,
    )
    expected, owners = ref.build_target_color_map(task=task, allowed_blocks_per_agent=palettes, num_agents=agents)
    metrics = ref.score_str_builder(
        task=task, world_scan_blocks=blocks, expected_map=expected, allowed_blocks_per_agent=palettes
    )
    context = asdict(task) | {
        "allowed_blocks_agent1": palettes[0],
        "allowed_blocks_agent2": palettes[1] if agents > 1 else [],
        "max_commands_total": total,
    }
    follow_up = lambda mode: mode.format_followup_prompts(ctx=context, agent_completions=responses, num_agents=agents)
    perfect = follow_up(perfect_feedback)
    position = follow_up(position_feedback)[0]
    return {
        "word": word, "spacing": spacing, "localZ": z, "numAgents": agents, "blocks": palettes, "maxCommands": total,
        "responses": responses,
        "rows": rows,
        "accepted": [accepted for accepted, _ in reports],
        "rejected": [rejected for _, rejected in reports],
        "reward": metrics["score_total"],
        "iou": _compute_iou(metrics),
        "covered": metrics["covered"],
        "extra": metrics["extra_blocks"],
        "extraRatio": metrics["extra_ratio"],
        "adjRatio": metrics["adjacent_same_color_ratio"],
        "missingPalettes": metrics["missing_agent_palette_count"],
        "plan": [[*pos, owners[pos], block] for pos, block in expected.items()],
        "wrong": [points(p, "Set your correct texture at:") for p in perfect],
        "stray": points(perfect[-1], "Remove extra blocks (set air) at:"),
        "position": points(position, "All letter positions:"),
        "half": int(re.search(r"target size ~ (\d+)", position)[1]),
        "rewardText": re.search(r"Previous reward: (\S+)", follow_up(score_feedback)[0])[1],
    }


CASES = int(sys.argv[3]) if len(sys.argv) > 3 else 120
rng = random.Random(20260601)
ends = ["", "2", "-3", "50%", "0.25", "1.0", "1", "1.5", "x", "+", "-20%", "150%", " 4 ", "33.4%", "1e-1", "-0.5", "1_0", "0"]
splits = [f"{p}{a}:{b}{q}" for a in ends for b in ends for p, q in [("", ""), ("train[", "]")]]
splits += ["", "[5]", "all", "[::2]", "[ 2 : 5 ]", "[2:5", "x[1:3]y[4:5]", "[a]1:2"]
integers = ["0", "-0", "+7", "1_0", "1__0", "_1", "1_", "", "+", "-", "0x1", "1.0", "\u0663\u0664", "\uff11_2", " 5 ", "\u001f6\u0085",
            "\u00b2", "\u2460", "0b1", "1e3", "--1", "+-1", "\u200b1", "\U0001d7d9\U0001d7ff", "007", "\u0be7", "1 2", "9" * 25]
fixed = [0.03125, 0.09375, -0.03125, 0.90625, -0.5, 0.0, -0.0, 1.5, 2 / 3, -1e-9, 0.00005, 1.00005, 2.0, -2.96875, 5 / 32]


def integer(text):
    try:
        return int(text)
    except ValueError:
        return None


slice_of = slice_items()
result = {
    "source": "OpenMLRL/LLM_Collab_Minecraft 9c2e006",
    "cases": [case(rng, i) for i in range(CASES)],
    "splits": {s: slice_of(list(range(10)), s) for s in splits},
    "integers": [[t, integer(t)] for t in integers],
    "fixed4": [[str(v), f"{v:.4f}"] for v in fixed],
    "lines": [[t, t.splitlines(), t.split(), t.strip()] for t in
              (response(rng, ref.TaskSpec("", 1, "C", 0, [0, 0, 0], [4, 4, 0], ref.render_string_mask_rows("C", spacing=2)),
                        PALETTES[0][0])[:200] for _ in range(20))],
}
with open(sys.argv[2], "w", encoding="ascii") as f:
    json.dump(result, f, separators=(",", ":"))
    f.write("\n")
