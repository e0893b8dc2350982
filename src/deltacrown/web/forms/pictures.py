"""The form with which players choose their picture."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from deltacrown.core.pictures import describe_limit
from deltacrown.web.forms import PageForm

ACCEPTED = "image/png,image/jpeg,image/webp,image/gif"


class PictureForm(PageForm):
    """Takes a file, or the wish to have no picture."""

    SAVE, REMOVE = "save", "remove"

    picture = forms.Field(
        required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED, "aria-describedby": "picture-note"})
    )
    do = forms.ChoiceField(required=False, choices=[(SAVE, ""), (REMOVE, "")])

    @classmethod
    def of(cls, request: HttpRequest) -> PictureForm:
        """Return the form as it was sent, or an empty one."""
        if request.method != "POST":
            return cls()
        form = cls(request.POST)
        form.files = request.FILES
        # A file that is too large is dropped while the request is read.
        form.was_large = int(request.META.get("CONTENT_LENGTH") or 0) > settings.AVATAR_MAX_BYTES
        return form

    was_large = False

    @property
    def is_removal(self) -> bool:
        """Return whether the player wants to have no picture."""
        return bool(self.cleaned_data["do"] == self.REMOVE)

    def clean(self) -> None:
        """Refuse a form without a file, unless a picture is to be removed."""
        if self.cleaned_data.get("do") == self.REMOVE or "do" in self.errors:
            return
        if not isinstance(self.cleaned_data.get("picture"), UploadedFile):
            too_large = describe_limit(settings.AVATAR_MAX_BYTES)
            self.add_error("picture", too_large if self.was_large else _("Choose a picture first."))

    def read_picture(self) -> bytes:
        """Return the file that was sent."""
        sent: UploadedFile[bytes] = self.cleaned_data["picture"]
        found: bytes = sent.read()
        return found
