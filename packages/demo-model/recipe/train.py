"""Trains the demo model. `python3 train.py OUT --minutes 9 --frames 17 9 1`; see README.md."""
import argparse
import copy
import json
import math
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import codec
import scenes
import words
from model import Text, Wan
from muon import Muon

UNCONDITIONAL = 0.12  # share of videos that are learned with the empty prompt
WARM_UP = 100  # steps
SAVE_SECONDS = 240


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="folder of the weights, of the state to resume from, and of log.jsonl")
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--frames", type=int, nargs="+", default=[17, 9, 1], help="lengths, each batch has one of them")
    parser.add_argument("--batch", type=int, default=192, help="videos of the longest kind; shorter ones fill the same room")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--shift", type=float, default=3.0, help="above 1 puts weight on high noise levels")
    parser.add_argument("--average", type=float, default=0.9995, help="of the weights that are kept, a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--compile", action="store_true")
    return parser.parse_args()


def batch(args: argparse.Namespace, frames: int, generator: torch.Generator, device: str) -> tuple[Tensor, Tensor]:
    """Videos and word ids, some of the empty prompt. A single frame is of any time of its video."""
    count = args.batch * max(args.frames) // frames
    chosen = scenes.choose(count, generator)
    moment = torch.rand(count, 1, generator=generator) if frames == 1 else None
    ids = torch.tensor([words.encode(prompt) for prompt in chosen.prompts])
    ids[torch.rand(count, generator=generator) < UNCONDITIONAL] = 0
    return scenes.draw(chosen, frames, device=device, time=moment), ids.to(device)


def noise_levels(count: int, shift: float, device: str) -> Tensor:
    level = torch.sigmoid(torch.randn(count, device=device))
    return shift * level / (1 + (shift - 1) * level)


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    config = json.loads((words.WEIGHTS / "config.json").read_text())
    tables = {name: table.to(device) for name, table in load_file(words.WEIGHTS / "codec.safetensors").items()}
    trained = nn.ModuleDict({"transformer": Wan(config), "text": Text()}).to(device)
    nn.init.zeros_(trained["transformer"].proj_out.weight)
    nn.init.zeros_(trained["transformer"].proj_out.bias)
    kept = copy.deepcopy(trained).requires_grad_(False)
    if args.resume:
        state = load_file(args.out / "state.safetensors")
        for name, model in (("trained", trained), ("kept", kept)):
            model.load_state_dict({k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")})
    matrices = [p for p in trained["transformer"].blocks.parameters() if p.ndim == 2]
    others = [p for p in trained.parameters() if all(p is not matrix for matrix in matrices)]
    optimisers = [torch.optim.AdamW(others, args.lr, betas=(0.9, 0.98), weight_decay=0.01), Muon(matrices, args.lr)]
    velocity = torch.compile(trained["transformer"]) if args.compile else trained["transformer"]
    generator, lengths = torch.Generator().manual_seed(args.seed), random.Random(args.seed)
    log = (args.out / "log.jsonl").open("a")
    start = saved = time.time()
    steps, losses = 0, []
    while (elapsed := time.time() - start) < 60 * args.minutes:
        cosine = 0.5 + 0.5 * math.cos(math.pi * elapsed / (60 * args.minutes))
        rate = args.lr * min(1, (steps + 1) / WARM_UP) * (0.05 + 0.95 * cosine)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad(set_to_none=True)
        videos, ids = batch(args, lengths.choice(args.frames), generator, device)
        clean = codec.encode(videos, tables)
        noise, sigma = torch.randn_like(clean), noise_levels(len(ids), args.shift, device)
        level = sigma.view(-1, 1, 1, 1, 1)
        with torch.autocast(device, torch.bfloat16):
            guess = velocity((1 - level) * clean + level * noise, 1000 * sigma, trained["text"](ids))
        loss = nn.functional.mse_loss(guess.float(), noise - clean)
        loss.backward()
        nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        steps += 1
        losses.append(loss.detach())
        follow(kept, trained, min(args.average, (1 + steps) / (10 + steps)))
        if steps % 50 == 0:
            line = {"step": steps, "seconds": round(elapsed), "loss": torch.stack(losses).mean().item(), "lr": rate}
            print(json.dumps(line), file=log, flush=True)
            losses = []
        if time.time() - saved > SAVE_SECONDS:
            save(args.out, trained, kept)
            saved = time.time()
    save(args.out, trained, kept)
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    made = {"steps": steps, "seconds": round(time.time() - start), "device": name, **vars(args), "out": str(args.out)}
    with (args.out / "provenance.jsonl").open("a") as file:
        print(json.dumps(made), file=file)


@torch.no_grad()
def follow(kept: nn.Module, trained: nn.Module, average: float) -> None:
    for slow, fast in zip(kept.parameters(), trained.parameters()):
        slow.lerp_(fast, 1 - average)


def save(out: Path, trained: nn.Module, kept: nn.Module) -> None:
    """The weights as `demo-model` ships them, and a state of 16 bits to resume from: 20 MB."""
    half = lambda model: {name: value.detach().bfloat16().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(half(kept["transformer"]), out / "transformer.safetensors")
    table = {name: value.cpu().contiguous() for name, value in kept["text"].state_dict().items()}
    save_file(table, out / "text.safetensors")
    parts = {"trained": half(trained), "kept": half(kept)}
    state = {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}
    save_file(state, out / "state.safetensors")


if __name__ == "__main__":
    main()
