"""The source as the architecture tests see it: modules, their app, their syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "deltacrown"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file; ``path`` is relative to the package: ``games/services.py``."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @property
    def app(self) -> str:
        """The package directly under ``deltacrown`` it belongs to; empty for the root's own files."""
        return self.path.parts[0] if len(self.path.parts) > 1 else ""

    @property
    def dotted_name(self) -> str:
        """What it is imported as: ``deltacrown.games.services``."""
        parts = self.path.with_suffix("").parts
        return ".".join(["deltacrown", *(parts[:-1] if parts[-1] == "__init__" else parts)])

    @property
    def names(self) -> set[str]:
        """The names on its path below the app: ``{"management", "commands", "load_demo"}``."""
        return {*self.path.parts[1:-1], self.path.stem}

    @property
    def is_service(self) -> bool:
        return "services" in self.names

    def at(self, node: ast.AST) -> str:
        """Where ``node`` stands, as an editor understands it."""
        return f"src/deltacrown/{self.path}:{getattr(node, 'lineno', 1)}"


def sample(text: str, path: str = "web/views.py") -> Module:
    """A module that exists only in a test."""
    return Module(Path(path), text)


@cache
def list_modules() -> list[Module]:
    """Every module of the package but migrations, which Django writes."""
    paths = (path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
    return [Module(path.relative_to(PACKAGE), path.read_text()) for path in sorted(paths)]


def iter_functions(module: Module) -> Iterator[FunctionNode]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, FunctionNode))


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a chain of names, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""
