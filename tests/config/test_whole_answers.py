"""The server is handed a list of an answer that is whole, which is closed by then, and all else as it is."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from deltacrown.config.whole_answers import send_whole

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    """What was closed; the signal would close the connection of the tests."""
    told = []
    monkeypatch.setattr(HttpResponseBase, "close", lambda response: told.append(response))  # noqa: PLW0108
    return told


def hand_over(response):
    started = []
    application = send_whole(lambda environ, start: start("200 OK", [("A", environ["A"])]) or response)
    answer = application({"A": "b"}, lambda *given: started.append(given))
    assert started == [("200 OK", [("A", "b")])]
    return answer


@pytest.mark.parametrize(
    ("response", "body"),
    [
        (HttpResponse(b"whole"), b"whole"),
        (HttpResponse(["in ", "parts"]), b"in parts"),
        (JsonResponse({"a": 1}), b'{"a": 1}'),
        (HttpResponse(status=304), b""),
    ],
)
def test_a_whole_answer_is_a_list_and_closed(response, body, closed):
    assert hand_over(response) == [body]
    assert closed == [response]


def test_a_stream_and_a_file_and_what_is_wrapped_are_left_to_the_server(closed):
    for response in (StreamingHttpResponse([b"a", b"b"]), FileResponse(BytesIO(b"file")), iter([b"c"])):
        assert hand_over(response) is response
    assert closed == []


def test_what_cannot_be_closed_is_told_to_the_log_and_not_to_the_reader(monkeypatch, caplog):
    def fail(_response):
        raise OSError("away")

    monkeypatch.setattr(HttpResponse, "close", fail)
    assert hand_over(HttpResponse(b"done")) == [b"done"]
    assert "could not be closed" in caplog.text
