"""Wan2.1's text-to-video transformer in plain torch, parameters named as diffusers' WanTransformer3DModel names them."""
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import words

EPS = 1e-6
TEXT_WIDTH = 64


class Text(nn.Module):
    """A row for each word and one for each slot; the empty prompt is all <pad>."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Embedding(len(words.WORDS), TEXT_WIDTH)
        self.position = nn.Embedding(words.SLOTS, TEXT_WIDTH)

    def forward(self, ids: Tensor) -> Tensor:
        return self.token(ids) + self.position.weight


class Wan(nn.Module):
    """Velocity (noise - x0) of latents [B, C, T, Y, X] at timesteps [B] of 0 to 1000."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        self.heads, self.head_width = config["num_attention_heads"], config["attention_head_dim"]
        width, self.clock_width, self.channels = self.heads * self.head_width, config["freq_dim"], config["out_channels"]
        patch = tuple(config["patch_size"])
        self.patch_embedding = nn.Conv3d(config["in_channels"], width, patch, patch)
        self.condition_embedder = nn.Module()
        self.condition_embedder.time_embedder = _two_layers(self.clock_width, width)
        self.condition_embedder.text_embedder = _two_layers(config["text_dim"], width)
        self.condition_embedder.time_proj = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(Block(width, self.heads, config["ffn_dim"]) for _ in range(config["num_layers"]))
        self.proj_out = nn.Linear(width, math.prod(patch) * self.channels)
        self.scale_shift_table = nn.Parameter(torch.randn(1, 2, width) / width**0.5)

    def forward(self, latents: Tensor, timesteps: Tensor, text: Tensor) -> Tensor:
        count, _, frames, height, width = latents.shape
        grid = (frames, height // 2, width // 2)
        embed = self.condition_embedder
        clock = embed.time_embedder.linear_1(self._sinusoids(timesteps))
        clock = embed.time_embedder.linear_2(F.silu(clock))
        modulation = embed.time_proj(F.silu(clock)).unflatten(1, (6, -1))
        text = embed.text_embedder.linear_2(F.gelu(embed.text_embedder.linear_1(text), approximate="tanh"))
        tables = self._rotary(grid, latents.device)
        hidden = self.patch_embedding(latents).flatten(2).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden, modulation, text, tables)
        shift, scale = (self.scale_shift_table + clock.unsqueeze(1)).chunk(2, 1)
        out = self.proj_out(_modulated(hidden, scale, shift))
        out = out.reshape(count, *grid, 2, 2, self.channels).permute(0, 6, 1, 2, 4, 3, 5)
        return out.reshape(count, self.channels, frames, height, width)

    def _sinusoids(self, timesteps: Tensor) -> Tensor:
        half = self.clock_width // 2
        rates = torch.exp(-math.log(10_000) * torch.arange(half, device=timesteps.device) / half)
        angles = timesteps.float()[:, None] * rates
        return torch.cat([angles.cos(), angles.sin()], -1)

    def _rotary(self, grid: tuple[int, int, int], device: torch.device) -> tuple[Tensor, Tensor]:
        """Cosines and sines [N, K/2]: a third of the pairs for columns, a third for rows, the rest for frames."""
        side = 2 * (self.head_width // 6)
        parts = []
        for axis, (size, width) in enumerate(zip(grid, (self.head_width - 2 * side, side, side))):
            rates = 10_000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
            angles = torch.outer(torch.arange(size, dtype=torch.float64), rates)
            shape = [1, 1, 1, width // 2]
            shape[axis] = size
            parts.append(angles.reshape(shape).expand(*grid, -1))
        angles = torch.cat(parts, -1).flatten(0, 2)
        return angles.cos().float().to(device), angles.sin().float().to(device)


class Block(nn.Module):
    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.attn1, self.attn2 = Attention(width, heads), Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, EPS)
        first = nn.Module()
        first.proj = nn.Linear(width, inner)
        self.ffn = nn.Module()
        self.ffn.net = nn.ModuleList([first, nn.Identity(), nn.Linear(inner, width)])
        self.scale_shift_table = nn.Parameter(torch.randn(1, 6, width) / width**0.5)

    def forward(self, hidden: Tensor, modulation: Tensor, text: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.scale_shift_table + modulation).unsqueeze(2).unbind(1)
        normed = _modulated(hidden, scale1, shift1)
        hidden = hidden + self.attn1(normed, normed, tables) * gate1
        hidden = hidden + self.attn2(_affine(hidden, self.norm2), text)
        inner = self.ffn.net[0].proj(_modulated(hidden, scale2, shift2))
        return hidden + self.ffn.net[2](F.gelu(inner, approximate="tanh")) * gate2


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width), nn.Identity()])
        self.norm_q, self.norm_k = RmsNorm(width), RmsNorm(width)

    def forward(self, hidden: Tensor, context: Tensor, tables: tuple[Tensor, Tensor] | None = None) -> Tensor:
        split = lambda tensor: tensor.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k = split(self.norm_q(self.to_q(hidden))), split(self.norm_k(self.to_k(context)))
        if tables is not None:
            q, k = _rotated(q, *tables), _rotated(k, *tables)
        mixed = F.scaled_dot_product_attention(q, k, split(self.to_v(context)))
        return self.to_out[0](mixed.transpose(1, 2).flatten(2))


class RmsNorm(nn.Module):
    """Over all heads together."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        size = x.float().pow(2).mean(-1, keepdim=True)
        return (x.float() * torch.rsqrt(size + EPS)).to(x.dtype) * self.weight


def _two_layers(width: int, out: int) -> nn.Module:
    module = nn.Module()
    module.linear_1, module.linear_2 = nn.Linear(width, out), nn.Linear(out, out)
    return module


def _modulated(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return (F.layer_norm(x.float(), x.shape[-1:], eps=EPS) * (1 + scale) + shift).to(x.dtype)


def _affine(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    return F.layer_norm(x.float(), x.shape[-1:], norm.weight, norm.bias, EPS).to(x.dtype)


def _rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turns adjacent pairs."""
    a, b = x.float()[..., 0::2], x.float()[..., 1::2]
    return torch.stack([a * cosines - b * sines, a * sines + b * cosines], -1).flatten(-2).to(x.dtype)
