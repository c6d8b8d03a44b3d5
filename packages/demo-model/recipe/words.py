"""The words of the prompts, as ../weights/words.json groups them, and what they stand for in a picture."""
import json
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
_GROUPS = json.loads((WEIGHTS / "words.json").read_text())

WORDS = _GROUPS["words"]
SLOTS = _GROUPS["length"]
SHAPES, PATTERNS = _GROUPS["shapes"], _GROUPS["patterns"]

# Red, green, blue, 0 to 1. `src/check/palette.ts` has the same.
COLOURS = {
    "red": (0.90, 0.15, 0.15), "green": (0.15, 0.75, 0.25), "blue": (0.20, 0.35, 0.95), "yellow": (0.95, 0.85, 0.15),
    "purple": (0.60, 0.20, 0.80), "orange": (0.98, 0.55, 0.10), "white": (0.95, 0.95, 0.95), "cyan": (0.15, 0.85, 0.90),
}
# The darker of two tones.
BACKDROPS = {
    "black": (0.05, 0.05, 0.07), "gray": (0.45, 0.45, 0.48), "navy": (0.06, 0.08, 0.25), "brown": (0.30, 0.20, 0.12),
}
# Steps across and down.
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "nowhere": (0, 0)}
# Share of the room that is crossed in a video.
SPEEDS = {"slowly": 0.45, "quickly": 1.0}


def encode(prompt: str) -> list[int]:
    """The ids of a prompt, filled up with <pad> (0) to SLOTS."""
    ids = [WORDS.index(word) for word in prompt.split()]
    return ids + [0] * (SLOTS - len(ids))
