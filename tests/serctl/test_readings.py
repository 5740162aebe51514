from __future__ import annotations

from serctl.readings import SOURCES, Number, numbers_of

T_STATS, SL_STATS, UL_STATS = SOURCES


def pairs(numbers: list[Number]) -> dict[str, int]:
    assert len({number.name for number in numbers}) == len(numbers)
    return {number.name: number.value for number in numbers}


def test_transactions() -> None:
    text = (
        "Current: 2 (1 waiting) Total: 12 (3 local)       \n"
        "Replied localy: 9      \n"
        "Completion status 6xx: 0, 5xx: 0, 4xx: 3, 3xx: 0,2xx: 8      \n"
    )
    numbers = numbers_of(T_STATS, text)
    assert pairs(numbers) == {
        "Current": 2,
        "waiting": 1,
        "Total": 12,
        "local": 3,
        "Replied localy": 9,
        "6xx": 0,
        "5xx": 0,
        "4xx": 3,
        "3xx": 0,
        "2xx": 8,
    }
    assert [number.name for number in numbers if number.is_gauge] == ["Current", "waiting"]
    assert numbers[0].section == "Transaction Statistics"


def test_replies_without_state() -> None:
    text = "200: 5 202: 0 2xx: 1      \n300: 2\nxxx: 0      \nfailures: 4      \n"
    expected = {"200": 5, "202": 0, "2xx": 1, "300": 2, "xxx": 0, "failures": 4}
    assert pairs(numbers_of(SL_STATS, text)) == expected


def test_registrations() -> None:
    numbers = numbers_of(UL_STATS, "Domain Registered Expired\n'aliases' 0 0\n'location' 3 1\n")
    assert pairs(numbers) == {
        "aliases users": 0,
        "aliases expired": 0,
        "location users": 3,
        "location expired": 1,
    }
    assert [number.is_gauge for number in numbers] == [True, False, True, False]


def test_rubbish_has_no_numbers() -> None:
    assert all(numbers_of(source, "nothing to see\n") == [] for source in SOURCES)
