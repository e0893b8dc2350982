"""What a stage of the load took, and what held it back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.local.load import Seen, percentile
from deploy.local.parts import TICKS, read_cpu_seconds
from deploy.local.site import Site

#: A stage is sustained while all but one in a hundred are answered in this many milliseconds.
SLOWEST_MS = 1_000
#: A processor of which more than this share is idle is not what holds the site back.
IDLE_SHARE = 0.15
CLIENTS, OTHERS = "clients", "others"


@dataclass(frozen=True)
class Usage:
    """Processor seconds so far: of each part of the site, of this program, of the machine, and idle ones."""

    parts: dict[str, float]
    busy: float
    idle: float


@dataclass(frozen=True)
class Stage:
    """A stage: what clients saw, and how many cores each part took meanwhile."""

    name: str
    clients: int
    seen: Seen
    cores: dict[str, float]
    idle: float

    @property
    def is_sustained(self) -> bool:
        """Return whether nothing failed, and nearly all were answered soon."""
        slowest = max(percentile(self.seen.reads, 0.99), percentile(self.seen.writes, 0.99))
        return not self.seen.failures and slowest <= SLOWEST_MS

    def say(self) -> str:
        """Return a line for the table."""
        reads, writes = self.seen.reads, self.seen.writes
        took = [percentile(seen, share) for seen in (reads, writes) for share in (0.5, 0.99)]
        failures = sum(self.seen.failures.values())
        return (
            f"{self.name:<10}{self.clients:>8}{self.seen.rate:>9.0f}/s"
            f"{took[0]:>9.0f}{took[1]:>8.0f}{took[2]:>10.0f}{took[3]:>8.0f}{failures:>8}"
        )

    def as_json(self) -> dict[str, object]:
        """Return its figures."""
        return {
            "name": self.name,
            "clients": self.clients,
            "rate": round(self.seen.rate, 1),
            "read_ms": [round(percentile(self.seen.reads, share), 1) for share in (0.5, 0.99)],
            "write_ms": [round(percentile(self.seen.writes, share), 1) for share in (0.5, 0.99)],
            "failures": dict(self.seen.failures),
            "cores": {name: round(cores, 2) for name, cores in self.cores.items()},
            "idle_cores": round(self.idle, 2),
        }


HEAD = (
    f"{'load':<10}{'clients':>8}{'answers':>11}{'read p50':>9}{'p99':>8}"
    f"{'write p50':>10}{'p99 ms':>8}{'failed':>8}"
)


def read_usage(site: Site) -> Usage:
    """Return the processor seconds of everything up to now."""
    parts = {name: part.read_cpu_seconds() for name, part in site.parts.items()}
    parts[CLIENTS] = read_cpu_seconds(os.getpid())
    fields = [int(field) / TICKS for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return Usage(parts, sum(fields) - idle, idle)


def compare(before: Usage, after: Usage, seconds: float) -> tuple[dict[str, float], float]:
    """Return how many cores each part took, and how many were idle."""
    cores = {name: max(0.0, used - before.parts[name]) / seconds for name, used in after.parts.items()}
    busy = (after.busy - before.busy) / seconds
    cores[OTHERS] = max(0.0, busy - sum(cores.values()))
    return cores, (after.idle - before.idle) / seconds


def find_bottleneck(stage: Stage, processors: int) -> str:
    """Return a sentence that says what held a stage back."""
    shares = sorted(stage.cores.items(), key=lambda item: -item[1])
    told = ", ".join(f"{name} {cores:.2f}" for name, cores in shares if cores >= 0.01)
    if stage.idle > IDLE_SHARE * processors:
        return (
            f"Not the processor: {stage.idle:.2f} of {processors} cores were idle ({told}); clients wait for "
            "answers that wait for the disk or for each other."
        )
    site = sum(cores for name, cores in stage.cores.items() if name not in {CLIENTS, OTHERS})
    return (
        f"The processor: {processors} cores, of which the site had {site:.2f}. Cores taken: {told}. The "
        "clients are on the same machine; others are processes that have nothing to do with it."
    )
