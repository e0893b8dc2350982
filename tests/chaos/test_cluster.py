"""Clients of the day in production stay within the limits of one address, and check the certificate."""

from __future__ import annotations

import ssl
from collections import Counter
from ipaddress import ip_address

import pytest
from deploy.local import proxy

from tests.chaos.cluster import Cluster, Sources

pytestmark = pytest.mark.once


def test_no_address_asks_more_often_than_one_may():
    sources = Sources()
    taken = Counter(sources.take() for _ in range(205))

    assert all(ip_address(address).is_loopback for address in taken)
    assert sorted(taken.values()) == [5, *[20] * 10]


def test_clients_come_from_there_and_check_the_certificate(tmp_path):
    folder = tmp_path / "nginx"
    folder.mkdir()
    proxy.make_certificate(folder)
    site = Cluster(tmp_path, 1, {}, {}, None)

    client = site.open_connection(1)

    assert client.source_address == ("127.1.0.2", 0)
    assert site.trust.verify_mode is ssl.CERT_REQUIRED
    assert site.trust.check_hostname is True
