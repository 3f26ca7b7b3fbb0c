"""The double random draw: risk is preferred, conflicts are left out, and a stranger draws it again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from config.customs_rules import CustomsRules
from config.inspection_rules import NoRules, Weights
from wms.customs.double_random import (
    Inspector,
    Population,
    PublishedDraw,
    Subject,
    SubjectKind,
    choose_officers,
    commitment_of,
    draw,
    dump,
    load_population,
    population_hash,
    rate_of,
    read_published,
    verify,
    write_published,
)

RULES = CustomsRules.load().inspection
WEIGHTS = Weights(
    valid_from=date(2026, 4, 1),
    base={"regular": Decimal("0.05"), "certified": Decimal("0.02"), "unknown": Decimal("0.10")},
    hs={"0406": Decimal("1.5"), "04": Decimal(3)},
    origin={"125": Decimal(2)},
    first_import=Decimal(2),
    each_finding=Decimal("0.5"),
    findings_max=2,
)


def subject(number: str = "L1", **other: object) -> Subject:
    plain = Subject(
        kind=SubjectKind.RETAIL_DECLARATION,
        number=number,
        company="9999W00001",
        credit="regular",
        hs=("0902409000",),
        origins=("601",),
        first_import=False,
        findings=0,
    )
    return replace(plain, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        ({}, "0.05"),
        ({"credit": "certified"}, "0.02"),
        ({"credit": "never heard of"}, "0.10"),
        ({"hs": ("0406900000",)}, "0.075"),
        ({"hs": ("0401000000", "0406900000")}, "0.15"),
        ({"origins": ("125", "601")}, "0.10"),
        ({"first_import": True}, "0.10"),
        ({"findings": 1}, "0.075"),
        ({"findings": 9}, "0.10"),
        ({"hs": ("0401000000",), "origins": ("125",), "first_import": True, "findings": 2}, "1"),
    ],
)
def test_risk_raises_the_rate_and_nothing_raises_it_above_one(facts: dict[str, object], rate: str) -> None:
    """The longest tariff beginning counts, the riskiest line of several."""
    assert rate_of(subject(**facts), WEIGHTS) == Fraction(rate)


def population(count: int, *, officers: int = 2) -> Population:
    return Population(
        subjects=tuple(subject(f"L{number:05d}") for number in range(count)),
        inspectors=(
            Inspector(officer_id=1, conflicts=("9999W00001",)),
            *(Inspector(officer_id=number, conflicts=()) for number in (2, 3, 4)),
        ),
        weights=WEIGHTS,
        officers=officers,
    )


def test_about_the_rate_is_drawn_and_another_seed_draws_others() -> None:
    """Of 4,000 at 5 % some 200, in whatever order they stand."""
    people = population(4000)

    first, second = draw(people, seed="a"), draw(people, seed="b")
    turned = replace(people, subjects=people.subjects[::-1])

    assert 150 < len(first) < 250
    assert {each.number for each in first} != {each.number for each in second}
    assert draw(turned, seed="a") == first


def test_an_officer_with_a_conflict_is_never_drawn_and_the_rest_take_turns() -> None:
    """One's own firm and the last visit are conflicts; two officers go together."""
    drawn = draw(population(4000), seed="a")
    sent = [officer for each in drawn for officer in each.officers]

    assert all(len(set(each.officers)) == 2 for each in drawn)
    assert 1 not in sent
    assert {2, 3, 4} == set(sent)
    assert min(sent.count(each) for each in (2, 3, 4)) > len(sent) / 5


def test_where_conflicts_leave_too_few_officers_the_draw_names_who_is_left() -> None:
    inspectors = [Inspector(officer_id=1, conflicts=("C",)), Inspector(officer_id=2, conflicts=())]
    chosen = choose_officers(
        inspectors, seed="s", kind=SubjectKind.BATCH, number="A/1", company="C", wanted=2
    )

    assert chosen == (2,)


def published() -> PublishedDraw:
    people = population(300)
    found = population_hash(people)
    return PublishedDraw(
        number="D1",
        seed="0f",
        population_hash=found,
        commitment=commitment_of(seed="0f", hash_of_population=found),
        population=people,
        drawn=tuple(draw(people, seed="0f")),
    )


def test_a_stranger_with_the_published_file_draws_the_same() -> None:
    """Read back from its bytes, nothing but hashes is needed."""
    assert verify(read_published(write_published(published()))) == []


def test_a_population_reads_back_as_it_was() -> None:
    people = population(3)

    assert population_hash(load_population(dump(people))) == population_hash(people)


def test_whoever_changes_a_draw_afterwards_is_found_out() -> None:
    """Seed, population, weights, drawn objects and officers are all bound."""
    good = published()
    assert len(good.drawn) > 2
    first, *rest = good.drawn
    friend = replace(good.population.subjects[0], credit="certified")
    changed = replace(good.population, subjects=(friend, *good.population.subjects[1:]))
    softer = replace(good.population, weights=replace(WEIGHTS, first_import=Decimal(1)))

    assert verify(replace(good, seed="10"))
    assert verify(replace(good, population=changed))
    assert verify(replace(good, population=softer))
    assert verify(replace(good, drawn=tuple(rest)))
    assert verify(replace(good, drawn=(replace(first, officers=(4, 4)), *rest)))


def test_the_site_s_own_weights_order_the_credit_classes() -> None:
    """Better credit is never drawn more often, and before the rules begin there are none."""
    weights = RULES.weights_on(date(2026, 11, 26))
    order = ("advanced_certified", "certified", "regular", "dishonest", "seriously_dishonest")
    rates = [rate_of(subject(credit=each), weights) for each in order]

    assert rates == sorted(rates)
    assert rates[0] * 5 <= rates[2]
    with pytest.raises(NoRules):
        RULES.weights_on(date(2026, 3, 31))
