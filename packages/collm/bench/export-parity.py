"""Compares exported folders as transformers and PEFT open them with what `collm model logits` computes.

    python packages/collm/bench/export-parity.py --collm "npx collm" exports/agent-0 exports/adapter ...

Needs torch and transformers, and peft for folders of adapters, whose base has to be a folder that is there. Prints JSON:
per folder the largest absolute difference of two logits in float32, and the largest logit.
"""

import argparse
import json
import shlex
import subprocess
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser()
parser.add_argument("folders", nargs="+", type=Path)
parser.add_argument("--collm", default="npx collm", help="how the command line is started")
parser.add_argument("--tokens", type=int, default=60)
arguments = parser.parse_args()


def collm(*given: str) -> str:
    done = subprocess.run([*shlex.split(arguments.collm), *given], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def ours(folder: Path, ids: list[int]) -> torch.Tensor:
    options = ["--ids", ",".join(map(str, ids)), "--dtype", "float32", "--json"]
    return torch.tensor(json.loads(collm("model", "logits", str(folder), *options))["logits"])


def compare(folder: Path) -> dict:
    config = folder / "adapter_config.json"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as scratch:
        if config.exists():
            from peft import AutoPeftModelForCausalLM

            model = AutoPeftModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
            base = json.loads(config.read_text())["base_model_name_or_path"]
            source = Path(scratch) / "merged"
            collm("model", "merge", base, str(folder), "--out", str(source), "--dtype", "float32")
        else:
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
            source = folder
        vocabulary = model.config.vocab_size
        ids = [(place * 37 + 5) % vocabulary for place in range(arguments.tokens)]
        with torch.no_grad():
            theirs = model.eval()(input_ids=torch.tensor([ids])).logits[0, -1]
        mine = ours(source, ids)
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True, tokenize=False
    )
    return {
        "folder": folder.name,
        "kind": "adapter" if config.exists() else "model",
        "largest_difference": (mine - theirs).abs().max().item(),
        "largest_logit": theirs.abs().max().item(),
        "same_choice": bool(mine.argmax() == theirs.argmax()),
        "chat": chat,
    }


results = [compare(folder) for folder in arguments.folders]
print(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__, "results": results}, indent=2))
