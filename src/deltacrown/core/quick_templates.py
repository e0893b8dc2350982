"""Templates of Django that are interpreted with less work: the same markup, to the byte.

Half of the time of a page went into what Django does for each variable of a template, so that it can be
anything: it tries it as a mapping, by an exception, before it reads an attribute; it asks whether a text is a
number; it looks for the file of a part anew for each row that includes it.

Here the usual cases come first, and whatever is not one of them is left to Django's own classes, from which
these are made. While templates are debugged nothing is hastened: the page of an error names the line.
"""

from __future__ import annotations

from copy import copy
from html import escape
from types import MethodType
from typing import Any

from django.conf import settings
from django.template import Origin, Template, TemplateDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Node,
    NodeList,
    Parser,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.context import BaseContext
from django.template.defaulttags import IfNode, URLNode, WithNode
from django.template.loader_tags import ExtendsNode, IncludeNode, construct_relative_path
from django.template.loaders import base, cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import get_language

from deltacrown.core.addresses import write_address

#: What Django takes for "this has no such key", before it looks for an attribute.
_NO_SUCH_KEY = (TypeError, AttributeError, KeyError, ValueError, IndexError)


class QuickVariable(Variable):
    """A variable: ``match.tournament.name``."""

    __slots__ = ("first", "rest")

    def __init__(self, var: str) -> None:
        super().__init__(var)
        self.first, *rest = self.lookups or ("",)
        self.rest = tuple(rest)

    def _resolve_lookup(self, context: Any) -> Any:
        scopes, name = getattr(context, "dicts", None), self.first
        if scopes is None:  # a bare mapping
            return self._ask_django(context)
        for scope in reversed(scopes):
            if name in scope:
                found = scope[name]
                break
        else:
            if hasattr(type(context), name) or name.isdigit():
                return self._ask_django(context)
            raise VariableDoesNotExist("Failed lookup for key [%s] in %r", (name, context))
        try:
            if callable(found):
                found = _call(found)
            for name in self.rest:
                found = _look_up(found, name)
                if callable(found):
                    found = _call(found)
        except _NotUsualError:
            return self._ask_django(context)
        except Exception as error:
            if getattr(error, "silent_variable_failure", False):
                return context.template.engine.string_if_invalid
            raise
        return found

    def _ask_django(self, context: Any) -> Any:
        return super()._resolve_lookup(context)  # type: ignore[misc] # the stubs leave it out


class _NotUsualError(Exception):
    """Django must say what this variable is."""


def _look_up(found: Any, name: str) -> Any:
    if hasattr(type(found), "__getitem__"):
        try:
            return found[name]
        except _NO_SUCH_KEY:
            if isinstance(found, BaseContext):
                raise _NotUsualError from None
    try:
        return getattr(found, name)
    except (TypeError, AttributeError):
        if name.isdigit():
            try:
                return found[int(name)]
            except _NO_SUCH_KEY:
                pass
        raise _NotUsualError from None


def _call(found: Any) -> Any:
    """Return what a template takes something for that can be called."""
    if getattr(found, "do_not_call_in_templates", False):
        return found
    if not isinstance(found, MethodType) or getattr(found, "alters_data", False):
        raise _NotUsualError
    try:
        return found()
    except TypeError:
        raise _NotUsualError from None


