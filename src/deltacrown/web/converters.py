"""Path converters for the addresses of pages."""

from __future__ import annotations


class PublicIdConverter:
    """A player's public id: ``DC-25-000042``."""

    regex = r"DC-\d{2}-\d{6,12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
