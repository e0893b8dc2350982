"""Bounds the files of requests, before they are in memory or on a disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class BoundedUploads(FileUploadHandler):
    """Drops every file from where on the files of a request are together larger than a picture may be.

    What is left of the request is read and forgotten, so that its form can say what was wrong.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the chunk to the next handler, while there is room."""
        self.taken += len(raw_data)
        if self.taken > settings.AVATAR_MAX_BYTES:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""
