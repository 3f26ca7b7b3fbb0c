"""The gateway put together: a checked registry becomes a runner with its adapters."""

from datetime import timedelta
from pathlib import Path

from devices.adapter import Adapter
from devices.gate import GateAdapter
from devices.lane_desk import LaneAdapter
from devices.mqtt_sensors import BrokerAdapter
from devices.printers import PrinterAdapter
from devices.registry import (
    AnyDevice,
    Broker,
    Gate,
    Lane,
    Printer,
    Registry,
    Scale,
    Scanner,
    Sensor,
    Warehouse,
)
from devices.runner import Runner, RunnerSettings
from devices.scales import ScaleAdapter
from devices.scanners import ScannerAdapter
from devices.spool import Caps
from devices.uplink import UplinkSettings


def make_runner(registry: Registry) -> Runner:
    """Opens the spool; raises SpoolInUse. Nothing is reached until `start`."""
    gateway = registry.gateway
    adapters = [made for one in registry.device if (made := make_adapter(one, registry)) is not None]
    silence = {
        one.id: one.silent_minutes_max
        for one in registry.device
        if isinstance(one, Scanner | Scale | Broker | Sensor)
    }
    listening = [adapter for adapter in adapters if isinstance(adapter, GateAdapter | LaneAdapter)]

    return Runner(
        RunnerSettings(
            source=gateway.id,
            spool=gateway.spool,
            caps=Caps(
                bytes_max=gateway.spool_mib_max * 1024 * 1024, age_max=timedelta(days=gateway.spool_days_max)
            ),
            uplink=uplink_settings(registry.warehouse),
            readings_per_second_max=gateway.readings_per_second_max,
            silent_minutes_max=silence,
            health_file=health_file(gateway.spool),
        ),
        adapters,
        listeners=[adapter.hear for adapter in listening],
    )


def make_adapter(device: AnyDevice, registry: Registry) -> Adapter | None:
    """The adapter of a device; None for a sensor, which its broker speaks for."""
    match device:
        case Scanner():
            return ScannerAdapter(device)
        case Scale():
            return ScaleAdapter(device)
        case Broker():
            client_id = f"{registry.gateway.id}-{device.id}"
            return BrokerAdapter(device, registry.sensors_of(device.id), client_id=client_id)
        case Gate():
            return GateAdapter(device)
        case Lane():
            return LaneAdapter(device, registry)
        case Printer():
            return PrinterAdapter(device)
        case Sensor():
            return None


def uplink_settings(warehouse: Warehouse) -> UplinkSettings:
    return UplinkSettings(
        url=warehouse.url,
        token_file=warehouse.token_file,
        ca_file=warehouse.ca_file,
        cert_file=warehouse.cert_file,
        key_file=warehouse.key_file,
        batch_facts_max=warehouse.batch_facts_max,
        timeout_seconds=warehouse.timeout_seconds,
    )


def health_file(spool: Path) -> Path:
    return spool.with_name(spool.name + ".health.json")
