"""The pharmacy by the book: antidotes and blood at once, every order against the drug rules, stock kept up."""

from __future__ import annotations

from triagelab.clinical.blood import choose_red_cells
from triagelab.clinical.drugs import DrugPatient, check
from triagelab.hospital.acts import Act
from triagelab.hospital.tables import needs
from triagelab.hospital.views import Chart, View, dose_table

ROLE = "pharmacy"


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    acts: list[Act] = []
    charts = {one["patient"]: one for one in view.patients}
    counts = view.counts
    stock, blood = dict(counts["stock"]), dict(counts["blood"])
    table = dose_table()
    rows = needs()
    taken: set[tuple[str, str]] = set()
    for one in view.patients:
        for kind in one["needs"]:
            row = rows[kind]
            if row.by == "blood":
                acts += _blood(one, blood)
            elif row.by == "drug":
                names = one.get("antidotes") or row.means
                for name in names:
                    if stock[name] > 0 and name not in one["given"] and (dose := usual(one, table[name])) is not None:
                        if not _safe(one, name, dose, table[name]):
                            continue
                        stock[name] -= 1
                        taken.add((one["patient"], name))
                        acts.append(_order(one, name, dose, table[name]))
                        break
    for order in view.orders:
        one = charts[str(order["patient"])]
        drug = str(order["drug"])
        if (str(order["patient"]), drug) in taken:
            continue
        problem = _problem(one, order, table[drug])
        if problem is None:
            if stock[drug] > 0:
                stock[drug] -= 1
                acts.append(Act(ROLE, "approve", {"order": order["order"]}))
        else:
            acts.append(Act(ROLE, "reject", {"order": order["order"]}))
    for entry in view.board:
        if "bag" in entry and entry["label"] != entry["lab_group"]:
            acts.append(Act(ROLE, "flag", {"incident": "mislabelled_blood", "subject": str(entry["bag"])}))
    for name, left in stock.items():
        if left <= 2 and name not in counts["on_the_way"]:
            acts.append(Act(ROLE, "restock", {"drug": name, "doses": 10}))
    return acts[: view.acts_left]


def usual(one: Chart, row: dict[str, object]) -> float | None:
    """Return the usual dose for a patient; None for a child of unknown weight."""
    if one["age_years"] >= 14:
        return float(str(row["dose"]))
    if one["weight_kg"] is None:
        return None
    return min(float(str(row["dose"])), round(float(str(row["per_kg"])) * one["weight_kg"], 2))


def _order(one: Chart, name: str, dose: float, row: dict[str, object]) -> Act:
    return Act(
        ROLE,
        "order",
        {"patient": one["patient"], "drug": name, "dose": dose, "unit": row["unit"], "route": row["route"]},
    )


def _blood(one: Chart, blood: dict[str, int]) -> list[Act]:
    units = one.get("units_needed", 0)
    group = choose_red_cells(one["group"], one["age_years"], one["sex"], blood).donor
    if not units or group is None:
        return []
    units = min(units, blood[group])
    blood[group] -= units
    return [Act(ROLE, "transfuse", {"patient": one["patient"], "group": group, "units": units})]


def known_patient(one: Chart) -> DrugPatient:
    """Return the patient as the chart shows him to the drug rules."""
    facts: dict[str, object] = {"age_years": one["age_years"], "sex": one["sex"]}
    if one["weight_kg"] is not None:
        facts["weight_kg"] = one["weight_kg"]
    if one["allergies"] is not None:
        facts["allergies"] = [
            {"drug": name, "reaction": reaction} for name, reaction in (entry.split(": ") for entry in one["allergies"])
        ]
    facts.update(one["history"] or {})
    return DrugPatient.from_mapping(facts)


def _safe(one: Chart, name: str, dose: float, row: dict[str, object]) -> bool:
    order = {"drug": name, "dose": dose, "unit": row["unit"], "route": row["route"]}
    return check(order, known_patient(one)).verdict != "reject"


def _problem(one: Chart, order: dict[str, object], row: dict[str, object]) -> str | None:
    dose = usual(one, row)
    if dose is not None and order["unit"] == row["unit"]:
        given = float(str(order["dose"]))
        if given > 2.0 * dose or given < 0.4 * dose:
            return "wrong_dose"
    written = {name: order[name] for name in ("drug", "dose", "unit", "route")}
    return "contraindicated_order" if check(written, known_patient(one)).verdict == "reject" else None
