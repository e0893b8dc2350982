"""Which model an expression stands for, as far as the source alone shows.

Local names are followed through assignments, loops, annotations and calls of the same module;
attributes through Django's relations, so that ``dispute.match`` is a ``games.Match``.
"""

from __future__ import annotations

import ast
from functools import cache, cached_property

from django.apps import apps
from django.db import models

from tests.architecture.source import FunctionNode, Module, dotted

Model = type[models.Model]
MANAGERS = {"objects", "_base_manager", "_default_manager"}
#: Containers whose methods share names with a queryset's: a dict has update, a set has add.
PLAIN_CONTAINERS = {
    "dict",
    "set",
    "frozenset",
    "defaultdict",
    "Counter",
    "Mapping",
    "MutableMapping",
    "MutableSet",
}


def own_models() -> dict[str, Model]:
    """Every model of this project by its class name."""
    return {
        model.__name__: model
        for model in apps.get_models()
        if model.__module__.startswith(("deltacrown.", "django_tally."))
    }


class Names:
    """The model behind each local name of one function, and behind expressions made of them."""

    def __init__(self, module: Module, function: FunctionNode | None = None) -> None:
        self.module, self.known = module, own_models()
        self.names: dict[str, Model | None] = {}
        if function:
            self._learn(function)

    @cached_property
    def imported(self) -> dict[str, Model]:
        """Names the module gives to models: imported, perhaps under another name, or defined in it."""
        defined = self.module.classes & {*self.known} if "models" in self.module.names else set()
        imported = {
            alias.asname or alias.name: self.known[alias.name]
            for alias in self.module.imported
            if alias.name in self.known
        }
        return {name: self.known[name] for name in defined} | imported

    def _learn(self, function: FunctionNode) -> None:
        arguments = function.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            if argument.annotation:
                self.names[argument.arg] = self.of_annotation(argument.annotation)
        for _ in range(2):  # twice: a name may be used above the line that tells what it is
            for node in ast.walk(function):
                self._learn_from(node)

    def _learn_from(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[target], value=value) | ast.NamedExpr(target=target, value=value):
                self._bind(target, self.of(value))
            case ast.AnnAssign(target=target, annotation=annotation):
                self._bind(target, self.of_annotation(annotation))
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                self._bind(target, self.of(value))

    def _bind(self, target: ast.AST, model: Model | None) -> None:
        if isinstance(target, ast.Tuple) and target.elts:  # row, created = Model.objects.get_or_create(…)
            target = target.elts[0]
        if isinstance(target, ast.Name) and model:
            self.names[target.id] = model

    def of_annotation(self, node: ast.AST) -> Model | None:
        if isinstance(node, ast.Subscript) and dotted(node.value).rpartition(".")[2] in PLAIN_CONTAINERS:
            return None
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                return self.of_annotation(ast.parse(inner.value, mode="eval").body)
            if model := self.known.get(dotted(inner).rpartition(".")[2]):
                return model
        return None

    def of(self, node: ast.AST) -> Model | None:  # noqa: PLR0911
        """Return the model whose row, rows or manager ``node`` evaluates to, None if unknown."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name) or self.imported.get(name)
            case ast.Attribute(value=value, attr=attribute):
                return self._of_attribute(value, attribute)
            case ast.Call(func=ast.Name() as function, args=args):
                return self._of_function(function, args)
            case ast.Call(func=ast.Attribute() as function, args=args):
                return self._of_method(function, args)
            case (
                ast.Subscript(value=value)
                | ast.Await(value=value)
                | ast.Starred(value=value)
                | ast.NamedExpr(value=value)
            ):
                return self.of(value)
            case ast.IfExp(body=first, orelse=second):
                return self.of(first) or self.of(second)
            case ast.BoolOp(values=values):
                return next((model for value in values if (model := self.of(value))), None)
        return None

    def _of_attribute(self, value: ast.AST, attribute: str) -> Model | None:
        base = self.of(value)
        if base is None:
            # Such as request.user, or models.Match.
            return self.known["User"] if attribute == "user" else self.known.get(attribute)
        return base if attribute in MANAGERS else related(base, attribute)

    def _of_function(self, function: ast.Name, args: list[ast.expr]) -> Model | None:
        if function.id == "get_user_model":
            return self.known["User"]
        if (
            function.id
            in {"get_object_or_404", "get_list_or_404", "list", "tuple", "sorted", "reversed", "iter", "next"}
            and args
        ):
            return self.of(args[0])
        returned = self.module.returns.get(function.id)
        return self.of(function) or (self.of_annotation(returned) if returned else None)

    def _of_method(self, function: ast.Attribute, args: list[ast.expr]) -> Model | None:
        if function.attr == "get_model" and args and isinstance(args[-1], ast.Constant):
            return self.known.get(str(args[-1].value).rpartition(".")[2])
        return self.of(function.value) or self.of(function)  # a queryset's method gives the same model's rows


@cache
def related(model: Model, attribute: str) -> Model | None:
    """The model at the other end of a relation: a foreign key's, or a reverse accessor's."""
    for field in model._meta.get_fields():
        accessor = field.get_accessor_name() if isinstance(field, models.ForeignObjectRel) else field.name
        if accessor == attribute and isinstance(field.related_model, type):
            return field.related_model
    return None
