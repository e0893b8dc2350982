"""The source as the architecture tests see it: modules, their app, their syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "deltacrown"
ENGINE = ROOT / "src" / "django_tally"
#: The rooms of user_profile that decide and write; what is beside them only calls them.
ROOMS = {"people", "privacy", "achievements", "timeline", "histories", "numbers"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file; ``path`` is relative to ``package``: ``games/services.py``."""

    path: Path
    text: str
    package: str = "deltacrown"

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, walked once for all who ask about names."""
        return list(ast.walk(self.tree))

    @cached_property
    def returns(self) -> dict[str, ast.expr]:
        """What its functions are annotated to return, by their names."""
        functions = (node for node in self.nodes if isinstance(node, FunctionNode))
        return {function.name: function.returns for function in functions if function.returns}

    @cached_property
    def classes(self) -> set[str]:
        """The names of the classes that it defines."""
        return {node.name for node in self.nodes if isinstance(node, ast.ClassDef)}

    @cached_property
    def imported(self) -> list[ast.alias]:
        """What it imports ``from`` somewhere."""
        return [alias for node in self.nodes if isinstance(node, ast.ImportFrom) for alias in node.names]

    @property
    def app(self) -> str:
        """The package directly under ``deltacrown`` it belongs to; empty for the root's own files."""
        if self.package == ENGINE.name:
            return "tally"
        return self.path.parts[0] if len(self.path.parts) > 1 else ""

    @property
    def dotted_name(self) -> str:
        """What it is imported as: ``deltacrown.games.services``."""
        parts = self.path.with_suffix("").parts
        return ".".join([self.package, *(parts[:-1] if parts[-1] == "__init__" else parts)])

    @property
    def names(self) -> set[str]:
        """The names on its path below the app: ``{"management", "commands", "load_demo"}``."""
        return {*self.path.parts[1:-1], self.path.stem}

    @property
    def is_service(self) -> bool:
        if "services" in self.names or (
            self.app == "pages" and not self.names & {"apps", "jobs", "management"}
        ):
            return True
        return self.app == "user_profile" and bool({*self.path.parts[1:2], self.path.stem} & ROOMS)

    def at(self, node: ast.AST) -> str:
        """Where ``node`` stands, as an editor understands it."""
        return f"src/{self.package}/{self.path}:{getattr(node, 'lineno', 1)}"


def sample(text: str, path: str = "web/views.py") -> Module:
    """A module that exists only in a test."""
    return Module(Path(path), text)


@cache
def list_modules() -> list[Module]:
    """Every module of both packages but migrations, which Django writes."""
    return [
        Module(path.relative_to(package), path.read_text(), package.name)
        for package in (PACKAGE, ENGINE)
        for path in sorted(package.rglob("*.py"))
        if not {"migrations", "build"} & set(path.relative_to(package).parts)
    ]


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
