"""Close and re-insert: the compiled search for better plans, by moves that can be taken back.

Each move takes some consignments off their departures, bends the rules for a moment (a departure that
may not open another unit, one that opens units for nothing, prices by the kilogram), routes the
consignments anew one by one at exact unit prices, and is kept when the plan is cheaper, or not dearer
than the temperature allows. Whole numbers only, so every machine walks the same way.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing.compiled import compiled
from routing.insertion import WHOLE_TILT, Fixed, State, insert, remove, shift
from routing.options import Ints, Options

MOST_REMOVED = 512
LUCK = 1024
# -ln(u) in 1024ths for u = (j + ½) / 1024: how much worse than the temperature a lucky move may be
LUCK_TABLE = np.round(-np.log((np.arange(LUCK) + 0.5) / LUCK) * 1024).astype(np.int64)


class Memory(NamedTuple):
    """Where a move remembers what to take back, and where the best plan is kept."""

    chosen: Ints
    old_length: Ints
    old_path: Ints
    is_chosen: Ints
    best_length: Ints
    best_path: Ints
    numbers: Ints  # 0 best cost, 1 whether the current plan is an unsaved best, 2 kept moves
    luck: Ints
    focus: Ints  # consignments that moves start from, drawn evenly
    near: Ints  # departures to close, drawn evenly


FOCUS_SHARE = 3  # of four moves that start from a consignment, so many start from one in focus


def empty_memory(options: Options, focus: Sequence[int] = ()) -> Memory:
    """Room for one search; with a focus most moves start from those consignments and what they may board."""
    count = options.consignments
    legs = 24
    everyone = np.arange(count, dtype=np.int64)
    near = np.arange(options.departures, dtype=np.int64)
    if focus:
        times = max(1, FOCUS_SHARE * count // len(focus))
        everyone = np.concatenate((everyone, np.tile(np.array(focus, np.int64), times)))
        theirs = [options.leg_departure[options.leg_ptr[i] : options.leg_ptr[i + 1]] for i in focus]
        near = np.unique(np.concatenate([*theirs, near[:1]])).astype(np.int64)
    return Memory(
        chosen=np.zeros(MOST_REMOVED, np.int64),
        old_length=np.zeros(MOST_REMOVED, np.int64),
        old_path=np.zeros((MOST_REMOVED, legs), np.int64),
        is_chosen=np.zeros(count, np.int64),
        best_length=np.zeros(count, np.int64),
        best_path=np.zeros((count, legs), np.int64),
        numbers=np.array([1 << 60, 0, 0], np.int64),
        luck=LUCK_TABLE,
        focus=everyone,
        near=near,
    )


@compiled
def draw(state: State, below: int) -> int:
    """A whole number from 0 to ``below`` - 1 (xorshift on 32 bits)."""
    x = state.numbers[0]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    state.numbers[0] = x
    return int((x >> 3) % below)


@compiled
def choose(memory: Memory, i: int, count: int) -> int:
    """Note consignment i for removal unless it is noted or there is no room; the new count."""
    if memory.is_chosen[i] or count >= MOST_REMOVED:
        return count
    memory.is_chosen[i] = 1
    memory.chosen[count] = i
    return count + 1


@compiled
def is_on(fixed: Fixed, state: State, i: int, d: int) -> bool:
    """Whether consignment i travels on departure d."""
    for spot in range(state.length[i]):  # noqa: SIM110 - the compiler wants no closures here
        if fixed.leg_departure[state.path[i, spot]] == d:
            return True
    return False


@compiled
def worst_filled(fixed: Fixed, state: State, memory: Memory, tries: int) -> int:
    """Of some open departures drawn at random, the slot whose last unit is emptiest; -1 for none."""
    departures, companies = len(fixed.units), fixed.companies
    best, best_fill = -1, 1 << 60
    for _ in range(tries):
        d = memory.near[draw(state, len(memory.near))]
        for _ in range(departures):  # the next open one
            if state.used[d]:
                break
            d = (d + 1) % departures
        if not state.used[d]:
            return -1
        company = draw(state, companies) if companies > 1 else 0
        while not state.held[d * companies + company]:  # the next that has a unit there
            company = (company + 1) % companies
        slot = d * companies + company
        before = state.held[slot] - 1
        by_mass = (state.load_kg[slot] - before * fixed.usable_kg[d]) * 1000 // fixed.usable_kg[d]
        by_volume = (state.load_l[slot] - before * fixed.usable_l[d]) * 1000 // fixed.usable_l[d]
        fill = max(by_mass, by_volume) + draw(state, 200)
        if fill < best_fill:
            best, best_fill = slot, fill
    return best


@compiled
def choose_from(
    fixed: Fixed,
    state: State,
    memory: Memory,
    d: int,
    company: int,
    count: int,
    kilograms: int,
    litres: int,
    most: int,
) -> int:
    """Note travellers of d from a random one on until both excesses are gone or ``most`` are noted.

    Only those of one ``company``, or all when it is -1.
    """
    first, last = fixed.user_ptr[d], fixed.user_ptr[d + 1]
    size = last - first
    if not size:
        return count
    offset = draw(state, size)
    taken = 0
    for step in range(size):
        if (kilograms <= 0 and litres <= 0) or taken >= most:
            break
        i = fixed.user[first + (offset + step) % size]
        is_asked = company < 0 or fixed.company[i] == company
        if is_asked and not memory.is_chosen[i] and is_on(fixed, state, i, d):
            after = choose(memory, i, count)
            if after == count:
                break
            count = after
            taken += 1
            kilograms -= fixed.mass[i]
            litres -= fixed.volume[i]
    return count


@compiled
def choose_users(
    fixed: Fixed, state: State, memory: Memory, d: int, count: int, most: int, present: bool
) -> int:
    """Note up to ``most`` that could use d, drawn at random; those on it already only if ``present``."""
    first, last = fixed.user_ptr[d], fixed.user_ptr[d + 1]
    size = last - first
    if not size:
        return count
    for _ in range(2 * most):
        if most <= 0:
            break
        i = fixed.user[first + draw(state, size)]
        if present or not is_on(fixed, state, i, d):
            after = choose(memory, i, count)
            most -= after - count
            count = after
    return count


@compiled
def close_one(fixed: Fixed, state: State, memory: Memory, count: int) -> tuple[int, int]:
    """Give up the last unit of a badly filled departure: (noted, departure) or (count, -1)."""
    slot = worst_filled(fixed, state, memory, 3)
    if slot < 0:
        return count, -1
    d, company = slot // fixed.companies, slot % fixed.companies
    fewer = state.held[slot] - 1
    if draw(state, 4) == 0:
        fewer = 0
    kilograms = state.load_kg[slot] - fewer * fixed.usable_kg[d]
    litres = state.load_l[slot] - fewer * fixed.usable_l[d]
    state.limit[d] = state.used[d] - (state.held[slot] - fewer)
    return choose_from(fixed, state, memory, d, company, count, kilograms, litres, MOST_REMOVED), d


@compiled
def pick_move(fixed: Fixed, state: State, memory: Memory) -> tuple[int, int, int, int]:
    """Choose whom to take off: (how many, tilt, departure limited or -1, departure discounted or -1)."""
    consignments = len(fixed.mass)
    kind = draw(state, 100)
    tilt = 0 if draw(state, 2) else draw(state, WHOLE_TILT)
    limited, favoured = -1, -1
    count = 0
    if kind < 40:  # close a unit, sometimes while another departure is favoured
        count, limited = close_one(fixed, state, memory, count)
        if kind < 15 and count:
            i = memory.chosen[draw(state, count)]
            legs = fixed.leg_ptr[i + 1] - fixed.leg_ptr[i]
            favoured = fixed.leg_departure[fixed.leg_ptr[i] + draw(state, legs)]
            count = choose_users(fixed, state, memory, favoured, count, 1 + draw(state, 8), False)
    elif kind < 65:  # favour one departure: its next units are free while re-inserting
        i = memory.focus[draw(state, len(memory.focus))]
        legs = fixed.leg_ptr[i + 1] - fixed.leg_ptr[i]
        if legs:
            favoured = fixed.leg_departure[fixed.leg_ptr[i] + draw(state, legs)]
            count = choose(memory, i, count)
            count = choose_users(fixed, state, memory, favoured, count, 1 + draw(state, 24), False)
    elif kind < 85:  # fellow travellers on one or two departures
        i = memory.focus[draw(state, len(memory.focus))]
        for _ in range(1 + draw(state, 2)):
            if state.length[i]:
                d = fixed.leg_departure[state.path[i, draw(state, state.length[i])]]
                most = 1 + draw(state, 12)
                count = choose_from(fixed, state, memory, d, -1, count, 1 << 60, 1 << 60, most)
                if count:
                    i = memory.chosen[draw(state, count)]
        count = choose(memory, i, count)
    else:  # a few at random, and some that were refused
        for _ in range(1 + draw(state, 4)):
            count = choose(memory, memory.focus[draw(state, len(memory.focus))], count)
        start = draw(state, consignments)
        for step in range(min(consignments, 64)):
            i = (start + step) % consignments
            if not state.length[i]:
                count = choose(memory, i, count)
    return count, tilt, limited, favoured


@compiled
def order_chosen(fixed: Fixed, state: State, memory: Memory, count: int) -> None:
    """Shuffle those noted, or put the heavy first."""
    for k in range(count - 1, 0, -1):
        j = draw(state, k + 1)
        memory.chosen[k], memory.chosen[j] = memory.chosen[j], memory.chosen[k]
    if draw(state, 2):
        for k in range(1, count):
            i = memory.chosen[k]
            j = k
            while j > 0 and fixed.mass[memory.chosen[j - 1]] < fixed.mass[i]:
                memory.chosen[j] = memory.chosen[j - 1]
                j -= 1
            memory.chosen[j] = i


@compiled
def keep_best(state: State, memory: Memory) -> None:
    """Copy the current plan to the best one."""
    memory.best_length[:] = state.length
    memory.best_path[:] = state.path
    memory.numbers[1] = 0


@compiled
def one_move(fixed: Fixed, state: State, memory: Memory, temperature: int) -> None:
    """Try one move; keep it or take it back."""
    count, tilt, limited, favoured = pick_move(fixed, state, memory)
    before = state.numbers[1]
    for k in range(count):
        memory.is_chosen[memory.chosen[k]] = 0
    order_chosen(fixed, state, memory, count)
    threshold = temperature * memory.luck[draw(state, LUCK)] // 1024
    for k in range(count):
        i = memory.chosen[k]
        memory.old_length[k] = state.length[i]
        for spot in range(state.length[i]):
            memory.old_path[k, spot] = state.path[i, spot]
    if memory.numbers[1]:
        keep_best(state, memory)
    for k in range(count):
        remove(fixed, state, memory.chosen[k])
    if favoured >= 0:
        state.discount[favoured] = fixed.unit_fen[favoured]
    for k in range(count):
        insert(fixed, state, memory.chosen[k], tilt)
    if limited >= 0:
        state.limit[limited] = fixed.units[limited]
    if favoured >= 0:
        state.discount[favoured] = 0
    if (tilt or favoured >= 0) and draw(state, 2):
        for k in range(count):
            remove(fixed, state, memory.chosen[k])
            insert(fixed, state, memory.chosen[k], 0)
    if state.numbers[1] <= before + threshold:
        memory.numbers[2] += 1
        if state.numbers[1] < memory.numbers[0]:
            memory.numbers[0] = state.numbers[1]
            memory.numbers[1] = 1
        return
    for k in range(count):
        remove(fixed, state, memory.chosen[k])
    for k in range(count):
        i = memory.chosen[k]
        state.length[i] = memory.old_length[k]
        for spot in range(state.length[i]):
            state.path[i, spot] = memory.old_path[k, spot]
        shift(fixed, state, i, 1)


@compiled
def search(fixed: Fixed, state: State, memory: Memory, moves: int, temperature: int) -> None:
    """So many moves at one temperature (fen); the best plan stands in ``memory`` afterwards."""
    for _ in range(moves):
        one_move(fixed, state, memory, temperature)
    if memory.numbers[1]:
        keep_best(state, memory)


def load_plan(fixed: Fixed, state: State, length: Ints, path: Ints) -> None:
    """Make ``state`` hold the plan given; it must be empty before."""
    state.length[:] = length
    state.path[:] = path
    for i in range(len(length)):
        shift(fixed, state, i, 1)
