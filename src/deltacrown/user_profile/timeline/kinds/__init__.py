"""The types of activity, a module each, found by themselves: a new type is a module and a migration."""

from importlib import import_module
from pkgutil import iter_modules

from deltacrown.user_profile.timeline.kind import Kind, list_kind_classes

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

#: Every kind by its type, in order: the whitelist.
KINDS: dict[str, Kind] = {kind.type: kind() for kind in list_kind_classes()}
