"""SOFA: six organ systems, each at least and at most, and sepsis as a rise of two points in an infected patient."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from triagelab.clinical.scores_result import Score, Span, add_up
from triagelab.clinical.scores_table import score_table
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, UnknownNameError

LIMITS: dict[str, tuple[float, float]] = {
    "pao2_fio2_mmhg": (10, 1000),
    "spo2_fio2": (10, 500),
    "platelets_k_ul": (0, 5000),
    "bilirubin_mg_dl": (0, 100),
    "map_mmhg": (0, 260),
    "dopamine_ug_kg_min": (0, 100),
    "dobutamine_ug_kg_min": (0, 100),
    "epinephrine_ug_kg_min": (0, 20),
    "norepinephrine_ug_kg_min": (0, 20),
    "creatinine_mg_dl": (0, 50),
    "urine_ml_day": (0, 30000),
}
DOSES: tuple[str, ...] = tuple(name for name in LIMITS if name.endswith("_kg_min"))
OXYGENATION: dict[str, str] = {"pao2": "pao2_fio2_mmhg", "spo2": "spo2_fio2"}

MG_DL_PER_UMOL_L = {"bilirubin": 1 / 17.1, "creatinine": 1 / 88.4}
MMHG_PER_KPA = 7.50062


@dataclass(frozen=True, slots=True)
class SofaValues:
    """What SOFA asks for beside the GCS, which comes from the vital signs.

    Units: in the names; ratios divide by the inspired fraction (0.21 to 1), and `spo2_fio2` starts from percent. Doses
    in micrograms a kilogram a minute, 0 where not given. Platelets in thousands a microlitre (10^9 a litre).

    Missing: None is unknown, never normal and never "not given"; `on_vasopressors=False` says of all four that they are
    not given. NaN becomes None.
    """

    pao2_fio2_mmhg: float | None = None
    spo2_fio2: float | None = None
    ventilated: bool | None = None
    platelets_k_ul: float | None = None
    bilirubin_mg_dl: float | None = None
    map_mmhg: float | None = None
    on_vasopressors: bool | None = None
    dopamine_ug_kg_min: float | None = None
    dobutamine_ug_kg_min: float | None = None
    epinephrine_ug_kg_min: float | None = None
    norepinephrine_ug_kg_min: float | None = None
    creatinine_mg_dl: float | None = None
    urine_ml_day: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None:
                continue
            if item.name not in LIMITS:
                if not isinstance(value, bool):
                    raise BadInputError(item.name, value, "true, false or null (unknown)")
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(item.name, value, "a number or null")
            low, high = LIMITS[item.name]
            if math.isnan(value):
                object.__setattr__(self, item.name, None)
            elif not low <= value <= high:
                raise BadInputError(item.name, value, f"{low:g} to {high:g}", "check the unit; use null if unknown")
        given = next((name for name in DOSES if getattr(self, name)), None)
        if self.on_vasopressors is False and given is not None:
            raise BadInputError("on_vasopressors", False, "true or null", f"{given} is {getattr(self, given):g}")
        if self.on_vasopressors and all(getattr(self, name) == 0 for name in DOSES):
            raise BadInputError("on_vasopressors", True, "false or null", "all four doses are 0")

    def with_si(
        self,
        *,
        pao2_fio2_kpa: float | None = None,
        bilirubin_umol_l: float | None = None,
        creatinine_umol_l: float | None = None,
    ) -> SofaValues:
        """Return the same with values given in SI units, converted.

        Bilirubin and creatinine are rounded to the 0.1 mg/dL in which the cells are printed. Conversion factors are
        common knowledge: 17.1 and 88.4 umol/L for 1 mg/dL, 7.50062 mmHg for 1 kPa.
        """
        given = {
            "pao2_fio2_kpa": pao2_fio2_kpa,
            "bilirubin_umol_l": bilirubin_umol_l,
            "creatinine_umol_l": creatinine_umol_l,
        }
        for name, value in given.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise BadInputError(name, value, "a number or null")
        found: dict[str, float] = {}
        if pao2_fio2_kpa is not None:
            found["pao2_fio2_mmhg"] = pao2_fio2_kpa * MMHG_PER_KPA
        if bilirubin_umol_l is not None:
            found["bilirubin_mg_dl"] = round(bilirubin_umol_l * MG_DL_PER_UMOL_L["bilirubin"], 1)
        if creatinine_umol_l is not None:
            found["creatinine_mg_dl"] = round(creatinine_umol_l * MG_DL_PER_UMOL_L["creatinine"], 1)
        return replace(self, **found)


Part = tuple[Span, list[str]]
"""Points of one organ system, and which unknown values can change them."""


def sofa(values: SofaValues, vitals: VitalSigns | None = None, *, oxygenation: str = "pao2") -> Score:
    """Return the SOFA of one patient, 0 to 24.

    Args:
        vitals: for the GCS.
        oxygenation: `pao2` reads PaO2/FiO2; `spo2` reads SpO2/FiO2 as its surrogate, with cut-offs of its own. Neither
            stands in for the other unasked.

    Missing: see `Score`. Creatinine and urine, pressure and drugs each count by the graver of them, so one that is
    unknown leaves the organ open unless the other gives 4 points already. Points 3 and 4 for breathing ask for
    ventilation, with the surrogate too.

    Raises: UnknownNameError for another oxygenation.
    """
    if oxygenation not in OXYGENATION:
        raise UnknownNameError("oxygenation", oxygenation, OXYGENATION)
    gcs = vitals.gcs if vitals is not None else None
    parts: dict[str, Part] = {
        "respiration": _respiration(values, OXYGENATION[oxygenation]),
        "coagulation": _single("platelets_k_ul", values.platelets_k_ul),
        "liver": _single("bilirubin_mg_dl", values.bilirubin_mg_dl),
        "cardiovascular": _cardiovascular(values),
        "nervous_system": _single("gcs", gcs),
        "renal": _gravest({name: getattr(values, name) for name in ("creatinine_mg_dl", "urine_ml_day")}),
    }
    missing = [name for _, names in parts.values() for name in names]
    return add_up("sofa", [{name: span for name, (span, _) in parts.items()}], missing)


def _single(name: str, value: float | None) -> Part:
    return score_table("sofa").items[name].span(value), [] if value is not None else [name]


def _gravest(values: dict[str, float | None]) -> Part:
    """Return the points of the gravest of several values, and the unknown ones that can still raise them."""
    items = score_table("sofa").items
    spans = {name: items[name].span(value) for name, value in values.items()}
    low, high = (max(span[end] for span in spans.values()) for end in (0, 1))
    return (low, high), [name for name, value in values.items() if value is None and spans[name][1] > low]


def _respiration(values: SofaValues, name: str) -> Part:
    ratio = getattr(values, name)
    low, high = score_table("sofa").items[name].span(ratio)
    if values.ventilated is not True:
        low = min(low, 2)
    if values.ventilated is False:
        high = min(high, 2)
    missing = [name] if ratio is None else []
    return (low, high), [*missing, "ventilated"] if values.ventilated is None and high > 2 else missing


def _cardiovascular(values: SofaValues) -> Part:
    doses = {name: getattr(values, name) for name in DOSES}
    if values.on_vasopressors is False:
        doses = dict.fromkeys(DOSES, 0.0)
    (low, high), missing = _gravest({"map_mmhg": values.map_mmhg, **doses})
    if values.on_vasopressors and not any(doses.values()):
        # One of those with an unknown dose is given, so no fewer points than the mildest of them gives.
        items = score_table("sofa").items
        unknown = [items[name] for name, dose in doses.items() if dose is None]
        low = max(low, min(min(points for *_, points in item.edges if points) for item in unknown))
        missing = [name for name in missing if name != "map_mmhg"]
    return (low, high), missing


def sepsis(infection: bool | None, before: Score, now: Score) -> bool | None:
    """Return whether an infection goes with a rise of SOFA by two points or more; None where that is open.

    Args:
        before: SOFA of the patient's usual state; now: SOFA now.

    Raises: BadInputError where one of the two is another score.
    """
    for field, score in (("before", before), ("now", now)):
        if score.name != "sofa":
            raise BadInputError(field, score.name, "a SOFA score")
    risen = True if now.low - before.high >= 2 else False if now.high - before.low < 2 else None
    if infection is False or risen is False:
        return False
    return True if infection and risen else None
