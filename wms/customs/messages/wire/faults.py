"""Why a message is not taken in: one class per fault, each with its reason code and one sentence.

Faults name the element, its line and what is wanted. They repeat what was found only where that is a
number or a code: names, telephones and identity numbers never get into a sentence, because sentences
end up in logs and answers.
"""

from enum import StrEnum
from typing import ClassVar

from wms.errors import Refusal
from wms.i18n import N_


class Reason(StrEnum):
    """The five ways a message can fail at the door, in the order in which they are tried."""

    TOO_LARGE = "TOO_LARGE"
    DOCTYPE = "DOCTYPE"
    NOT_WELL_FORMED = "NOT_WELL_FORMED"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    XSD = "XSD"


NOTHING = "–"
"""Stands in a sentence where there is no namespace, no line, no element."""


class MessageRefused(Refusal):
    """A message that is kept raw and not taken in."""

    message = N_("The message is not taken in.")
    reason: ClassVar[Reason]
    status: ClassVar[int] = 422

    def __init__(self, **facts: object) -> None:
        if "line" in facts and facts["line"] is None:
            facts["line"] = NOTHING
        super().__init__(**facts)
        self.others: tuple[MessageRefused, ...] = ()


class TooLarge(MessageRefused):
    message = N_("The message has {size_bytes} bytes; at most {limit_bytes} are taken in.")
    reason = Reason.TOO_LARGE
    status: ClassVar[int] = 413


class Empty(MessageRefused):
    message = N_("The message is empty.")
    reason = Reason.NOT_WELL_FORMED


class HasDoctype(MessageRefused):
    message = N_("Line {line}: the message carries a document type declaration; such messages are not read.")
    reason = Reason.DOCTYPE


class UnknownEncoding(MessageRefused):
    message = N_("The message says its encoding is {encoding}; UTF-8, UTF-16 and GB18030 are read.")
    reason = Reason.NOT_WELL_FORMED


class WrongBytes(MessageRefused):
    message = N_("Line {line}: byte {offset} ({byte}) is not {encoding}, the encoding the message declares.")
    reason = Reason.NOT_WELL_FORMED


class ForbiddenCharacter(MessageRefused):
    message = N_("Line {line}: the character {character} may not stand in XML.")
    reason = Reason.NOT_WELL_FORMED


class NotWellFormed(MessageRefused):
    message = N_("Line {line}, column {column}: the XML is broken ({detail}).")
    reason = Reason.NOT_WELL_FORMED


class UnknownKind(MessageRefused):
    message = N_("The message begins with {root}; no message of that kind is known here.")
    reason = Reason.UNKNOWN_KIND


class SchemaFault(MessageRefused):
    """The XML is sound, but not what the message's form wants."""

    reason = Reason.XSD


class WrongNamespace(SchemaFault):
    message = N_("Line {line}, {element}: its namespace is {found}; {wanted} is wanted.")


class WrongEdition(SchemaFault):
    message = N_("{root} is no message of edition {edition}.")


class ElementMissing(SchemaFault):
    message = N_("Line {line}, {parent}: the element {element} is missing.")


class ElementUnknown(SchemaFault):
    message = N_("Line {line}, {parent}: the element {element} is not known here.")


class ElementMisplaced(SchemaFault):
    message = N_("Line {line}, {parent}: the element {element} stands in the wrong place.")


class TooManyElements(SchemaFault):
    message = N_("Line {line}, {parent}: {element} comes more often than {limit} times.")


class StrayText(SchemaFault):
    message = N_("Line {line}, {element}: text stands between the elements.")


class ElementInside(SchemaFault):
    message = N_("Line {line}, {element}: elements stand where a value is wanted.")


class AttributeUnknown(SchemaFault):
    message = N_("Line {line}, {element}: the attribute {attribute} is not known here.")


class AttributeMissing(SchemaFault):
    message = N_("Line {line}, {element}: the attribute {attribute} is missing.")


class WrongLength(SchemaFault):
    message = N_("Line {line}, {element}: {length} characters; exactly {wanted} are wanted.")


class TooShort(SchemaFault):
    message = N_("Line {line}, {element}: {length} characters; at least {wanted} are wanted.")


class TooLong(SchemaFault):
    message = N_("Line {line}, {element}: {length} characters; at most {wanted} are wanted.")


class WrongValue(SchemaFault):
    message = N_("Line {line}, {element}: {found} stands there; {wanted} is wanted.")


class NotANumber(SchemaFault):
    message = N_("Line {line}, {element}: {found} is no number.")


class NotAWholeNumber(SchemaFault):
    message = N_("Line {line}, {element}: {found} is no whole number.")


class TooManyDigits(SchemaFault):
    message = N_(
        "Line {line}, {element}: {found} has more than {total} digits or more than {fraction} decimals."
    )


class OutOfRange(SchemaFault):
    message = N_("Line {line}, {element}: {found} is outside {least} to {most}.")


class NotATime(SchemaFault):
    message = N_("Line {line}, {element}: {found} is no time of the form {wanted}.")


class NotBase64(SchemaFault):
    message = N_("Line {line}, {element}: the text is not base64.")


class MustNotBeNil(SchemaFault):
    message = N_("Line {line}, {element}: the element may not be nil.")
