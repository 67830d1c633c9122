"""A folder on a disk of its own, in memory, that can be filled to the last byte. Only root may make one."""

import os
import subprocess
from pathlib import Path

SIZE_MB = 96
PIECE = b"\0" * 1_000_000


class SmallDisk:
    """`fill()` until `drain()`: who writes into *folder* meanwhile hears that the disk is full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "none", str(folder)]
        # Where mounting is not allowed the folder stays an ordinary one, and nothing fills it.
        self.is_small = (
            os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        )

    def fill(self) -> None:
        with (self.folder / "riempitivo").open("wb", buffering=0) as file:
            try:
                while file.write(PIECE):
                    pass
            except OSError:
                return

    def drain(self) -> None:
        (self.folder / "riempitivo").unlink(missing_ok=True)

    def remove(self) -> None:
        if self.is_small:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
