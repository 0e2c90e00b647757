"""The answer in five sentences: hours first, then which and when, because of whom, what helps, what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridsim.report.page.place_names import place_name, unit_names

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.report.page.companions import Companions
    from gridsim.report.page.data_confidence import Shares
    from gridsim.report.page.language import Language
    from gridsim.report.page.run_tables import RunTables
    from gridsim.report.page.vocabulary import Vocabulary

#: Names in a sentence.
N_NAMED = 3


class Answer:
    """Writes the sentences of one run in one language.

    Parameters
    ----------
    run, companions:
        What there is to say.
    language, words:
        How to say it.
    """

    def __init__(self, run: RunTables, companions: Companions, language: Language, words: Vocabulary) -> None:
        self._run, self._companions = run, companions
        self._language, self._words = language, words

    def sentences(self, shares: dict[str, Shares]) -> list[str]:
        """Return the five sentences; the first says whether all hours have a solution."""
        return [self.hours(), self._overloads(), self._causes(), self._fixes(), self._data(shares)]

    def hours(self) -> str:
        """Say how many hours have no solution, and when."""
        run, number = self._run, self._language.number
        _, ngettext = self._language.text, self._language.plural
        total = ngettext("%(num)s hour", "%(num)s hours", round(run.total_h))
        if not run.failed_h and len(run.years) == 1:
            return _("All %(hours)s of %(year)s have a solution.", hours=total, year=run.manifest.from_year)
        if not run.failed_h:
            return _(
                "All %(hours)s from %(first)s to %(last)s have a solution.",
                hours=total,
                first=run.manifest.from_year,
                last=run.manifest.to_year,
            )
        failed = run.steps.loc[run.failed_steps, "local"]
        return ngettext(
            "%(num)s hour out of %(total)s has NO solution (%(first)s): nothing is known about the loading in it, and "
            "every count and peak below is a lower bound.",
            "%(num)s hours out of %(total)s have NO solution (the first on %(first)s, the last on %(last)s): nothing "
            "is known about the loading in them, and every count and peak below is a lower bound.",
            round(run.failed_h),
            total=number(run.total_h),
            first=self._language.date(failed.min()),
            last=self._language.date(failed.max()),
        )

    def _overloads(self) -> str:
        _, number = self._language.text, self._language.number
        units = self._run.transformers
        overloaded = units[units["episodes"] > 0]
        known = _("In the solved hours, ") if self._run.failed_h else ""
        rule = self.rule_text()
        if overloaded.empty:
            none = _(
                "no transformer of %(total)s is loaded above its limit (%(rule)s).", total=number(len(units)), rule=rule
            )
            return known + none if known else none[0].upper() + none[1:]
        first = overloaded.sort_values(["first_overload", "rank"]).iloc[0]
        worst = overloaded.iloc[0]
        return known + _(
            "%(n)s of %(total)s transformers are loaded above their limit (%(rule)s), the first on %(first)s at "
            "%(first_place)s; the worst, %(worst)s at %(worst_place)s, for %(hours)s h and up to %(peak)s %%.",
            n=number(len(overloaded)),
            total=number(len(units)),
            rule=rule,
            first=self._language.date(first["first_overload"]),
            first_place=place_name(first["substation_name"]),
            worst=self._group_names(worst["group"]),
            worst_place=place_name(worst["substation_name"]),
            hours=number(worst["hours"]),
            peak=number(worst["peak_percent"]),
        )

    def rule_text(self) -> str:
        """Return the rule that ranks, with its limit where it has one for all."""
        rule = self._run.manifest.limits[0] if self._run.manifest.limits else {}
        name = self._words(rule.get("name", ""))
        percent = rule.get("percent")
        return f"{name}, {self._language.number(percent)} %" if percent else name

    def _group_names(self, group: int) -> str:
        return unit_names(next(self._run.groups.iloc[[group]].itertuples(index=False)))

    def _causes(self) -> str:
        _ = self._language.text
        causes = self._companions.causes
        if causes is None:
            return _("Because of whom is not known here: %(reason)s.", reason=self.why_no_causes())
        tipping = causes.sort_values("loading_percent", ascending=False, kind="stable").drop_duplicates("element")
        counted = tipping.loc[tipping["tipped_by"] != "", "tipped_by"].value_counts()
        if counted.empty:
            return _("Nobody tips a transformer over its limit.")
        named = ", ".join(
            f"{self._words(name)} ({self._language.number(count)})" for name, count in counted.head(N_NAMED).items()
        )
        rest = len(counted) - N_NAMED
        more = " " + _("and %(n)s more", n=self._language.number(rest)) if rest > 0 else ""
        return _(
            "In their highest hour they are tipped over the limit by %(named)s%(more)s (in brackets: transformers).",
            named=named,
            more=more,
        )

    def why_no_causes(self) -> str:
        """Return why there are no causes, in words."""
        _ = self._language.text
        reason = self._companions.why_no_causes
        if reason == "--no-causes":
            return _("the report was asked for without causes (--no-causes)")
        return _("scenario or network of the run cannot be read again (%(reason)s)", reason=reason)

    def _fixes(self) -> str:
        _ = self._language.text
        projects = self._companions.projects
        parts = []
        plan = self._companions.fixes.get("plan")
        if plan is not None:
            parts.append(_("measures in the plan of fixes: %(n)s", n=self._language.number(len(plan))))
        if projects is not None:
            late = projects[projects["verdict"] == "behind"]
            told = _(
                "planned substations that come later than the grid needs them: %(n)s of %(total)s",
                n=self._language.number(len(late)),
                total=self._language.number(len(projects)),
            )
            parts.append(told + self._furthest(late))
        if not parts:
            return _(
                "What helps was not worked out here: the commands gridsim leadlag and gridsim fixes tell which planned "
                "substations come too late and which measures cure the overloads."
            )
        return _("What helps: %(parts)s.", parts="; ".join(parts))

    def _furthest(self, late: pd.DataFrame) -> str:
        _ = self._language.text
        if late.empty or late["n0_lead_months"].isna().all():
            return ""
        worst = late.sort_values("n0_lead_months", kind="stable").iloc[0]
        return _(
            ", most of all %(place)s (%(months)s months)",
            place=place_name(str(worst["substation_name"])),
            months=("≥ " if worst["is_bound"] else "") + self._language.number(-worst["n0_lead_months"]),
        )

    def _data(self, shares: dict[str, Shares]) -> str:
        _, number = self._language.text, self._language.number
        return _(
            "Assumed data: %(overloaded)s %% of the transformers found above their limit, %(transformers)s %% of all "
            "transformers and %(lines)s %% of the lines rest on assumed rows, so this shows what such a grid would do, "
            "not what was measured.",
            overloaded=number(shares["overloaded"].assumed_percent),
            transformers=number(shares["transformers"].assumed_percent),
            lines=number(shares["lines"].assumed_percent),
        )

    def figures(self, shares: dict[str, Shares]) -> list[dict[str, Any]]:
        """Return key figures: words, value, unit, and whether it is alarming."""
        _, number = self._language.text, self._language.number
        run = self._run
        units = run.transformers
        load = run.steps["load_mw"]
        hottest = units["max_hot_spot_temp_c"].max()
        n_over = int((units["episodes"] > 0).sum())
        least = "≥ " if run.failed_h else ""
        figures = [
            (
                _("hours without solution"),
                number(run.failed_h),
                _("of %(total)s h", total=number(run.total_h)),
                run.failed_h > 0,
            ),
            (
                _("transformers above their limit"),
                least + number(n_over),
                _("of %(total)s", total=number(len(units))),
                n_over > 0,
            ),
            (
                _("highest loading"),
                least + number(units["peak_percent"].max()),
                "%",
                bool(units["peak_percent"].max() > 100.0),
            ),
            (_("highest load"), least + number(load.max()), _("MW"), False),
            (_("hottest spot"), least + number(hottest), "°C", bool(hottest > 120.0)),
            (
                _("assumed transformers"),
                number(shares["transformers"].assumed_percent),
                "%",
                shares["transformers"].assumed_percent > 0,
            ),
        ]
        return [dict(zip(("words", "value", "unit", "is_alarm"), figure, strict=True)) for figure in figures]
