"""Captioned videos: one shape moves at constant speed, another rests, a still backdrop of two tones lies behind."""
from dataclasses import dataclass

import torch
from torch import Tensor

import words

MARGIN = 0.03  # room kept to the edge of the picture, fraction of its side
TONE = 0.16  # the lighter tone is this much more of each colour
PERIOD = 0.25  # of a pattern, fraction of the side
DOT = 0.06  # squared radius of a dot, in periods
SOFT = 1.2  # width of an edge, pixels


@dataclass
class Figures:
    """One shape of each of B videos; sizes and places are fractions of the side."""

    colour: Tensor  # [B], index of words.COLOURS
    shape: Tensor  # [B], index of words.SHAPES
    radius: Tensor  # [B]
    start: Tensor  # [B, 2], across and down
    way: Tensor  # [B, 2], what is crossed in the whole video


@dataclass
class Scenes:
    moving: Figures
    resting: Figures
    pattern: Tensor  # [B], index of words.PATTERNS
    backdrop: Tensor  # [B], index of words.BACKDROPS
    prompts: list[str]


def choose(count: int, generator: torch.Generator) -> Scenes:
    """Scenes by chance: colours that differ, all else alike in likelihood, both shapes inside of the picture."""
    pick = lambda n: torch.randint(0, n, (count,), generator=generator)
    within = lambda low, high, *more: low + (high - low) * torch.rand(count, *more, generator=generator)
    first = pick(len(words.COLOURS))
    second = (first + 1 + pick(len(words.COLOURS) - 1)) % len(words.COLOURS)
    shape, resting_shape = pick(len(words.SHAPES)), pick(len(words.SHAPES))
    pattern, backdrop = pick(len(words.PATTERNS)), pick(len(words.BACKDROPS))
    direction, speed = pick(len(words.WAYS)), pick(len(words.SPEEDS))
    radius = within(0.12, 0.18)
    room = (1 - 2 * (radius + MARGIN)).unsqueeze(1)
    share = torch.tensor(list(words.SPEEDS.values()))[speed].unsqueeze(1)
    way = torch.tensor(list(words.WAYS.values()), dtype=torch.float32)[direction] * share * room
    middle = 0.5 + (room - way.abs()) / 2 * within(-1, 1, 2)
    resting_radius = within(0.10, 0.14)
    place = 0.5 + (0.5 - resting_radius - MARGIN).unsqueeze(1) * within(-1, 1, 2)
    moving = Figures(first, shape, radius, middle - way / 2, way)
    resting = Figures(second, resting_shape, resting_radius, place, torch.zeros(count, 2))
    subjects = [_figure(*one) for one in zip(first, shape)]
    neighbours = [_figure(*one) for one in zip(second, resting_shape)]
    prompts = [_prompt(*words_of) for words_of in zip(subjects, direction, speed, neighbours, pattern, backdrop)]
    return Scenes(moving, resting, pattern, backdrop, prompts)


def draw(scenes: Scenes, frames: int, pixels: int = 64, device: str = "cpu", time: Tensor | None = None) -> Tensor:
    """Videos [B, 3, frames, pixels, pixels] in [-1, 1]. `time` [B, frames], 0 to 1; evenly over the way unless given."""
    count = len(scenes.prompts)
    if time is None:
        time = torch.linspace(0, 1, frames).expand(count, frames)
    line = (torch.arange(pixels, device=device) + 0.5) / pixels
    y, x = torch.meshgrid(line, line, indexing="ij")
    dark = torch.tensor(list(words.BACKDROPS.values()))[scenes.backdrop].to(device)
    light = _tones(x, y)[scenes.pattern.to(device)]
    video = (dark[:, :, None, None] + TONE * light[:, None]).unsqueeze(2).expand(-1, -1, frames, -1, -1)
    for figure in (scenes.resting, scenes.moving):  # the moving one lies on top
        covered = _coverage(figure, time, x, y, pixels).unsqueeze(1)
        colour = torch.tensor(list(words.COLOURS.values()))[figure.colour].to(device)
        video = video + (colour[:, :, None, None, None] - video) * covered
    return video.clamp(0, 1) * 2 - 1


def _tones(x: Tensor, y: Tensor) -> Tensor:
    """[patterns, H, W]: 1 where the lighter tone lies."""
    half = lambda at: torch.floor(2 * at / PERIOD) % 2
    middle = lambda at: (at / PERIOD) % 1 - 0.5
    tones = {
        "plain": torch.zeros_like(x), "striped": half(y), "checkered": (half(x) + half(y)) % 2,
        "dotted": (middle(x) ** 2 + middle(y) ** 2 < DOT).float(),
    }
    return torch.stack([tones[name] for name in words.PATTERNS])


def _coverage(figure: Figures, time: Tensor, x: Tensor, y: Tensor, pixels: int) -> Tensor:
    """[B, T, H, W]: share of each pixel that a shape covers."""
    centre = (figure.start[:, None] + figure.way[:, None] * time[:, :, None]).to(x.device)
    dx, dy = x - centre[:, :, 0, None, None], y - centre[:, :, 1, None, None]
    r = figure.radius.to(x.device)[:, None, None, None]
    far = torch.sqrt(dx * dx + dy * dy + 1e-9)
    inside = {
        "circle": r - far,
        "square": 0.88 * r - torch.maximum(dx.abs(), dy.abs()),
        "triangle": torch.minimum(0.75 * r - dy, 0.47 * (0.95 * r + dy - 1.9 * dx.abs())),
        "ring": 0.32 * r - (far - 0.75 * r).abs(),
    }
    which = figure.shape.to(x.device)[:, None, None, None]
    depth = sum(torch.where(which == n, inside[name], 0.0) for n, name in enumerate(words.SHAPES))
    return (depth * pixels / SOFT + 0.5).clamp(0, 1)


def _figure(colour: Tensor, shape: Tensor) -> str:
    name = list(words.COLOURS)[colour]
    return f"{'an' if name == 'orange' else 'a'} {name} {words.SHAPES[shape]}"


def _prompt(moving: str, direction: Tensor, speed: Tensor, resting: str, pattern: Tensor, backdrop: Tensor) -> str:
    way = list(words.WAYS)[direction]
    motion = way if way == "nowhere" else f"{way} {list(words.SPEEDS)[speed]}"
    ground = f"{words.PATTERNS[pattern]} {list(words.BACKDROPS)[backdrop]} backdrop"
    return f"{moving} moves {motion} near {resting} over a {ground}"
