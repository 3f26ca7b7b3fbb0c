"""How far the way out is: waves with their parcels by state, and parcels with what they hold."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.parcels import ParcelState


@dataclass(frozen=True, kw_only=True)
class WaveProgress:
    """A wave and how many of its parcels are where; `short` are picks nobody could find."""

    id: int
    number: str
    opened_at: datetime
    opened_by: str
    to_pick: int
    picked: int
    sealed: int
    loaded: int
    left: int
    pulled: int
    short: int

    @property
    def total(self) -> int:
        """Parcels that are still to leave or have left."""
        return self.to_pick + self.picked + self.sealed + self.loaded + self.left

    @property
    def packed(self) -> int:
        """Parcels sealed or further."""
        return self.sealed + self.loaded + self.left


_WAVES = text("""
    select w.id, w.number, w.opened_at, coalesce(u.display_name, '') as opened_by,
           count(*) filter (where p.state = 'TO_PICK') as to_pick,
           count(*) filter (where p.state = 'PICKED') as picked,
           count(*) filter (where p.state = 'SEALED') as sealed,
           count(*) filter (where p.state = 'LOADED') as loaded,
           count(*) filter (where p.state = 'LEFT') as left,
           count(*) filter (where p.state = 'PULLED') as pulled,
           (select count(*) from pick k join parcel s on s.id = k.parcel_id
            where s.wave_id = w.id and k.state = 'SHORT') as short
    from (select * from pick_wave order by id desc limit :limit) w
    left join user_account u on u.id = w.opened_by_id
    left join parcel p on p.wave_id = w.id
    group by w.id, w.number, w.opened_at, u.display_name
    order by w.id desc
""")


def waves(session: Session, *, limit: int = 50) -> list[WaveProgress]:
    """The newest waves."""
    return [WaveProgress(**row._asdict()) for row in session.execute(_WAVES, {"limit": limit})]


@dataclass(frozen=True, kw_only=True)
class ParcelRow:
    """A parcel in words, with its vehicle if it is bound to one."""

    id: int
    waybill_no: str
    order_no: str
    list_no: str
    exit_list: str
    state: ParcelState
    pieces: int
    expected_g: int
    weight_g: int | None
    wave: str
    vehicle: str
    is_undone: bool


_PARCELS = text("""
    select p.id, p.waybill_no, d.order_no, d.list_no, coalesce(b.list_no, '') as exit_list, p.state,
           coalesce((select sum(k.quantity) from pick k where k.parcel_id = p.id and k.state <> 'BACK'), 0)::bigint
               as pieces,
           p.expected_g, p.weight_g, w.number as wave, coalesce(g.vehicle_no, '') as vehicle,
           d.book_effect = 'WITHDRAWN' as is_undone
    from parcel p
    join retail_declaration d on d.id = p.declaration_id
    join pick_wave w on w.id = p.wave_id
    left join bonded_list b on b.id = d.exit_list_id
    left join gate_pass g on g.id = p.pass_id
    where (cast(:state as text) is null or p.state = :state)
      and (cast(:wave_id as bigint) is null or p.wave_id = :wave_id)
      and (cast(:pass_id as bigint) is null or p.pass_id = :pass_id)
      and (cast(:list_no as text) is null or b.list_no = :list_no)
      and (:search = '' or strpos(upper(p.waybill_no), upper(:search)) > 0
           or strpos(upper(d.order_no), upper(:search)) > 0)
    order by p.id desc
    limit :limit offset :offset
""")


def parcels(
    session: Session,
    *,
    state: ParcelState | None = None,
    wave_id: int | None = None,
    pass_id: int | None = None,
    list_no: str | None = None,
    search: str = "",
    limit: int = 100,
    offset: int = 0,
) -> list[ParcelRow]:
    """Parcels, the newest first, narrowed by state, wave, vehicle's pass, exit list, or part of waybill or order."""
    values = {
        "state": state.value if state else None,
        "wave_id": wave_id,
        "pass_id": pass_id,
        "list_no": list_no,
        "search": search,
        "limit": limit,
        "offset": offset,
    }
    return [
        ParcelRow(**(row._asdict() | {"state": ParcelState(row.state)}))
        for row in session.execute(_PARCELS, values)
    ]
