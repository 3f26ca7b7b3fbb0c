"""The small forms inside a signature, each side of each edge; the verdicts are libxml2's."""

from collections.abc import Callable

import pytest
from lxml import etree

from wms.customs.messages.ceb.signature_form import is_base64, is_name, is_uri

_SCHEMA = etree.XMLSchema(
    etree.fromstring(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:complexType>'
        '<xs:attribute name="uri" type="xs:anyURI"/><xs:attribute name="base64" type="xs:base64Binary"/>'
        '<xs:attribute name="id" type="xs:ID"/></xs:complexType></xs:element></xs:schema>'
    )
)
URIS = (
    " |a b|%zz|%41|%|藏|#|1:2|a:2|a:|://|http://a/b#c#d|x[y]|http://[::1]/|http://[zz]/|http://a:99x/|//a|?"
    "|a?b?c|a^b|http://a b/|a/1:2|./1:2|é:b|a\\b|http://a:/|http://@/|urn:x|1.0|http:|/|//|///|http:///x"
    "|a;b=c|http://藏/|a?[|#[|[|]|a]b|@|http://a@b@c/|http://%zz/|x:%zz"
)
BASE64 = "|AAAA|AAA|AA|A|AQ==|AR==|AQI=|AQJ=|AQ=|A===|====|=|AA=A|A!QID|A Q I D|AQID AQ==|AQ==AQ=="
NAMES = "a|1|a1|_x|a:b|a b|藏|-a|a-|a.b|é| a "


@pytest.mark.parametrize(
    ("attribute", "check", "text"),
    [("uri", is_uri, text) for text in URIS.split("|")]
    + [("base64", is_base64, text) for text in BASE64.split("|")]
    + [("id", is_name, text) for text in NAMES.split("|")],
)
def test_a_form_inside_a_signature_is_judged_as_the_schema_language_judges_it(
    attribute: str, check: Callable[[str], bool], text: str
) -> None:
    element = etree.Element("a")
    element.set(attribute, text)

    assert check(text) == _SCHEMA.validate(element)
