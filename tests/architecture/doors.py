"""Find services that write, directly or through others, and those that do so in one transaction (doors)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from tests.architecture.inference import Names
from tests.architecture.source import FunctionNode, Module, dotted
from tests.architecture.test_ownership import SHARED, SURE

DOOR = "atomic_service"
#: Written in or above a public function that writes and is no single transaction, with its reason.
EXPLANATION = "# not atomic:"


@dataclass(frozen=True)
class Service:
    """A function at the top level of a services module; ``key`` is its full dotted name."""

    module: Module
    node: FunctionNode

    @property
    def key(self) -> str:
        return f"{self.module.dotted_name}.{self.node.name}"

    @property
    def place(self) -> str:
        return f"{self.module.at(self.node)} {self.node.name}"

    @property
    def is_atomic(self) -> bool:
        return DOOR in decorators(self.node)

    @property
    def is_explained(self) -> bool:
        """Whether the reason stands in the function or on the line above it."""
        start = min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)])
        return any(
            EXPLANATION in line
            for line in self.module.text.splitlines()[max(start - 2, 0) : self.node.end_lineno]
        )

    def writes(self) -> bool:
        names = Names(self.module, self.node)
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (
                node.func.attr in SURE or (node.func.attr in SHARED and names.of(node.func.value) is not None)
            )
            for node in ast.walk(self.node)
        )

    @cached_property
    def calls(self) -> set[str]:
        """The full dotted names of what it calls, as far as its module's imports show."""
        return set(self._list_calls())

    def _list_calls(self) -> Iterator[str]:
        imports = imported_names(self.module)
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call) and (name := dotted(node.func)):
                first, _, rest = name.partition(".")
                base = imports.get(first, f"{self.module.dotted_name}.{first}")
                yield f"{base}.{rest}" if rest else base


def decorators(node: FunctionNode | ast.ClassDef) -> set[str]:
    """The last part of each decorator's name."""
    return {dotted(decorator).rpartition(".")[2] for decorator in node.decorator_list}


def is_public(node: FunctionNode | ast.ClassDef) -> bool:
    return not node.name.startswith("_")


@cache
def imported_names(module: Module) -> dict[str, str]:
    """Local name → full dotted name, for everything the module imports by ``from``."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def exported_names(modules: list[Module]) -> dict[str, set[str]]:
    """Return, per app, the full names that its ``services/__init__.py`` exports, where it exports any."""
    packages = [module for module in modules if module.path.parts[1:] == ("services", "__init__.py")]
    handed = {
        package.app: {
            name
            for name in imported_names(package).values()
            if name.startswith(f"deltacrown.{package.app}.services.")
        }
        for package in packages
    }
    return {app: names for app, names in handed.items() if names}


def list_services(modules: list[Module]) -> dict[str, Service]:
    """Every top-level function of the services modules by its full name."""
    functions = [
        Service(module, node)
        for module in modules
        for node in module.tree.body
        if isinstance(node, FunctionNode)
    ]
    return {service.key: service for service in functions}


def find_unguarded_writes(modules: list[Module]) -> list[str]:
    """List doors that write outside a transaction, directly or through functions that are no atomic door."""
    services, exported = list_services(modules), exported_names(modules)
    writing = {key for key, service in services.items() if service.writes()}
    while more := {
        key for key, service in services.items() if key not in writing and reaches(service, writing, services)
    }:
        writing |= more
    doors = [service for service in services.values() if is_public(service.node)]
    handed = [door for door in doors if door.key in exported.get(door.module.app, {door.key})]
    return [
        door.place for door in handed if door.key in writing and not door.is_atomic and not door.is_explained
    ]


def find_side_entries(module: Module, exported: dict[str, set[str]]) -> list[str]:
    """Imports from inside another app's services package that hands out its doors by itself."""
    inside = {app: f"deltacrown.{app}.services." for app in exported if app != module.app}
    return [
        f"{module.at(node)} {node.module}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(tuple(inside.values()))
    ]


def reaches(service: Service, writing: set[str], services: dict[str, Service]) -> bool:
    return any(key in writing and not services[key].is_atomic for key in service.calls)
