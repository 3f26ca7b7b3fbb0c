"""A technician in Lhasa reads in Chinese why a device is lost."""

import pytest

from wms.i18n import translate
from wms.sensing.device_words import in_words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "The broker 127.0.0.1:1883 cannot be reached: [Errno 111] Connection refused",
            "无法连接消息代理 127.0.0.1:1883：连接被拒绝。",
        ),
        ("The port /dev/ttyUSB0 has gone: [Errno 19] No such device", "/dev/ttyUSB0 失去连接：没有此设备。"),
        ("There is no port /dev/ttyUSB0.", "没有端口 /dev/ttyUSB0，请检查连线。"),
        ("Silent for 12.5 minutes.", "已 12.5 分钟没有数据。"),
        (
            "The warehouse at http://127.0.0.1:8000 does not answer: TimeoutError('timed out')",
            "仓库系统 http://127.0.0.1:8000 没有应答：超时未答。",
        ),
    ],
)
def test_a_reason_is_told_in_chinese(said: str, shown: str) -> None:
    """The form is known, its addresses and numbers stay as they are."""
    sentence = in_words(said)

    assert translate(sentence.text, "zh_Hans", **sentence.facts) == shown


def test_a_reason_of_no_known_form_stays_as_it_was_said() -> None:
    """A newer gateway may say more than this warehouse knows."""
    assert str(in_words("Something {odd} happened.")) == "Something {odd} happened."
