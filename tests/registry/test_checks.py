"""Check digits against numbers whose owners published them and against every single slip."""

import pytest

from wms.registry.checks import (
    CREDIT_ALPHABET,
    credit_check_character,
    gtin_check_digit,
    is_credit_code,
    is_customs_code,
    is_gtin,
)

# The number printed in the text of GB 32100 itself as its example.
PUBLISHED_CREDIT_CODE = "91350100M000100Y43"


def test_the_published_credit_code_is_right() -> None:
    assert is_credit_code(PUBLISHED_CREDIT_CODE)


@pytest.mark.parametrize("place", range(18))
def test_one_wrong_letter_of_a_credit_code_is_found(place: int) -> None:
    """31 is prime and no weight is 0 modulo it, so every single slip changes the check character."""
    for letter in CREDIT_ALPHABET:
        slipped = PUBLISHED_CREDIT_CODE[:place] + letter + PUBLISHED_CREDIT_CODE[place + 1 :]
        assert is_credit_code(slipped) == (letter == PUBLISHED_CREDIT_CODE[place])


@pytest.mark.parametrize("text", ["", "91350100M000100Y4", "91350100M000100Y430", "91350100m000100Y43"])
def test_what_is_no_credit_code_at_all_is_refused(text: str) -> None:
    assert not is_credit_code(text)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_the_standard_leaves_out_are_refused(letter: str) -> None:
    assert not is_credit_code("9135010" + letter + "M000100Y43"[:10])


def test_a_check_character_asks_for_seventeen_before_it() -> None:
    with pytest.raises(ValueError, match="17"):
        credit_check_character("123")


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "10012345678902"])
def test_published_gtins_of_all_four_lengths_are_right(gtin: str) -> None:
    assert is_gtin(gtin)
    assert gtin_check_digit(gtin[:-1]) == gtin[-1]


@pytest.mark.parametrize(
    "gtin",
    ["4006381333930", "400638133393", "40063813339311", "400638133393X", "", "４００６３８１３３３９３１"],
)
def test_a_wrong_gtin_is_refused(gtin: str) -> None:
    assert not is_gtin(gtin)


@pytest.mark.parametrize(("text", "right"), [
    ("9999W6A001", True), ("9901W1A004", True), ("540166000Z", True),
    ("W999W6A001", False), ("9999w6a001", False), ("9999W6A00", False), ("9999W6A0011", False),
])  # fmt: skip
def test_a_customs_code_is_known_by_its_shape(text: str, right: bool) -> None:
    assert is_customs_code(text) is right
