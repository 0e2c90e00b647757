"""All controls of one topology, as far as the options of the load flow ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridsim.compiled.controls import Controls
from gridsim.compiled.reactive_limits import no_reactive_limits, reactive_limits
from gridsim.compiled.slack_shares import no_slack_shares, slack_shares
from gridsim.compiled.tap_changers import no_tap_changers, tap_changers
from gridsim.errors import CompileError

if TYPE_CHECKING:
    from gridsim.compiled.channels import ServiceState
    from gridsim.compiled.ratings import BranchPlaces
    from gridsim.dtypes import IndexArray


@dataclass(frozen=True)
class ControlChoice:
    """Which controls act; see :class:`gridsim.solve.options.SolveOptions`."""

    enforce_q_lims: bool
    distributed_slack: bool
    run_control: bool

    def with_options_of(self, net: Any) -> ControlChoice:
        """Return the choice with what the net's ``user_pf_options`` switch on besides.

        Raises
        ------
        CompileError
            For ``enforce_q_lims`` of 2: one violation at a time.
        """
        user = net["user_pf_options"]
        limits = user.get("enforce_q_lims", False)
        if limits not in (False, True):
            raise CompileError(f"user_pf_options: enforce_q_lims is {limits!r}, modelled are False and True")
        return ControlChoice(
            enforce_q_lims=self.enforce_q_lims or bool(limits),
            distributed_slack=self.distributed_slack or bool(user.get("distributed_slack", False)),
            run_control=self.run_control,
        )


def lower_controls(
    choice: ControlChoice,
    net: Any,
    work: Any,
    arrays: tuple[dict[str, Any], dict[str, Any]],
    places: BranchPlaces,
    state: ServiceState,
    place: IndexArray,
) -> Controls:
    """Lower what the choice names; the rest is empty.

    Parameters
    ----------
    choice:
        Which controls act.
    net, work:
        The net as given, and the copy after pandapower's conversion.
    arrays:
        Result of the conversion, with and without what is out of service.
    places, state:
        Where branches and buses went.
    place:
        New row of each bus of pandapower's arrays in service. Shape (n_bus,).

    Raises
    ------
    CompileError
        For controls that are not modelled.
    """
    ppc, ppci = arrays
    return Controls(
        taps=tap_changers(net, work, ppc, places, state) if choice.run_control else no_tap_changers(),
        limits=reactive_limits(net, work, ppci, place) if choice.enforce_q_lims else no_reactive_limits(),
        shares=slack_shares(work, ppci, place) if choice.distributed_slack else no_slack_shares(),
    )
