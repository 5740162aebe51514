from __future__ import annotations

import pytest

from ser_core.fifo.reach import NoReply
from tests.support.serctl_runs import FakeSer, serctl

JOE = "sip:joe@10.0.0.9"
OK = "200 OK\n.\n.\n.\nVia: SIP/2.0/UDP 10.0.0.1\r\n\r\n\n"
REFUSED = OK.replace("200 OK", "489 Bad Event")


@pytest.mark.parametrize(
    ("reply", "line", "status"),
    [
        (OK, f"{JOE}\tok\t200\tOK\n", 0),
        (REFUSED, f"{JOE}\trefused\t489\tBad Event\n", 1),
        (NoReply("none"), f"{JOE}\tsilence\t408\tno answer\n", 4),
    ],
)
def test_it_tells_what_the_phone_says(reply: str | Exception, line: str, status: int) -> None:
    ser = FakeSer(t_uac_dlg=reply)
    run = serctl("-y", "cisco_restart", JOE, ser=ser)
    assert (run.stdout, run.status) == (line, status)
    assert ser.requests[0][1] == "NOTIFY"
    assert "Event: check-sync" in ser.requests[0][4]


def test_it_asks_before() -> None:
    ser = FakeSer(t_uac_dlg=OK)
    run = serctl("cisco_restart", JOE, ser=ser, asked=True, stdin="n\n")
    assert run.status == 1
    assert run.stderr.startswith(f"Restart {JOE}? [y/N] ")
    assert ser.requests == []
    assert serctl("cisco_restart", JOE, ser=ser, asked=True, stdin="y\n").status == 0


def test_nobody_can_be_asked_in_a_script() -> None:
    assert serctl("cisco_restart", JOE).status == 2


def test_all_contacts_of_a_user_are_restarted() -> None:
    contacts = f"200 OK\n<{JOE}>;q=1;expires=60\n<sip:joe@10.0.0.8>;q=;expires=60\n"
    ser = FakeSer(ul_show_contact=contacts, t_uac_dlg=OK)
    run = serctl("-y", "-F", "raw", "cisco_restart", "joe", ser=ser)
    assert run.stdout == "200 OK\n200 OK\n"
    assert sorted(request[2] for request in ser.requests[1:]) == ["sip:joe@10.0.0.8", JOE]


def test_dry_run_for_a_user_shows_who_is_asked_for() -> None:
    run = serctl("--dry-run", "cisco_restart", "joe")
    assert (run.status, run.stdout) == (0, ":ul_show_contact:serctl\nlocation\njoe\n\n")
    assert "then t_uac_dlg" in run.stderr


def test_dry_run_shows_the_request() -> None:
    run = serctl("--dry-run", "cisco_restart", JOE)
    assert run.stdout.startswith(f":t_uac_dlg:serctl\nNOTIFY\n{JOE}\n.\n")