class QuickExpression(FilterExpression):
    """A variable or a constant, with filters: ``match.score|default:"–"``."""

    def __init__(self, token: str, parser: Parser) -> None:
        super().__init__(token, parser)
        if self.is_var:
            self.var = _hasten_variable(self.var)
        self.steps = [
            (
                function,
                [(is_looked_up, _hasten_variable(given)) for is_looked_up, given in arguments],
                bool(getattr(function, "expects_localtime", False)),
                bool(getattr(function, "needs_autoescape", False)),
                bool(getattr(function, "is_safe", False)),
            )
            for function, arguments in self.filters
        ]

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        value = self.var
        if self.is_var:
            try:
                value = self.var.resolve(context)
            except VariableDoesNotExist:
                value = None
                if not ignore_failures:
                    value = context.template.engine.string_if_invalid
                    if value:
                        return super().resolve(context, ignore_failures)
        for function, arguments, is_in_zone, takes_escaping, is_safe in self.steps:
            if is_in_zone:
                return super().resolve(context, ignore_failures)
            # What a template says itself is markup, and so is what a filter makes of markup if it says so.
            given = [
                each.resolve(context) if is_var else mark_safe(each)  # noqa: S308 - written in the template
                for is_var, each in arguments
            ]
            how = {"autoescape": context.autoescape} if takes_escaping else {}
            made = function(value, *given, **how)
            if is_safe and isinstance(value, SafeData):
                made = mark_safe(made)  # noqa: S308 - it was, and the filter says that it keeps it so
            value = made
        return value


def _hasten_variable(given: Any) -> Any:
    """Return a variable that is looked up quickly; all else as it is."""
    return QuickVariable(str(given.var)) if type(given) is Variable and given.lookups else given


class QuickNodeList(NodeList):
    """The parts of a template, one after another."""

    def render(self, context: Any) -> SafeString:
        rendered: list[Any] = [node.render_annotated(context) for node in self]
        return SafeString("".join(rendered))


class QuickVariableNode(VariableNode):
    """``{{ name }}``."""

    def render(self, context: Any) -> Any:
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return escape(value) if context.autoescape else value
        if kind is int and not settings.USE_THOUSAND_SEPARATOR:
            return str(value)
        return render_value_in_context(value, context)

    render_annotated = render


class QuickIfNode(IfNode):
    """``{% if %}``."""

    def render(self, context: Any) -> Any:
        for condition, nodelist in self.conditions_nodelists:
            try:
                is_met = condition is None or condition.eval(context)
            except VariableDoesNotExist:
                is_met = False
            if is_met:
                return nodelist.render(context)
        return ""

    render_annotated = render


class QuickWithNode(WithNode):
    """``{% with %}``."""

    def render(self, context: Any) -> Any:
        values = {name: value.resolve(context) for name, value in self.extra_context.items()}
        context.dicts.append(values)
        try:
            return self.nodelist.render(context)
        finally:
            context.dicts.pop()

    render_annotated = render


class QuickIncludeNode(IncludeNode):
    """``{% include "web/parts/more.html" %}``; the part is looked for once."""

    def render(self, context: Any) -> Any:
        part = self.__dict__.get("part")
        if part is None:
            part = self.part = self._find(context)
        if part is False:
            return super().render(context)
        context.dicts.append({name: value.resolve(context) for name, value in self.extra_context.items()})
        kept = context.render_context
        above, kept.template = kept.template, part
        kept.dicts.append({})
        try:
            return part._render(context)
        finally:
            kept.template = above
            kept.dicts.pop()
            context.dicts.pop()

    render_annotated = render

    def _find(self, context: Any) -> Any:
        """Return the part if it has a name that never changes, and is no page; else False."""
        name = self.template
        if name.is_var or name.filters or not isinstance(name.var, str) or self.isolated_context:
            return False
        page: Any = self.origin.template_name
        path = construct_relative_path(page, name.var)
        found = context.template.engine.get_template(path)
        return found if not found.nodelist.get_nodes_by_type(ExtendsNode) else False


class QuickTranslateNode(TranslateNode):
    """``{% translate "Matches" %}``: constant texts are looked up once for each language."""

    def render(self, context: Any) -> Any:
        if not self._is_constant():
            return super().render(context)
        said = self.__dict__.setdefault("said", {})
        key = _get_language(context), context.autoescape
        text = said.get(key)
        if text is None:
            plain = copy(self)  # other threads render this one meanwhile
            plain.asvar = None
            text = said[key] = TranslateNode.render(plain, context)
        if self.asvar:
            context[self.asvar] = text
            return ""
        return text

    render_annotated = render

    def _is_constant(self) -> bool:
        text, context = self.filter_expression, self.message_context
        is_text = isinstance(text.var, Variable) and text.var.lookups is None and not text.filters
        return is_text and not self.noop and (context is None or not (context.is_var or context.filters))


