"""Path converters for the addresses of pages."""

from __future__ import annotations


class PictureNameConverter:
    """The name of an uploaded picture: 32 characters that tell nothing."""

    regex = r"[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PublicIdConverter:
    """A player's public id: ``DC-25-000042``."""

    regex = r"DC-\d{2}-\d{6,12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
