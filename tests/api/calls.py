"""Calls of the API as a program makes them, and what the answers must always be."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_key

ROOT = "/api/v1"


class Api:
    """A client that checks every answer.

    Errors must be problem documents, and no shared cache may keep anything private.
    """

    key: Any = None
    secret: str = ""

    def __init__(self, client: Client, headers: dict[str, str] | None = None) -> None:
        self.client, self.headers = client, headers or {}

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Any:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = {"content_type": "application/json"} if data else {}
        answer = self.client.generic(
            method,
            path if path.startswith("/api") else ROOT + path,
            data,
            **kind,
            headers={**self.headers, **(headers or {})},
        )
        check_answer(answer)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call(
            "POST",
            path,
            {} if body is None else body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def put(self, path: str, body: Any = None) -> Any:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    def items(self, path: str) -> list[Any]:
        """Every item of a list, over all its pages."""
        found, page = [], ""
        while True:
            answer = self.get(path + (("&" if "?" in path else "?") + f"page={page}" if page else ""))
            assert answer.status_code == 200, answer.content
            found += answer.json()["items"]
            page = answer.json()["next_page"]
            if page is None:
                return found


def visitor() -> Api:
    """Calls without session and key."""
    return Api(Client())


def signed_in(user: User) -> Api:
    """Calls with the user's session and its CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    token = "t" * 32
    client.cookies["csrftoken"] = token
    return Api(client, {"X-CSRFToken": token})


def with_key(user: User, *scopes: str) -> Api:
    """Calls with a key of the user's, by default one to read; staff granted it."""
    staff = User.objects.filter(username="granter").first() or User.objects.create(
        username="granter", is_staff=True, is_superuser=True
    )
    made = create_key(owner=user, name="test", scopes=scopes or ("read",), by=staff)
    api = Api(Client(), {"Authorization": f"Bearer {made.secret}"})
    api.key, api.secret = made.key, made.secret
    return api


def check_answer(answer: Any) -> None:
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json", (
            answer.status_code,
            answer["Content-Type"],
        )
        problem = answer.json()
        assert problem.keys() == {"type", "title", "status", "detail", "code", "errors"}
        assert problem["status"] == answer.status_code
    if "public" in answer["Cache-Control"]:
        assert "Cookie" not in answer.get("Vary", "")
    else:
        assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


def problem_of(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]
