from __future__ import annotations

from tests.support.serctl_runs import FakeSer, serctl
from tests.support.ul_list import UlList, registration

NOBODY = "404 Username joe in table aliases not found\n"
ADDED = "200 Added to table\n('00441234','sip:joe@example.com') to 'aliases'\n"
ONE = "200 OK\n<sip:joe@example.com>;q=1;expires=2147483647\n"


def test_show_all() -> None:
    ser = FakeSer(ul_list=UlList([registration("00441234")]))
    run = serctl("alias", "show", ser=ser)
    assert run.stdout.startswith("00441234\tsip:00441234@192.0.2.9\t")
    assert ser.requests[0][1] == "table=aliases"


def test_show_one() -> None:
    ser = FakeSer(ul_show_contact=ONE)
    run = serctl("alias", "show", "00441234@example.com", ser=ser)
    assert run.stdout == "sip:joe@example.com\t1\tpermanent\t\n"
    assert ser.requests == [("ul_show_contact", "aliases", "00441234@example.com")]


def test_add() -> None:
    ser = FakeSer(ul_show_contact=NOBODY, ul_add=ADDED)
    run = serctl("alias", "add", "00441234@example.com", "sip:joe@example.com", ser=ser)
    assert (run.status, run.stdout) == (0, ADDED)
    assert ser.requests[-1][1:4] == ("aliases", "00441234@example.com", "sip:joe@example.com")
    assert ser.requests[-1][4:] == ("0", "1.00", "0", "128")


def test_an_alias_that_is_there_already_is_left_alone() -> None:
    ser = FakeSer(ul_show_contact=ONE, ul_add=ADDED)
    run = serctl("alias", "add", "00441234@example.com", "sip:bob@example.com", ser=ser)
    assert run.status == 1
    assert "there is an alias 00441234@example.com already" in run.stderr
    assert len(ser.requests) == 1


def test_add_where_ser_cfg_has_no_aliases_says_so() -> None:
    refusal = (
        '400 Table \'aliases\' not found in memory, use save("aliases") or lookup("aliases") in '
        "the configuration script first\n"
    )
    ser = FakeSer(ul_show_contact="400 table (aliases) not found\n", ul_add=refusal)
    run = serctl("alias", "add", "a@example.com", "sip:joe@example.com", ser=ser)
    assert run.status == 1
    assert 'lookup("aliases")' in run.stderr


def test_rm() -> None:
    ser = FakeSer(ul_show_contact=ONE, ul_rm="200 user (aliases, 00441234) deleted\n")
    run = serctl("alias", "rm", "00441234", ser=ser, stdin="y\n", asked=True)
    assert run.status == 0
    assert run.stderr == "Remove 00441234 with 1 contact from aliases? [y/N] "
    assert ser.requests[-1] == ("ul_rm", "aliases", "00441234")
