"""Sensors behind an MQTT broker: MQTT ends here.

A message is acknowledged to the broker only after the spool's commit, and only on the connection that brought
it: a late acknowledgement would, on a new connection, confirm another message that nobody has kept. One
thread does all of a connection's work, so "this connection" is never a race. Loggers that number their
messages get a receipt on `<topic>/receipt` after the commit and repeat what was not receipted, so that not
even a broker that forgets what it has promised can lose their readings.

Reconnects: by the runner; the session is kept by the broker under a fixed client id.
Malformed, unknown device, forged topic, over 64 KiB: a dead letter, acknowledged, counted, in nobody's way.
Clock: the sensor's when it sends one, marked uncertain when it cannot be right; the memory of a sensor whose clock was
seen right is trusted. Duplicate: known by the
logger's number, by content with a time, or by the broker's mark. Long silence: `silent_minutes_max`.
Recorded payloads: tests/payloads/mqtt.
"""

import json
import select
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from devices.adapter import ProbeReport, Unavailable
from devices.facts import Delivery, Event, Fact, Once, now, trust_memory
from devices.mqtt_client import BufferedClient
from devices.mqtt_payloads import Read, Unreadable, printable, read_message
from devices.registry import Broker, Sensor

KEEPALIVE_SECONDS = 30
SESSION_SECONDS = 7 * 24 * 3600
CONNECT_SECONDS = 5.0
RECEIPT_SECONDS = 0.2
_ROUND_SECONDS = 0.02
_MESSAGES_A_ROUND = 200


class _Kept(NamedTuple):
    """A message the spool has committed: on which connection to acknowledge it, and what to receipt."""

    connection: int
    mid: int
    qos: int
    topic: str
    number: tuple[str, int] | None


