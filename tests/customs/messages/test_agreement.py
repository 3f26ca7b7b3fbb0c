"""Our own validation and the official schemas give the same verdict, message by message."""

import copy
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from tests.customs.messages.mutations import mutated
from tests.customs.messages.oracles import retail_samples, retail_schema
from tests.customs.messages.specimens import specimen
from wms.customs.messages.ceb.editions import CEB_2018_113, CEB_2022_05
from wms.customs.messages.kinds import KINDS, Kind
from wms.customs.messages.wire.check import faults_of
from wms.customs.messages.wire.record import Edition, Shape, shape_of

pytestmark = pytest.mark.reference

MUTATIONS = 2_000
SPECIMENS = 30

RETAIL = [
    pytest.param(kind, edition, id=f"{edition.name}-{kind.code}")
    for kind in KINDS.values()
    for edition in kind.editions
    if edition in (CEB_2022_05, CEB_2018_113)
]


def reduced(path: Path, keep: int = 2) -> etree._Element:
    """A sample with at most ``keep`` of each repeated element, so that thousands of copies stay quick."""
    root = etree.fromstring(path.read_bytes(), etree.XMLParser(remove_comments=True))
    for parent in list(root.iter()):
        seen: dict[str, int] = {}
        for child in list(parent):
            seen[child.tag] = seen.get(child.tag, 0) + 1
            if seen[child.tag] > keep:
                parent.remove(child)
    return root


def disagreements(
    rng: Random, bases: list[etree._Element], schema: etree.XMLSchema, shape: Shape
) -> tuple[int, list[str]]:
    """How many of the mutated messages both accept, and each one they judge differently."""
    accepted, wrong = 0, []
    for _ in range(MUTATIONS):
        message = mutated(rng, rng.choice(bases))
        fault = next(faults_of(message, shape), None)
        official = schema.validate(message)
        accepted += official
        if official != (fault is None):
            why = str(fault or schema.error_log.last_error)
            wrong.append(f"{why}\n{etree.tostring(message, encoding='unicode')}")
    return accepted, wrong


@pytest.mark.parametrize(("kind", "edition"), RETAIL)
def test_we_and_the_official_schema_agree_on_damaged_retail_messages(kind: Kind, edition: Edition) -> None:
    """2,000 mutations of each kind, of right messages of our own making and of the official samples."""
    rng = Random(f"{kind.code} {edition.name}")
    schema, shape = retail_schema(kind.code, edition), shape_of(kind.record, edition)
    bases = [specimen(rng, kind, edition) for _ in range(SPECIMENS)]
    for base in bases:
        assert schema.validate(base), f"{schema.error_log.last_error} {etree.tostring(base)}"
        assert next(faults_of(base, shape), None) is None
    bases += [reduced(path) for path in retail_samples(edition) if path.name.startswith(kind.code)]

    accepted, wrong = disagreements(rng, bases, schema, shape)

    assert not wrong, f"{len(wrong)} of {MUTATIONS}, the first: {wrong[0]}"
    assert MUTATIONS * 0.1 < accepted < MUTATIONS * 0.9


@pytest.mark.parametrize(("kind", "edition"), RETAIL)
def test_we_and_the_official_schema_count_repeated_elements_alike(kind: Kind, edition: Edition) -> None:
    """Both sides of each edge: as many as are allowed, and one more."""
    rng = Random(kind.code)
    schema, shape = retail_schema(kind.code, edition), shape_of(kind.record, edition)
    base = specimen(rng, kind, edition)
    for tag, most in _limits(shape):
        for count in (most, most + 1):
            message = copy.deepcopy(base)
            first = next(message.iter(tag), None)
            if first is None:
                continue
            for sibling in list(first.itersiblings(tag)):
                sibling.getparent().remove(sibling)
            for _ in range(count - 1):
                first.addnext(copy.deepcopy(first))

            assert (
                schema.validate(message) == (next(faults_of(message, shape), None) is None) == (count == most)
            )


def _limits(shape: Shape) -> list[tuple[str, int]]:
    """Every repeated element with a limit, the outermost first."""
    found = []
    for item in shape.items:
        if item.repeated and item.most is not None:
            found.append((item.tag, item.most))
        if item.shape is not None:
            found += _limits(item.shape)
    return found
