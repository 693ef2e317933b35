"""What the label of a pixel means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.uint8]

UNKNOWN = 255
"""Label of pixels whose colour is not known, or not for sure."""


@dataclass(frozen=True)
class LabelCode:
    """Labels of grounds and inks: the grounds 0, 1, … come first, then what is neither, then the inks."""

    grounds: int  # number of grounds that are told apart

    @property
    def nothing(self) -> int:
        """Label of what is none of the grounds and no ink."""
        return self.grounds

    def ink(self, number: int) -> int:
        """Give the label of an ink of the palette."""
        return self.grounds + 1 + number

    def is_ink(self, label: int) -> bool:
        """Tell whether a label is that of an ink."""
        return label > self.grounds

    def ink_number(self, label: int) -> int:
        """Give the number in the palette of the ink that has a label."""
        return label - self.grounds - 1


STROKES = LabelCode(0)
"""Labels where strokes alone matter: 0 is any ground, ink k has the label k + 1."""
