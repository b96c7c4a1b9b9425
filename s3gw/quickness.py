"""Whether the loop may do by itself what others wait for."""

from __future__ import annotations

# Of what it took a tenth is forgotten each time: what was slow once is not trusted at once.
_FORGETS = 0.1


class Quickness:
    """What something took that is done again and again. Nothing is quick before it was so once.

    Args:
        quick_s: How many seconds it may take, so that whoever comes meanwhile may wait for it.
    """

    def __init__(self, quick_s: float) -> None:
        self._quick_s = quick_s
        self._took_s = quick_s / (1 - 2 * _FORGETS)

    def __bool__(self) -> bool:
        """Whether it was quick lately."""
        return self._took_s <= self._quick_s

    def note(self, took_s: float = 0.0) -> None:
        """Tell what it took; nothing where it was not done."""
        self._took_s = max(took_s, self._took_s * (1 - _FORGETS))
