# SPDX-License-Identifier: MIT
"""Prints, one a line, the packages that the installed torch needs to load on a processor alone.

Left out of what it asks for: what only compiles or drives GPUs.
"""
import importlib.metadata
import re

NOT_NEEDED = {"triton", "cuda-bindings", "setuptools"}

for requirement in importlib.metadata.requires("torch"):
    name = re.match(r"[A-Za-z0-9._-]+", requirement).group()
    if "extra ==" not in requirement and name not in NOT_NEEDED:
        print(requirement.replace("cusolver,", ""))