def _get_language(context: Any) -> str | None:
    """Return the language, which Django looks for in what belongs to the thread, a hundred times a page."""
    try:
        language: str | None = context.language_told
    except AttributeError:
        return get_language()
    return language


class QuickLanguageNode(LanguageNode):
    """``{% language "tr" %}``."""

    def render(self, context: Any) -> Any:
        outside = _get_language(context)
        context.language_told = self.language.resolve(context)
        try:
            return super().render(context)
        finally:
            context.language_told = outside


class QuickURLNode(URLNode):
    """``{% url "player" profile.public_id %}``."""

    def render(self, context: Any) -> Any:
        name = self.view_name
        if self.kwargs or self.asvar or name.is_var or name.filters or ":" in name.var:
            return super().render(context)
        address = write_address(name.var, *[each.resolve(context) for each in self.args])
        return conditional_escape(address) if context.autoescape else address

    render_annotated = render


#: Django's classes of nodes and those that take their place; other nodes stay as they are.
_QUICK: dict[type[Node], type[Node]] = {
    VariableNode: QuickVariableNode,
    IfNode: QuickIfNode,
    WithNode: QuickWithNode,
    IncludeNode: QuickIncludeNode,
    TranslateNode: QuickTranslateNode,
    LanguageNode: QuickLanguageNode,
    URLNode: QuickURLNode,
}


class QuickParser(Parser):
    """Makes quick nodes of a template."""

    def compile_filter(self, token: str) -> QuickExpression:
        """Return what a variable or constant is with its filters.

        :raises TemplateSyntaxError: it cannot be read.
        """
        return QuickExpression(token, self)

    def parse(self, parse_until: Any = None) -> NodeList:
        """Return the nodes up to one of these tags.

        :raises TemplateSyntaxError: a tag cannot be read, or none of these follows.
        """
        return QuickNodeList(super().parse(parse_until))

    def extend_nodelist(self, nodelist: Any, node: Any, token: Any) -> None:
        """Add a node, a quick one where there is one of its kind.

        :raises TemplateSyntaxError: the node must be the first, and is not.
        """
        node.__class__ = _QUICK.get(type(node), type(node))
        super().extend_nodelist(nodelist, node, token)


class QuickTemplate(Template):
    """A template of quick nodes."""

    def render(self, context: Any) -> SafeString:
        """Return the markup."""
        if context.template is None:  # not a part of another
            context.language_told = get_language()
        return super().render(context)

    def compile_nodelist(self) -> NodeList:
        """Return the nodes.

        :raises TemplateSyntaxError: the template cannot be read.
        """
        engine = self.engine
        libraries, builtins = engine.template_libraries, engine.template_builtins
        parser = QuickParser(Lexer(self.source).tokenize(), libraries, builtins, self.origin)
        nodes = parser.parse()
        self.extra_data = parser.extra_data
        return nodes


class _QuickSources(base.Loader):
    """Makes a quick template of the first source that there is, unless templates are debugged."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        if self.engine.debug:
            return super().get_template(template_name, skip)
        for origin in self.get_template_sources(template_name):
            if origin in (skip or ()):
                continue
            try:
                contents = self.get_contents(origin)  # type: ignore[attr-defined]
            except TemplateDoesNotExist:
                continue
            return QuickTemplate(contents, origin, template_name, self.engine)
        raise TemplateDoesNotExist(template_name)


class Loader(cached.Loader, _QuickSources):
    """Finds templates where other loaders do, and keeps each as a quick one; for the settings."""
