"""Plans shipments: first plan, bound, search, and for small problems a proof; anytime and repeatable.

Two budgets exist. CPU seconds serve people: phases get shares of them, and the result depends on the
machine. Moves serve repetition: with the same seed and the same number of moves the plan is the same to
the byte, whatever the clock says.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from routing.answer import write_plan
from routing.ascent import warm_start
from routing.bound import Bounder, BoundState, tails_off
from routing.branching import Branching
from routing.budget import FEW, Budget, moves_for_each, never, warmth
from routing.insertion import Fixed, State, empty_state, fixed_from, improve_each
from routing.master import YUAN, Interrupted
from routing.options import Ints, apart, build, dominating
from routing.plan import Plan, Progress, gap_of
from routing.problem import Problem
from routing.proof import prove
from routing.search import Memory, empty_memory, keep_best, load_plan, search
from routing.starts import drawn, given, greedy, heavy_first

SMALL = 80  # consignments up to which the exact piece is tried
NEAR = 0.985  # bound over cost from which the exact piece is left some of the time,
SMALL_SEARCH = 0.25  # of the time, searched before it
DRAW_MOVES = 100  # of one search from a draw, by consignment
DRAW_WARMTH, DRAW_COLD = 0.1, 0.01  # times the average cost of a consignment, and what is left of it
DRAWS_FIRST, DRAWS_EACH = 4, 2  # before the first split, and for each
CHUNK = 100  # moves between two looks at the clock; part of what makes a run repeatable
TILTS = (0, 64, 128, 192, 256)
MOST_ROUNDS = 600
PROOF_NODES = 3_000  # with moves as budget the exact piece must end by itself,
PROOF_LEGS = 900  # so it is only tried where few legs remain;
TIMED_PROOF_LEGS = 1_800  # more than these take the exact piece all its time for the first relaxation
DEFAULT_CPU_SECONDS = 20.0
REPORT_SECONDS = 2.0
WRITE_SECONDS = 1e-4  # for each consignment, to turn the arrays into a plan with names and reasons


def plan_shipments(
    problem: Problem,
    *,
    seed: int = 1,
    cpu_seconds: float | None = None,
    moves: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] = never,
    start: dict[str, tuple[str, ...]] | None = None,
    with_bound: bool = True,
    executor: Executor | None = None,
    focus: Collection[str] = (),
    is_apart: bool = False,
) -> Plan:
    """Plan all consignments of ``problem``.

    ``start`` gives departures by consignment to begin from (as far as they still hold). ``on_progress``
    is called on each better plan or bound worth telling. ``is_cancelled`` is asked many times a second;
    the best plan so far is returned, marked as cancelled. ``executor`` prices blocks of consignments for
    the bound; the plan is the same without it. ``focus`` names consignments the search works on most.
    ``is_apart`` counts units by company: goods that may not share a unit open one each.
    """
    if cpu_seconds is None and moves is None:
        cpu_seconds = DEFAULT_CPU_SECONDS
    warm_up()
    reserve = min(WRITE_SECONDS * len(problem.consignments), 0.2 * (cpu_seconds or 0.0))
    budget = Budget(cpu_seconds=cpu_seconds, moves=moves, is_cancelled=is_cancelled, reserve=reserve)
    run = Run(problem, seed=seed, budget=budget, executor=executor, focus=focus, is_apart=is_apart)
    run.on_progress = on_progress
    run.first(start)
    if run.options.leg_fen.size:
        run.search(part=0.1, until=0.06)
        if with_bound:
            run.bound_and_search()
        else:
            run.search(part=0.9, until=0.97)
    else:
        run.state_of_bound.fen = run.state_of_bound.pool_fen = int(run.options.refusal.sum())
    return run.finish()


_WARM: list[bool] = []


def warm_up() -> None:
    """Load the machine code of the inner loop, so that no clock counts it."""
    if not _WARM:
        from routing.generate import generate  # noqa: PLC0415 - only to have something tiny to run on

        _WARM.append(True)
        plan_shipments(generate(consignments=2, seed=1), moves=CHUNK)


class Run:
    """One planning run: the arrays, the plan under change, the bound so far."""

    def __init__(
        self,
        problem: Problem,
        *,
        seed: int,
        budget: Budget,
        executor: Executor | None,
        focus: Collection[str],
        is_apart: bool,
    ) -> None:
        self.problem, self.seed, self.budget = problem, seed, budget
        self.on_progress: Callable[[Progress], None] | None = None
        self.executor, self.count = executor, len(problem.consignments)
        self.options = build(problem)
        self.priced = self.sought = apart(self.options) if is_apart else self.options
        if problem.weights.lexicographic:
            late_fen, refused_fen = dominating(problem)
            sought = build(problem, late_fen=late_fen, refused_fen=refused_fen)
            self.sought = apart(sought) if is_apart else sought
        self.fixed: Fixed = fixed_from(self.sought)
        self.state: State = empty_state(self.sought, seed=seed)
        wanted = set(focus)
        at = [i for i, spec in enumerate(problem.consignments) if spec.code in wanted]
        self.memory: Memory = empty_memory(self.sought, at)
        self.bounder: Bounder | None = None
        self.state_of_bound = BoundState()
        self.moves = self.draws = 0
        self.random = np.random.default_rng(seed)
        self.branching: Branching | None = None
        self.is_rooted = False  # whether column generation has come to its end
        self.told = (-1e9, 0, 0)

    # -- phases ------------------------------------------------------------------------------------------

    def bound_and_search(self) -> None:
        """All that follows the first search, when a bound is wanted."""
        few, small = self.count <= FEW, self.count <= SMALL
        self.bound(until=0.45 if small else 0.55 if few else 0.35)
        if not few:
            self.search(part=0.9, until=0.97)
            self.meet_pool()
            return
        # The exact piece waits for a good plan: what is dearer than it is struck out there.
        waits = min(0.75, self.budget.share() + SMALL_SEARCH)
        self.close_in(part=0.9, until=waits if small and self.is_near() else 0.97)
        if small:
            self.proof(until=0.98)
            if self.budget.moves is None and not self.is_closed():
                self.close_in(part=0.0, until=0.97)
        self.meet_pool()

    def first(self, start: dict[str, tuple[str, ...]] | None) -> None:
        """Several greedy plans, the best kept; or the plan given, completed."""
        order = heavy_first(self.sought)
        self.starts: list[tuple[Ints, Ints]] = []
        best: State | None = None
        if start:
            best = given(self.problem, self.sought, self.fixed, start=start, seed=self.seed)
        else:
            for tilt in TILTS:
                state = greedy(self.sought, self.fixed, tilt=tilt, seed=self.seed)
                for _ in range(4):
                    if self.budget.is_over() or not improve_each(self.fixed, state, order):
                        break
                self.starts.append((state.length.copy(), state.path.copy()))
                if best is None or state.numbers[1] < best.numbers[1]:
                    best = state
                if self.budget.is_over():
                    break
        assert best is not None
        self.state = best
        self.memory.numbers[0] = best.numbers[1]
        keep_best(best, self.memory)
        self.tell("first plan", force=True)

    def bound(self, *, until: float) -> None:
        """Column generation until nothing improves, the improvement tails off, or the time is gone."""
        plain = fixed_from(self.options)
        self.bounder = bounder = Bounder(
            self.options, plain, must_stop=lambda: self.budget.is_over(until), executor=self.executor
        )
        self.budget.elsewhere = lambda: bounder.elsewhere
        self.state_of_bound = self.bounder.state
        self.bounder.quick()
        if self.count <= FEW:
            warm_start(self.bounder, upper_fen=self.cost_fen(), must_stop=lambda: self.budget.is_over(until))
        for length, path in self.starts:
            self.bounder.add_plan(length, path)
        self.bounder.add_plan(self.memory.best_length, self.memory.best_path)
        history = [self.state_of_bound.fen]
        try:
            while self.state_of_bound.rounds < MOST_ROUNDS and not self.budget.is_over(until):
                self.is_rooted = not self.bounder.round() or tails_off(history)
                if self.is_rooted:
                    break
                history.append(self.state_of_bound.fen)
                self.tell("bound")
        except Interrupted:
            pass
        self.tell("bound", force=True)

    def search(self, *, part: float, until: float) -> None:
        """Anneal; with moves as budget ``part`` of them are made, else until the share of time is gone."""
        average = self._average()
        hot, cold = warmth(self.count, self.budget)
        budget = self.budget
        total = None if budget.moves is None else int(budget.moves * part)
        began, done, cycle = budget.share(), 0, 0
        cycles = self._cycles(part)
        span = max(1e-9, until - began)
        while (total is None or done < total) and not budget.is_over(until):
            passed = done / total if total else min(1.0, (budget.share() - began) / span)
            if int(passed * cycles) != cycle:
                cycle = int(passed * cycles)
                self._start_again(cycle)
            cooled = passed * cycles - cycle
            temperature = int(average * hot * (cold / hot) ** cooled)
            count = CHUNK if total is None else min(CHUNK, total - done)
            search(self.fixed, self.state, self.memory, count, temperature)
            done += count
            self.moves += count
            self.tell("search")
        self._restore_best()
        self.tell("search", force=True)

    def _average(self) -> int:
        """The cost of a consignment, in fen; in lexicographic order what a good trade may lose."""
        if self.sought is self.priced:
            return max(1, int(self.memory.numbers[0]) // self.count)
        return max(1, int(self.options.refusal.mean()) // 4)

    def _cycles(self, part: float) -> int:
        """How often to cool down: small problems get many short runs, large ones a single long one."""
        return int(np.clip(moves_for_each(self.count, self.budget) * part / 400, 1, 6))

    def _start_again(self, cycle: int) -> None:
        """Warm up again from the best plan, or every other time from another greedy one."""
        self._restore_best()
        if cycle % 2 and self.starts:
            self._load(*self.starts[cycle // 2 % len(self.starts)])

    def _restore_best(self) -> None:
        self._load(self.memory.best_length, self.memory.best_path)

    def _load(self, length: Ints, path: Ints) -> None:
        """Go on from this plan; luck goes on where it was."""
        state = empty_state(self.sought, seed=self.seed)
        load_plan(self.fixed, state, length, path)
        state.numbers[0] = self.state.numbers[0]
        self.state = state

    def close_in(self, *, part: float, until: float) -> None:
        """Plan and bound in turns: short cool searches from draws out of the relaxation, then a split."""
        assert self.bounder is not None
        budget, total = self.budget, None if self.budget.moves is None else int(self.budget.moves * part)
        rooted = self.is_rooted or self.count <= SMALL  # what the root has not come to, its parts still may
        if rooted and self.branching is None and self.sought is self.options:
            self.branching = Branching(self.bounder)
        self.bounder.master.must_stop = lambda: budget.is_over(until)
        done, can_split = 0, self.branching is not None
        while (total is None or done < total) and not budget.is_over(until) and not self.is_closed():
            self.state = drawn(self.sought, self.fixed, self.bounder.master, random=self.random)
            most = DRAW_MOVES * self.count
            done += self._cool(most if total is None else min(most, total - done), until=until)
            self.draws += 1
            if can_split and self.draws >= DRAWS_FIRST and self.draws % DRAWS_EACH == 0:
                can_split = self._split()
        if self.branching is not None:
            self.branching.close()
        self._restore_best()
        self.tell("search", force=True)

    def _cool(self, length: int, *, until: float) -> int:
        """So many moves while cooling down, unless the time is gone; how many were made."""
        done, average = 0, self._average()
        while done < length and not self.budget.is_over(until):
            temperature = int(average * DRAW_WARMTH * DRAW_COLD ** (done / length))
            count = min(CHUNK, length - done)
            search(self.fixed, self.state, self.memory, count, temperature)
            done += count
            self.moves += count
            self.tell("search")
        return done

    def _split(self) -> bool:
        """Split the worst part of all plans; False when there is nothing left to split."""
        assert self.branching is not None
        try:
            goes_on = self.branching.split(upper_fen=self.cost_fen())
        except Interrupted:
            return False
        self.state_of_bound.fen = max(self.state_of_bound.fen, self.branching.bound_fen(self.cost_fen()))
        self.tell("branching")
        return goes_on

    def is_closed(self) -> bool:
        """Whether bound and plan have met, so that there is nothing left to find."""
        return self.sought is self.options and self.state_of_bound.fen >= self.cost_fen()

    def is_near(self) -> bool:
        """Whether few legs are left to decide on: there never were more, or bound and plan are near."""
        few = len(self.options.leg_fen) <= TIMED_PROOF_LEGS
        return few or self.state_of_bound.fen >= NEAR * int(self.memory.numbers[0])

    def proof(self, *, until: float) -> None:
        """Every itinerary that could matter, solved exactly; better plan, better bound, or nothing."""
        if self.bounder is None or self.sought is not self.options or self.budget.is_over(until):
            return
        found = prove(
            self.bounder,
            upper_fen=int(self.memory.numbers[0]),
            plan=self._paths(),
            nodes=PROOF_NODES if self.budget.moves is not None else 10**9,
            most_legs=PROOF_LEGS if self.budget.moves is not None else TIMED_PROOF_LEGS,
            must_stop=lambda child: self.budget.is_over(until, running=child),
        )
        if found is None:
            return
        if found.paths is not None:
            self.memory.best_length[:] = 0
            for i, legs in found.paths:
                self.memory.best_length[i] = len(legs)
                self.memory.best_path[i, : len(legs)] = legs
            self._restore_best()
            self.memory.numbers[0] = self.state.numbers[1]
        self.state_of_bound.fen = max(self.state_of_bound.fen, found.bound_fen)
        self.tell("proof", force=True)

    def meet_pool(self) -> None:
        """The bound against the pool, the plan's own itineraries included."""
        if self.bounder is None or self.budget.is_over():
            self.state_of_bound.pool_fen = self.state_of_bound.fen
            return
        self.bounder.add_plan(self.memory.best_length, self.memory.best_path)
        try:
            self.bounder.master.must_stop = self.budget.is_over
            self.bounder.master.solve()
            self.state_of_bound.pool_fen = int(self.bounder.master.value * YUAN * (1 - 1e-9))
        except Interrupted:
            self.state_of_bound.pool_fen = self.state_of_bound.fen

    def finish(self) -> Plan:
        """The plan with names and reasons."""
        if self.budget.is_cancelled():
            stopped = "cancelled"
        else:
            stopped = "moves" if self.budget.moves is not None else "cpu_seconds"
        plan = write_plan(
            self.options,
            length=self.memory.best_length,
            path=self.memory.best_path,
            bound=self.state_of_bound,
            seed=self.seed,
            moves=self.moves,
            stopped=stopped,
        )
        if self.budget.moves is None:
            return replace(plan, cpu_seconds=round(self.budget.spent(), 2))
        return plan

    # -- telling -----------------------------------------------------------------------------------------

    def _paths(self) -> dict[int, tuple[int, ...]]:
        length, path = self.memory.best_length, self.memory.best_path
        return {i: tuple(int(leg) for leg in path[i, : length[i]]) for i in range(len(length)) if length[i]}

    def cost_fen(self) -> int:
        """The best plan's real cost, without what lexicographic order puts on top."""
        if self.sought is self.priced:
            return int(self.memory.numbers[0])
        state = empty_state(self.priced, seed=0)
        load_plan(fixed_from(self.priced), state, self.memory.best_length, self.memory.best_path)
        return int(state.numbers[1])

    def tell(self, phase: str, *, force: bool = False) -> None:
        """Report when asked for, on a gain of 0.1 % or after two seconds."""
        if self.on_progress is None:
            return
        now, best, low = self.budget.spent(), int(self.memory.numbers[0]), self.state_of_bound.fen
        seen_at, seen_best, seen_low = self.told
        gained = best < seen_best * 0.999 or low > seen_low * 1.001
        if not (force or now - seen_at >= REPORT_SECONDS or gained):
            return
        self.told = (now, best, low)
        cost, bound = self.cost_fen() / 100, low / 100
        self.on_progress(
            Progress(
                cpu_seconds=round(now, 3),
                cost=cost,
                bound=bound,
                gap=gap_of(cost, bound),
                phase=phase,
                moves=self.moves,
            )
        )
