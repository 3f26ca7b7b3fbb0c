"""A logger: a sensor that numbers its messages and repeats each until the gateway receipts it.

It is what makes "lost: 0" possible across a broker that forgets. A plain sensor (`numbered=False`) is the
common kind; what its broker forgets is gone, and the missing reading is what the warehouse then sees.
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices.facts import Json

REPEAT_SECONDS = 3.0


@dataclass(kw_only=True)
class _Waiting:
    payload: str
    sent_at: float


class Logger:
    """One MQTT connection speaking for one sensor; reconnects by itself; `waiting` is what has no receipt."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        topic: str,
        numbered: bool = True,
        protocol: str = "5",
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._topic = topic
        self._numbered = numbered
        self._session = secrets.token_hex(4)
        self._number = 0
        self._mutex = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._connected = threading.Event()
        version = mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311
        name = f"logger-{secrets.token_hex(6)}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=version)
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(min_delay=1, max_delay=2)
        self._client.connect_async(host, port, keepalive=15)
        self._client.loop_start()
        self._stop = threading.Event()
        self._repeater = threading.Thread(target=self._repeat, daemon=True)
        self._repeater.start()

    def wait_connected(self, seconds: float) -> bool:
        return self._connected.wait(seconds)

    def send(self, readings: list[dict[str, Json]]) -> int:
        """Sends one message; returns its number (0 for a plain sensor)."""
        if not self._numbered:
            self._client.publish(self._topic, json.dumps(readings), qos=1)
            return 0
        with self._mutex:
            self._number += 1
            number = self._number
            named = [{**readings[0], "session": self._session, "n": number}, *readings[1:]]
            payload = json.dumps(named)
            self._waiting[number] = _Waiting(payload=payload, sent_at=time.monotonic())
        if self._connected.is_set():
            self._client.publish(self._topic, payload, qos=1)
        return number

    @property
    def waiting(self) -> int:
        with self._mutex:
            return len(self._waiting)

    def close(self) -> None:
        self._stop.set()
        self._client.disconnect()
        self._client.loop_stop()
        self._repeater.join(timeout=2)

    def _repeat(self) -> None:
        while not self._stop.wait(0.5):
            if not self._connected.is_set():
                continue
            due = time.monotonic() - REPEAT_SECONDS
            with self._mutex:
                late = [waiting for waiting in self._waiting.values() if waiting.sent_at < due][:200]
                for waiting in late:
                    waiting.sent_at = time.monotonic()
            for waiting in late:
                self._client.publish(self._topic, waiting.payload, qos=1)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _props: Any) -> None:
        if not reason.is_failure:
            client.subscribe(f"{self._topic}/receipt", qos=0)
            self._connected.set()

    def _on_disconnect(self, *_args: Any) -> None:
        self._connected.clear()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        said = json.loads(message.payload)
        if said.get("session") == self._session:
            with self._mutex:
                for number in said["n"]:
                    self._waiting.pop(number, None)
