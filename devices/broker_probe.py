"""Tries a broker hard before it goes into service: what it promises beside what it keeps.

Uses throw-away client ids and topics below `<gateway>-probe/`; kills nothing. Each finding is one sentence.
"""

import secrets
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devices.adapter import ProbeReport
from devices.registry import Broker

BACKLOG = 1500
RECEIVE_MAX = 50
_WAIT_SECONDS = 10.0


class _Peer:
    """One probing client: collects what arrives, acknowledges only when told."""

    def __init__(self, broker: Broker, name: str, *, session_seconds: int = 0, receive_max: int = 0) -> None:
        is_five = broker.protocol != "3.1.1"
        self.arrived: list[mqtt.MQTTMessage] = []
        self.published = 0
        self.refusals: list[str] = []
        self.connected = threading.Event()
        self.subscribed = threading.Event()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=mqtt.MQTTv5 if is_five else mqtt.MQTTv311,
            clean_session=None if is_five else not session_seconds,
            manual_ack=True,
        )
        if broker.username is not None:
            file = broker.password_file
            self.client.username_pw_set(broker.username, file.read_text().strip() if file else None)
        if broker.ca_file is not None:
            cert, key = (str(one) if one else None for one in (broker.cert_file, broker.key_file))
            self.client.tls_set(ca_certs=str(broker.ca_file), certfile=cert, keyfile=key)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _client, _data, message: self.arrived.append(message)
        self.client.on_publish = self._on_publish
        wishes = None
        if is_five:
            wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            wishes.SessionExpiryInterval = session_seconds
            if receive_max:
                wishes.ReceiveMaximum = receive_max
        clean: Any = {"clean_start": not session_seconds} if is_five else {}
        self.client.connect(broker.host, broker.port, keepalive=15, properties=wishes, **clean)
        self.client.loop_start()
        if not self.connected.wait(_WAIT_SECONDS):
            raise ConnectionError("the broker took the connection but never answered")
        if self.refusals:
            raise ConnectionError(self.refusals[0])

    def subscribe(self, topic: str) -> None:
        self.subscribed.clear()
        self.client.subscribe(topic, qos=1)
        self.subscribed.wait(_WAIT_SECONDS)

    def close(self, *, politely: bool = True) -> None:
        if politely:
            self.client.disconnect()
        elif (connection := self.client.socket()) is not None:
            connection.close()
        self.client.loop_stop()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refusals.append(str(reason))
        self.connected.set()

    def _on_publish(self, _client: Any, _data: Any, _mid: Any, reason: Any, _properties: Any) -> None:
        self.published += 1
        if reason.is_failure:
            self.refusals.append(str(reason))


def probe_broker(broker: Broker) -> ProbeReport:
    """Queue limit, Receive Maximum, retained, will and access rules of a broker."""
    tag = secrets.token_hex(4)
    findings: list[str] = []
    try:
        good = [
            _queue_limit(broker, tag, findings),
            _receive_maximum(broker, tag, findings),
            _retained(broker, tag, findings),
            _will(broker, tag, findings),
        ]
        _access(broker, tag, findings)
    except OSError as error:
        return ProbeReport(good=False, findings=(*findings, f"The broker cannot be used: {error}."))
    return ProbeReport(good=all(good), findings=tuple(findings))