class BrokerAdapter:
    """One broker with its declared sensors."""

    def __init__(self, settings: Broker, sensors: tuple[Sensor, ...], *, client_id: str) -> None:
        self._settings = settings
        self._sensors = {sensor.topic: sensor for sensor in sensors}
        self._client_id = client_id
        self.names: tuple[str, ...] = (settings.id, *(sensor.id for sensor in sensors))
        self.errors = 0
        self.stale_acks_dropped = 0
        self._connection = 0
        self._client: BufferedClient | None = None
        self._arrived: deque[mqtt.MQTTMessage] = deque()
        self._kept: deque[_Kept] = deque()
        self._receipts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._receipted_at = 0.0
        self._good_clocks: dict[str, bool] = {}
        self._refusal: str | None = None
        self._ready = False
        self._is_five = settings.protocol != "3.1.1"

    def open(self) -> None:
        """Connects and subscribes; raises Unavailable with the broker's own reason."""
        self._connection += 1
        self._arrived.clear()
        self._ready, self._refusal = False, None
        self._client = self._make_client()
        try:
            self._connect(self._client)
        except (OSError, ValueError) as error:
            raise Unavailable(f"The broker {self._address} cannot be reached: {error}") from error
        try:
            self._await_answer(self._client)
        except Unavailable:
            if self._settings.protocol == "auto":
                # The next try speaks the other version: amqtt gives no answer at all to MQTT 5.
                self._is_five = not self._is_five
            raise

    def _await_answer(self, client: BufferedClient) -> None:
        deadline = time.monotonic() + CONNECT_SECONDS
        while not self._ready:
            self._round(client)
            if time.monotonic() > deadline:
                raise Unavailable(f"The broker {self._address} took the connection but never answered.")

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        assert self._client is not None
        while not stop.is_set():
            self._round(self._client)
            self._acknowledge(self._client)
            arrived, self._arrived = self._arrived, deque()
            yield [self._delivery(message) for message in arrived]

    def close(self) -> None:
        if self._client is not None:
            self._acknowledge(self._client)
            self._send_receipts(self._client)
            self._client.disconnect()
            self._client = None
        # Whatever is kept later belongs to a connection that is no more.
        self._connection += 1

    def probe(self) -> ProbeReport:
        """Connects with the real settings and says what the broker grants; see also `probe_broker`."""
        try:
            self.open()
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        self.close()
        count = len(self._sensors)
        return ProbeReport(good=True, findings=(f"Connected, {count} topics subscribed at QoS 1.",))

    @property
    def _address(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _make_client(self) -> BufferedClient:
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=mqtt.MQTTv5 if self._is_five else mqtt.MQTTv311,
            clean_session=None if self._is_five else False,
            manual_ack=True,
        )
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, self._password())
        if self._settings.ca_file is not None:
            client.tls_set(
                ca_certs=str(self._settings.ca_file),
                certfile=str(self._settings.cert_file) if self._settings.cert_file else None,
                keyfile=str(self._settings.key_file) if self._settings.key_file else None,
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        return client

    def _password(self) -> str | None:
        file = self._settings.password_file
        try:
            return file.read_text().strip() if file else None
        except OSError as error:
            raise Unavailable(f"The password file {file} cannot be read: {error.strerror}.") from error

    def _connect(self, client: mqtt.Client) -> None:
        if self._is_five:
            wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            wishes.SessionExpiryInterval = SESSION_SECONDS
            wishes.ReceiveMaximum = self._settings.receive_max
            client.connect(
                self._settings.host,
                self._settings.port,
                keepalive=KEEPALIVE_SECONDS,
                clean_start=False,
                properties=wishes,
            )
        else:
            client.connect(self._settings.host, self._settings.port, keepalive=KEEPALIVE_SECONDS)

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = f"The broker {self._address} refuses the gateway: {reason}."
        elif not self._sensors:
            self._ready = True
        elif self._is_five:
            options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
            client.subscribe([(topic, options) for topic in self._sensors])
        else:
            client.subscribe([(topic, 1) for topic in self._sensors])

    def _on_subscribe(self, _client: Any, _data: Any, _mid: Any, reasons: Any, _properties: Any) -> None:
        refused = [t for t, code in zip(self._sensors, reasons, strict=False) if code.is_failure]
        if refused:
            self._refusal = f"The broker {self._address} refuses the topics {', '.join(refused)}."
        self._ready = not refused

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._arrived.append(message)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        said = str(reason)
        if "taken over" in said.lower():
            said = f"another client uses the id {self._client_id}"
        self._refusal = self._refusal or f"The broker {self._address} ended the connection: {said}."

    def _round(self, client: BufferedClient) -> None:
        """One turn of the connection: what can be read is read, what is due is written."""
        connection = client.socket()
        if connection is None:
            raise Unavailable(self._refusal or f"The broker {self._address} has gone.")
        wants = [connection] if client.want_write() or client.has_unsent else []
        pause = 0.0 if self._arrived or self._kept or client.has_unread else _ROUND_SECONDS
        try:
            readable, writable, _ = select.select([connection], wants, [], pause)
            if writable:
                client.flush()
        except (OSError, ValueError) as error:
            raise Unavailable(f"The broker {self._address} has gone: {error}") from error
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        if readable or client.has_unread:
            # Never stop reading for what waits here: the answer to our subscription may stand behind a
            # backlog. What can wait is bounded by the Receive Maximum, since nothing is acknowledged yet.
            started, before = len(self._arrived), -1
            while result == MQTTErrorCode.MQTT_ERR_SUCCESS and before < len(self._arrived):
                before = len(self._arrived)
                result = client.loop_read()
                if before - started >= _MESSAGES_A_ROUND:
                    break
        if writable and result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            result = client.loop_write()
        if result == MQTTErrorCode.MQTT_ERR_SUCCESS:
            result = client.loop_misc()
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or self._refusal is not None:
            raise Unavailable(self._refusal or f"The broker {self._address} has gone: {result.name}.")

    def _delivery(self, message: mqtt.MQTTMessage) -> Delivery:
        facts, read = self._read(message)
        connection = self._connection

        def kept() -> None:
            self._kept.append(
                _Kept(
                    connection=connection,
                    mid=message.mid,
                    qos=message.qos,
                    topic=message.topic,
                    number=read.number if read else None,
                )
            )

        if read is None:
            return Delivery(facts=facts, kept=kept)
        once = Once(
            slot=message.topic,
            name=read.once if read.is_told_by_content else f"{read.once}/{message.mid}",
            may_be_repeat=read.is_told_by_content or message.dup,
        )
        return Delivery(facts=facts, once=once, kept=kept)

    def _read(self, message: mqtt.MQTTMessage) -> tuple[tuple[Fact, ...], Read | None]:
        sensor = self._sensors.get(message.topic)
        if sensor is None:
            reason = "No sensor is declared for this topic."
            return (self._dead(message, reason),), None
        if message.retain:
            # A stored value played back to a new subscriber is old news of unknown age.
            return (), None
        try:
            read = read_message(sensor, bytes(message.payload), received_at=now())
        except Unreadable as error:
            return (self._dead(message, str(error), device=sensor.id),), None
        facts, self._good_clocks[sensor.id] = trust_memory(
            read.facts, clock_is_good=self._good_clocks.get(sensor.id, False)
        )
        return facts, read

    def _dead(self, message: mqtt.MQTTMessage, reason: str, *, device: str | None = None) -> Fact:
        self.errors += 1
        at = now()
        return Event(
            device=device or self._settings.id,
            kind="dead_letter",
            data={"topic": message.topic[:200], "reason": reason[:500]},
            happened_at=at,
            received_at=at,
            raw=printable(bytes(message.payload[:4096])),
            is_chatter=True,
        )

    def _acknowledge(self, client: BufferedClient) -> None:
        due: list[tuple[int, int]] = []
        while self._kept:
            done = self._kept.popleft()
            if done.number is not None:
                session, number = done.number
                self._receipts[done.topic][session].append(number)
            if done.connection == self._connection:
                due.append((done.mid, done.qos))
            else:
                self.stale_acks_dropped += 1
        if due:
            client.acknowledge(due)
        if self._receipts and time.monotonic() - self._receipted_at > RECEIPT_SECONDS:
            self._send_receipts(client)

    def _send_receipts(self, client: mqtt.Client) -> None:
        for topic, sessions in self._receipts.items():
            for session, numbers in sessions.items():
                client.publish(f"{topic}/receipt", json.dumps({"session": session, "n": numbers}), qos=0)
        self._receipts.clear()
        self._receipted_at = time.monotonic()
