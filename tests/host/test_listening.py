"""Where `platea web` listens, and whose word about visitors it believes."""

import pytest

from webapp.access.signing_in import throttle
from webapp.cli.host import address_to_listen_on
from webapp.config import WrongSetting, from_environment
from webapp.crypto import new_key

NEEDED = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PLATEA_SECRET_KEY": new_key(),
    "PLATEA_TOKEN_KEYS": new_key(),
}


def test_nobody_else_is_listened_to_unless_the_host_hands_out_a_port():
    assert address_to_listen_on(None, {}) == "127.0.0.1"
    assert address_to_listen_on(None, {"PORT": ""}) == "127.0.0.1"
    assert address_to_listen_on(None, {"PORT": "5000"}) == "0.0.0.0"
    assert address_to_listen_on("10.0.0.4", {"PORT": "5000"}) == "10.0.0.4"


def test_no_proxy_is_believed_unless_it_is_declared():
    assert from_environment(NEEDED).proxies == 0
    assert from_environment({**NEEDED, "PLATEA_PROXIES": "2"}).proxies == 2


@pytest.mark.parametrize("wrong", ["-1", "6", "uno", "1.5", "10.0.0.1", "²", "1" * 400])
def test_a_wrong_number_of_proxies_stops_the_start_in_words(wrong):
    with pytest.raises(WrongSetting, match="PLATEA_PROXIES dice quanti proxy ci sono davanti a Platea"):
        from_environment({**NEEDED, "PLATEA_PROXIES": wrong})


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:aa:1::5", "2001:db8:aa:1::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_the_network_of_a_visitor(address, network):
    assert throttle.network(address) == network
