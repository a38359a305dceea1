"""The register's side of one table: what it says of the claims about that table."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from foistats.claims.arithmetic import arithmetic
from foistats.claims.assembly import Assembly
from foistats.claims.bounds import Range, last_place, range_of
from foistats.claims.claim import Claim
from foistats.claims.measures import NOT_ANSWERED
from foistats.claims.printed import REGISTER, Printed, printed
from foistats.claims.problem import Problem, UnsettledError
from foistats.claims.quantities import Amount, Answers, Atom, Few, Place, Quantity, Sum
from foistats.claims.table import Cells, Key
from foistats.claims.verdicts.verdict import AGREES, DISAGREES, UNCHECKED, Verdict, compare
from foistats.claims.wordings import Interval
from foistats.register import Register


class Side:
    """The register's side of one table.

    Parameters
    ----------
    assembly : Assembly
    table : (str, str)
    until : float or None
        The moment (`time.monotonic`) to give up.
    """

    def __init__(self, assembly: Assembly, table: Key, until: float | None) -> None:
        self.assembly = assembly
        self.until = until
        named = assembly.universes[table].forces
        self.printed: Printed = printed(assembly.register, table, named)
        own = [id for id, claim in assembly.claims.items() if claim.table == table]
        quantities = [assembly.quantities[id] for id in own if id in assembly.quantities]
        needed = [r for id in own for r in assembly.requirements.get(id, ())]
        sums = [Amount(r.linear) for r in needed if isinstance(r, Sum) and self._one_table(r)]
        kept = [q for q in quantities if not self._foreign(q)]
        self.problem: Problem = self.printed.problem([*kept, *sums])
        self.consistent = self._settled()
        self.box = self.problem.box([REGISTER]) if self.consistent else None

    def _settled(self) -> bool:
        try:
            return self.problem.solve([REGISTER], until=self.until) is not None
        except UnsettledError:
            return False

    def _bounds(self, quantity: Quantity) -> Range | None:
        """Return a range of a number of cases from the bounds of its cells alone."""
        if self.box is None or isinstance(quantity, Place) or quantity.bottom is not None:
            return None
        if not all(isinstance(atom, Cells) for atom, _ in quantity.top.terms):
            return None
        least, most = self.box.low, self.box.high
        low = high = quantity.top.constant
        for column, number in self.problem.unknowns.terms_of(quantity.top):
            ends = sorted((number * int(least[column]), number * int(most[column])))
            low, high = low + ends[0], high + ends[1]
        return Range(Fraction(low), Fraction(high))

    def _point(self, quantity: Quantity) -> Range | None:
        """Return the range of a number of cases if the bounds of its cells leave no room."""
        found = self._bounds(quantity)
        return found if found is not None and found.low == found.high else None

    def decided(self, claim: Claim) -> bool:
        """Whether bounds of cells alone decide a claim: its range can wait for the others."""
        quantity = self.assembly.quantities.get(claim.id)
        if quantity is None or claim.interval is None or self._foreign(quantity):
            return False
        found = self._bounds(quantity)
        return found is not None and compare(self._limited(found), claim.interval) != UNCHECKED

    def judge(self, claim: Claim) -> Verdict:
        """Return the verdict on a claim of this table."""
        quantity = self.assembly.quantities.get(claim.id)
        if claim.measure.kind == "outside" or quantity is None:
            return Verdict(UNCHECKED, note="it speaks of something else than the cases")
        if claim.measure.kind == "answers":
            return self._answers(claim, quantity)
        if not self.printed.statements:
            return Verdict(UNCHECKED, note="the register has no statements of this survey and unit")
        if self._foreign(quantity) or claim.id in self.assembly.left_out:
            reason = self.assembly.left_out.get(claim.id, "it speaks of two tables")
            return Verdict(UNCHECKED, arithmetic=arithmetic(self.printed, quantity), note=reason)
        words = arithmetic(self.printed, quantity)
        try:
            found = self._point(quantity)
            found = found or range_of(self.problem, [REGISTER], quantity, until=self.until)
            if found is None:
                return self._without_table(claim, quantity, words)
            found = self._limited(found)
            verdict = self._verdict(claim, quantity, found)
        except UnsettledError as error:
            return self._roughly(claim, quantity, words, str(error))
        return Verdict(verdict, found.low, found.high, words)

    def _roughly(self, claim: Claim, quantity: Quantity, words: str, reason: str) -> Verdict:
        """Judge a number of cases by bounds of its cells, which may be wider than need be."""
        found = self._bounds(quantity)
        if found is None or claim.interval is None or not isinstance(quantity, Amount):
            return Verdict(UNCHECKED, arithmetic=words, note=reason)
        note = f"the range may be narrower: {reason}"
        found = self._limited(found)
        return Verdict(compare(found, claim.interval), found.low, found.high, words, note)

    def _verdict(self, claim: Claim, quantity: Quantity, found: Range) -> str:
        if isinstance(quantity, Place):
            return self._of_place(claim, quantity)
        if claim.interval is None:
            return self._of_sums(claim)
        verdict = compare(found, claim.interval)
        # Between the ends of a range no whole number of cases may give what is claimed.
        return verdict if verdict != UNCHECKED or self._reaches(claim) else DISAGREES

    def _of_place(self, claim: Claim, place: Place) -> str:
        low, high = (claim.interval or Interval()).whole()
        strict = claim.reading.strict

        def end(greatest: bool, level: bool) -> int:
            found = last_place(
                self.problem, [REGISTER], place, greatest=greatest, level=level, until=self.until
            )
            return 0 if found is None else found

        above, below = strict, not strict  # which of the shared places counts at either end
        at_worst, at_best = end(True, above), end(False, above)
        last_least, last_most = end(False, below), end(True, below)
        top = high is None or at_worst <= high
        if top and last_least >= (low or 1):
            return AGREES
        if (high is not None and at_best > high) or last_most < (low or 1):
            return DISAGREES
        return UNCHECKED if self._reaches(claim) else DISAGREES

    def _reaches(self, claim: Claim) -> bool:
        """Whether some table that the register allows makes a claim true."""
        needed = self.assembly.requirements[claim.id]
        rows = [row for r in needed for row in self.problem.unknowns.rows_of(r)]
        return self.problem.solve([REGISTER], also=rows, until=self.until) is not None

    def _of_sums(self, claim: Claim) -> str:
        """Judge what compares quantities: whether all tables, or none, meet its requirements."""
        if not self._reaches(claim):
            return DISAGREES
        needed = [r for r in self.assembly.requirements[claim.id] if isinstance(r, Sum)]
        for requirement in needed:
            for broken in _broken(requirement):
                against = self.problem.unknowns.rows_of(broken)
                if self.problem.solve([REGISTER], also=against, until=self.until) is not None:
                    return UNCHECKED
        return AGREES

    def _answers(self, claim: Claim, quantity: Quantity) -> Verdict:
        """Judge a number of forces by their answers, from asked.csv alone."""
        register: Register = self.assembly.register
        asked = register.asked[register.asked["survey"] == claim.population]
        if asked.empty or not isinstance(quantity, Amount):
            return Verdict(UNCHECKED, note="the study does not record who was asked")
        atom = quantity.top.terms[0][0]
        words = atom.words if isinstance(atom, Answers) else frozenset()
        meant = asked[asked["force"].isin(atom.forces if isinstance(atom, Answers) else ())]
        number = Fraction(int(meant["answer"].isin(words).sum()))
        silent = words <= set(NOT_ANSWERED)
        listed = (
            ", ".join(sorted(meant.loc[meant["answer"].isin(words), "force"])) if silent else ""
        )
        said = f"{number} of {len(meant)} in asked.csv" + (f": {listed}" if listed else "")
        if claim.interval is None:
            return Verdict(UNCHECKED, number, number, said)
        verdict = AGREES if claim.interval.holds(number) else DISAGREES
        return Verdict(verdict, number, number, said)

    def _without_table(self, claim: Claim, quantity: Quantity, words: str) -> Verdict:
        if isinstance(quantity, Place) and not self.problem.unknowns.answered(quantity):
            return Verdict(DISAGREES, arithmetic=words, note="the force gave no answer")
        if not self.consistent:
            note = "the register's own statements of this survey cannot all be true"
            return Verdict(UNCHECKED, arithmetic=words, note=note)
        return Verdict(DISAGREES, arithmetic=words, note="the base has no cases in the register")

    def _limited(self, found: Range) -> Range:
        room = self.problem.unknowns.room
        return Range(
            found.low, None if found.high is not None and found.high >= room else found.high
        )

    def _foreign(self, quantity: Quantity) -> bool:
        if isinstance(quantity, Place):
            return False
        sums = [quantity.top, *([quantity.bottom] if quantity.bottom else [])]
        return not all(self._one_table(Sum(linear)) for linear in sums)

    def _one_table(self, requirement: Sum) -> bool:
        own: Mapping[Key, object] = {self.printed.universe.table: None}
        return all(_table_of(atom) in own for atom, _ in requirement.linear.terms)


def _table_of(atom: Atom) -> Key:
    return atom.cells.table if isinstance(atom, Few) else atom.table


def _broken(requirement: Sum) -> list[Sum]:
    """Return the two ways to fail a requirement."""
    found = []
    if requirement.low is not None:
        found.append(Sum(requirement.linear, None, requirement.low - 1))
    if requirement.high is not None:
        found.append(Sum(requirement.linear, requirement.high + 1, None))
    return found
