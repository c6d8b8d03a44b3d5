"""The linear codec: 4x4 pixels of a frame as 16 numbers. `python3 codec.py OUT.safetensors` fits one anew."""
import sys

import torch
from safetensors.torch import save_file
from torch import Tensor

import scenes

SIDE = 4
CHANNELS = 16
VALUES = SIDE * SIDE * 3


def squares(video: Tensor) -> Tensor:
    """[B, 3, T, H, W] as [B, T, H/4, W/4, 48]: row, column, colour."""
    count, _, frames, height, width = video.shape
    cut = video.reshape(count, 3, frames, height // SIDE, SIDE, width // SIDE, SIDE)
    return cut.permute(0, 2, 3, 5, 4, 6, 1).reshape(count, frames, height // SIDE, width // SIDE, VALUES)


def encode(video: Tensor, tables: dict[str, Tensor]) -> Tensor:
    """Latents [B, 16, T, H/4, W/4]."""
    z = (squares(video) - tables["mean"]) @ tables["basis"].T / tables["latents_std"]
    return z.permute(0, 4, 1, 2, 3).contiguous()


def fit(seed: int = 1) -> dict[str, Tensor]:
    """Mean and first 16 principal directions of squares; scales half-way between equal and the channels' own."""
    generator = torch.Generator().manual_seed(seed)
    rows = squares(scenes.draw(scenes.choose(384, generator), 3)).reshape(-1, VALUES)
    mean = rows.mean(0)
    rows = (rows - mean)[torch.randperm(len(rows), generator=generator)[:200_000]]
    basis = torch.linalg.svd(rows, full_matrices=False)[2][:CHANNELS]
    z = rows @ basis.T
    scale = z.std(0).sqrt()
    scale = scale * (z / scale).std()
    return {"basis": basis.contiguous(), "mean": mean.contiguous(), "latents_std": scale.contiguous()}


if __name__ == "__main__":
    save_file(fit(), sys.argv[1])
