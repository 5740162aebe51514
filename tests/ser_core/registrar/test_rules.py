from ser_core.registrar.rules import Refused, bad_request, server_error, unavailable


def test_refusals_have_the_reasons_of_ser() -> None:
    made = [bad_request(b"a"), server_error(b"b"), unavailable(b"c")]
    assert [(refused.status, refused.reason, refused.text) for refused in made] == [
        (400, b"Bad Request", b"a"),
        (500, b"Server Internal Error", b"b"),
        (503, b"Service Unavailable", b"c"),
    ]


def test_a_refusal_reads_as_its_text() -> None:
    assert str(Refused(423, b"Interval Too Brief", b"too brief")) == "too brief"