def _until(met: Any, *, seconds: float = _WAIT_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if met():
            return True
        time.sleep(0.02)
    return bool(met())


def _queue_limit(broker: Broker, tag: str, findings: list[str]) -> bool:
    """Whether an absent gateway with a session is kept as many messages as were promised."""
    topic, name = f"probe-{tag}/queue", f"probe-{tag}-absent"
    absent = _Peer(broker, name, session_seconds=60)
    absent.subscribe(topic)
    absent.close()
    speaker = _Peer(broker, f"probe-{tag}-speaker")
    for number in range(BACKLOG):
        speaker.client.publish(topic, str(number), qos=1)
    _until(lambda: speaker.published >= BACKLOG, seconds=30)
    back = _Peer(broker, name, session_seconds=60)
    acked = 0

    def all_here() -> bool:
        nonlocal acked
        while acked < len(back.arrived):
            back.client.ack(back.arrived[acked].mid, 1)
            acked += 1
        return acked >= BACKLOG

    whole = _until(all_here, seconds=5)
    back.close()
    _Peer(broker, name).close()  # a clean start ends the session, so that it hoards nothing
    speaker.close()
    findings.append(f"Queue: {speaker.published} promised while the gateway was away, {acked} delivered.")
    if not whole:
        findings.append(
            "Set max_queued_messages 0 with max_queued_bytes; as it is, readings are lost silently."
        )
    return whole


def _receive_maximum(broker: Broker, tag: str, findings: list[str]) -> bool:
    if broker.protocol == "3.1.1":
        findings.append("Receive Maximum: not part of MQTT 3.1.1.")
        return True
    topic = f"probe-{tag}/window"
    slow = _Peer(broker, f"probe-{tag}-slow", receive_max=RECEIVE_MAX)
    slow.subscribe(topic)
    speaker = _Peer(broker, f"probe-{tag}-fast")
    for number in range(RECEIVE_MAX * 3):
        speaker.client.publish(topic, str(number), qos=1)
    _until(lambda: len(slow.arrived) >= RECEIVE_MAX)
    time.sleep(0.5)
    unacked = len(slow.arrived)
    slow.close()
    speaker.close()
    findings.append(f"Receive Maximum {RECEIVE_MAX}: {unacked} sent without an acknowledgement.")
    return 0 < unacked <= RECEIVE_MAX


def _retained(broker: Broker, tag: str, findings: list[str]) -> bool:
    topic = f"probe-{tag}/state"
    speaker = _Peer(broker, f"probe-{tag}-state")
    speaker.client.publish(topic, "ready", qos=1, retain=True)
    _until(lambda: speaker.published)
    late = _Peer(broker, f"probe-{tag}-late")
    late.subscribe(topic)
    kept = _until(lambda: bool(late.arrived) and late.arrived[0].retain, seconds=3)
    speaker.client.publish(topic, b"", qos=1, retain=True)
    _until(lambda: speaker.published >= 2, seconds=3)
    late.close()
    speaker.close()
    findings.append(f"Retained: {'delivered to a late subscriber' if kept else 'NOT delivered'}.")
    return kept


def _will(broker: Broker, tag: str, findings: list[str]) -> bool:
    topic = f"probe-{tag}/will"
    watcher = _Peer(broker, f"probe-{tag}-watcher")
    watcher.subscribe(topic)
    mortal = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"probe-{tag}-mortal")
    mortal.will_set(topic, "lost", qos=1)
    if broker.username is not None:
        file = broker.password_file
        mortal.username_pw_set(broker.username, file.read_text().strip() if file else None)
    if broker.ca_file is not None:
        cert, key = (str(one) if one else None for one in (broker.cert_file, broker.key_file))
        mortal.tls_set(ca_certs=str(broker.ca_file), certfile=cert, keyfile=key)
    mortal.connect(broker.host, broker.port, keepalive=15)
    for _turn in range(20):
        mortal.loop(timeout=0.05)
    if (connection := mortal.socket()) is not None:
        connection.close()
    told = _until(lambda: bool(watcher.arrived), seconds=5)
    watcher.close()
    findings.append(f"Will: {'told after a broken connection' if told else 'NOT told'}.")
    return told


def _access(broker: Broker, tag: str, findings: list[str]) -> None:
    """May this identity speak for another gateway? A warning only: a loopback broker need not forbid it."""
    forged = f"bz/forged-{tag}/site/other/telemetry"
    listener = _Peer(broker, f"probe-{tag}-forged")
    listener.subscribe(forged)
    listener.client.publish(forged, "forged", qos=1)
    through = _until(lambda: bool(listener.arrived), seconds=2)
    refused = listener.refusals[:1]
    listener.close()
    if through:
        findings.append(
            "Access: a topic of another gateway can be written; ship the ACL file with this broker."
        )
    else:
        findings.append(f"Access: a forged topic does not arrive ({refused[0] if refused else 'silently'}).")
