"""The form of an XML signature (the W3C's XMLDSig core schema), checked and kept as canonical XML.

Only the form is checked here; whether a signature is true is asked in ``signing``. The content of an element
is a pattern over its children's names, each followed by a blank; ``any`` is a child of another namespace.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.forms import shown
from wms.customs.messages.wire.xml import BLANKS, HINTS, Element, local, namespace

DS: Final = "http://www.w3.org/2000/09/xmldsig#"

_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NAME = re.compile(r"[^\W\d][\w.\-·]*")
_PLAIN: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=]"
_ESCAPED: Final = r"%[0-9A-Fa-f]{2}"
_SEGMENT: Final = rf"(?:{_PLAIN}|[:@]|{_ESCAPED})*"
_AUTHORITY: Final = rf"(?:(?:{_PLAIN}|:|{_ESCAPED})*@)?(?:\[[^\]]*\]|(?:{_PLAIN}|{_ESCAPED})*)(?::\d+)?"
_URI = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?://{_AUTHORITY}(?:/{_SEGMENT})*|(?!//){_SEGMENT}(?:/{_SEGMENT})*)"
    rf"|//{_AUTHORITY}(?:/{_SEGMENT})*|(?!//)(?:{_PLAIN}|@|{_ESCAPED})*(?:/{_SEGMENT})*)"
    rf"(?:\?(?:{_PLAIN}|[:@/?]|{_ESCAPED})*)?(?:\#(?:{_PLAIN}|[:@/?\[\]]|{_ESCAPED})*)?"
)
_ODD = re.compile(r'[^!-~]|[<>"{}|\\^`]')


def is_uri(text: str) -> bool:
    """Whether the text is a URI or a reference to one; characters of other scripts are taken as escaped."""
    return _URI.fullmatch(_ODD.sub("_", text.strip(BLANKS))) is not None


def is_base64(text: str) -> bool:
    """Whether the text is base64; characters outside the alphabet are passed over, as decoders do."""
    body, equals, tail = text.partition("=")
    digits = [_BASE64.index(letter) for letter in body if letter in _BASE64]
    if any(letter in _BASE64 for letter in tail):
        return False
    padding = len(equals) + tail.count("=")
    if padding == 0:
        return len(digits) % 4 == 0
    if padding == 1:
        return len(digits) % 4 == 3 and digits[-1] % 4 == 0
    return padding == 2 and len(digits) % 4 == 2 and digits[-1] % 16 == 0


def is_name(text: str) -> bool:
    """Whether the text can be an ``Id``."""
    return _NAME.fullmatch(text.strip(BLANKS)) is not None


def _anything(text: str) -> bool:
    del text
    return True


_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


def _is_whole(text: str) -> bool:
    return _WHOLE.fullmatch(text.strip(BLANKS)) is not None


@dataclass(frozen=True, kw_only=True)
class _Node:
    content: str | None = None
    """A pattern over children; ``None`` is a single value."""
    value: Callable[[str], bool] = _anything
    mixed: bool = False
    required: tuple[str, ...] = ()
    optional: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)


_METHOD: Final = _Node(content="", mixed=True, required=("Algorithm",))
_BINARY: Final = _Node(value=is_base64)
_TEXT: Final = _Node()
_REFERENCE_ATTRIBUTES: Final = {"Id": is_name, "URI": is_uri, "Type": is_uri}

_NODES: Final[Mapping[str, _Node]] = {
    "Signature": _Node(content="SignedInfo SignatureValue (KeyInfo )?", optional={"Id": is_name}),
    "SignedInfo": _Node(content="CanonicalizationMethod SignatureMethod (Reference )+"),
    "CanonicalizationMethod": _METHOD,
    "SignatureMethod": _METHOD,
    "DigestMethod": _METHOD,
    "Reference": _Node(content="(Transforms )?DigestMethod DigestValue ", optional=_REFERENCE_ATTRIBUTES),
    "Transforms": _Node(content="(Transform )+"),
    "Transform": _Node(content="((any|XPath) )*", mixed=True, required=("Algorithm",)),
    "XPath": _TEXT,
    "DigestValue": _BINARY,
    "SignatureValue": _BINARY,
    "KeyInfo": _Node(
        content="((KeyName|KeyValue|RetrievalMethod|X509Data|PGPData|SPKIData|MgmtData|any) )+", mixed=True
    ),
    "KeyName": _TEXT,
    "MgmtData": _TEXT,
    "KeyValue": _Node(content="(DSAKeyValue|RSAKeyValue|any) ", mixed=True),
    "RSAKeyValue": _Node(content="Modulus Exponent "),
    "Modulus": _BINARY,
    "Exponent": _BINARY,
    "DSAKeyValue": _Node(content="(P Q )?(G )?Y (J )?(Seed PgenCounter )?"),
    **dict.fromkeys(("P", "Q", "G", "Y", "J", "Seed", "PgenCounter"), _BINARY),
    "RetrievalMethod": _Node(content="(Transforms )?", optional={"URI": is_uri, "Type": is_uri}),
    "X509Data": _Node(content="((X509IssuerSerial|X509SKI|X509SubjectName|X509Certificate|X509CRL|any) )+"),
    "X509IssuerSerial": _Node(content="X509IssuerName X509SerialNumber "),
    "X509IssuerName": _TEXT,
    "X509SubjectName": _TEXT,
    "X509SerialNumber": _Node(value=_is_whole),
    **dict.fromkeys(("X509SKI", "X509Certificate", "X509CRL"), _BINARY),
    "PGPData": _Node(content="(PGPKeyID (PGPKeyPacket )?|PGPKeyPacket )(any )*"),
    "PGPKeyID": _BINARY,
    "PGPKeyPacket": _BINARY,
    "SPKIData": _Node(content="(SPKISexp (any )?)+"),
    "SPKISexp": _BINARY,
}


def signature_faults(element: Element, name: str) -> list[faults.SchemaFault]:
    """The faults of a ``ds:Signature`` element."""
    return list(_faults(element, _NODES[name]))


def _faults(element: Element, node: _Node) -> Iterator[faults.SchemaFault]:
    name, line = local(element.tag), element.sourceline
    yield from _attribute_faults(element, node)
    if node.content is None:
        if len(element):
            yield faults.ElementInside(element=name, line=line)
        elif not node.value(element.text or ""):
            yield faults.NotBase64(element=name, line=line)
        return
    if not node.mixed and _has_text(element):
        yield faults.StrayText(element=name, line=line)
    names = [_name_of(child) for child in element]
    if re.fullmatch(node.content, "".join(f"{child} " for child in names)) is None:
        yield faults.WrongValue(
            element=name,
            line=line,
            found=" ".join(names) or faults.NOTHING,
            wanted=node.content or faults.NOTHING,
        )
        return
    for child, child_name in zip(element, names, strict=True):
        if child_name != "any":
            yield from _faults(child, _NODES[child_name])


def _name_of(child: Element) -> str:
    """The name of a signature's own element, "any" for a foreign one; one without namespace is neither."""
    own = namespace(child.tag)
    if own == DS:
        return local(child.tag)
    return "any" if own else "none"


def _has_text(element: Element) -> bool:
    if element.text and element.text.strip(BLANKS):
        return True
    return any(child.tail and child.tail.strip(BLANKS) for child in element)


def _attribute_faults(element: Element, node: _Node) -> Iterator[faults.SchemaFault]:
    name, line = local(element.tag), element.sourceline
    for required in node.required:
        if element.get(required) is None:
            yield faults.AttributeMissing(element=name, line=line, attribute=required)
    for key, text in element.attrib.items():
        if key in HINTS:
            continue
        check = is_uri if key in node.required else node.optional.get(key)
        if check is None:
            yield faults.AttributeUnknown(element=name, line=line, attribute=local(key))
        elif not check(text):
            yield faults.WrongValue(element=f"{name}/@{key}", line=line, found=shown(text), wanted="URI")
