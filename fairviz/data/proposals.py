"""What a stranger's columns seem to be for: label, group, domain, best guess first; a person has the last word."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairviz.data.cells import as_text
from fairviz.data.roles import Division, Label
from fairviz.data.schema import MAX_GROUPS


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Parts of names. A column is called after one when its name, cut at marks and changes of case, holds the word.
LABELS = _set(
    """
    label target class outcome result income salary wage pay y pass passed bar admitted admission accepted
    approved approval granted grant hired hire promoted recid recidivism reoffended readmitted readmission
    default churn subscribed risk decision diagnosis survived success dropout graduated final status response
    pincp violent
    ergebnis entscheidung bewilligt genehmigt angenommen zugelassen eingestellt behandelt bestanden einkommen gehalt
    décision résultat accordé accepté admis embauché réussi revenu salaire
    decisión resultado aprobado aceptado admitido contratado ingreso salario
    decisione esito risultato approvato accettato ammesso assunto reddito stipendio
    decisão aprovado aceito contratado renda besluit uitkomst goedgekeurd aangenomen toegelaten inkomen
    decyzja wynik przyjęty karar sonuç onay решение результат одобрено доход
    """
)
GROUPS = _set(
    """
    sex gender race ethnicity ethnic hispanic hisp age religion nationality native marital disability disabled
    male female foreign migrant migration citizenship caste colour color skin orientation minority pct rac1p
    racep personal black white asian pregnancy veteran language msp mar dphy deye dear drem
    geschlecht herkunft staatsangehörigkeit nationalität alter hautfarbe behinderung konfession
    sexe genre origine nationalité âge handicap sexo género genero raza etnia origen nacionalidad edad discapacidad
    sesso genere età nazionalità cittadinanza gênero raça nacionalidade idade geslacht herkomst leeftijd nationaliteit
    płeć wiek narodowość cinsiyet yaş uyruk пол возраст национальность
    """
)
DOMAINS = _set(
    """
    domain site hospital clinic ward centre center school tier cluster region state st province county country
    city office area puma district zip branch store department dept sector industry employer workclass occupation job
    purpose contact channel source admission module course presentation year month quarter wave cohort batch
    period campaign specialty type housing
    klinik krankenhaus standort bundesland land stadt kreis bezirk filiale abteilung branche schule jahr monat quartal
    région département ville hôpital clinique établissement agence école pays année mois
    región provincia ciudad sucursal departamento escuela país año mes
    regione città ospedale clinica filiale scuola paese anno mese região cidade filial escola ano mês
    regio provincie stad ziekenhuis filiaal afdeling jaar maand miasto województwo szpital oddział rok
    bölge şehir hastane şube okul yıl регион город больница филиал год
    """
)
IDENTIFIERS = _set(
    """
    id identifier uuid key nbr number no index rowid row unnamed patient customer encounter
    """
)
#: Words for what people hope for, and for the opposite.
GOOD = re.compile(
    r"(?i)\b(yes|true|good|pass(ed)?|approved|accepted|admitted|granted|hired|success|distinction|paid|high|positive|y|t"
    r"|congrat\w*|ja|oui|s[ií]|sim|tak|evet|да|одобрено|принят[оа]?)\b"
    r"|^>|^\s*1(\.0)?\s*$"
)
BAD = re.compile(
    r"(?i)\b(no|not|false|bad|fail(ed)?|denied|rejected|never|withdrawn|default(ed)?|low|n|f"
    r"|refused|sorry|нет|отказ\w*|nein|non|n[ãa]o|nie|nee)\b|^<|^\s*0(\.0)?\s*$"
)
#: Names of labels that are bad for the person where they say yes, and how no is said.
BAD_LABELS = _set(
    """
    default churn recid recidivism reoffended readmitted readmission dropout rejected denied refused fraud
    delinquent delinquency arrested arrest failed failure died death violent ausfall abgelehnt kündigung
    """
)
NO = re.compile(r"(?i)\s*(no|not|never|none|false|n|f|0(\.0)?|nein|non|n[ãa]o|nie|nee|нет)\s*")
#: Cells of a column that says of what sex somebody is, whatever it is called.
SEXES = _set(
    """
    female male f m woman man women men girl boy weiblich männlich divers w frau mann femme homme fille garçon
    mujer hombre femenino masculino hembra varón femmina maschio femminile maschile donna uomo feminino mulher homem
    vrouw vrouwelijk mannelijk kobieta mężczyzna k kadın erkek женский мужской ж м other x diverse
    """
)
FEW_VALUES = 12
FEWEST, MOST_DOMAINS, ENOUGH = 2, 60, 50
AGE_BANDS = (25.0, 45.0, 65.0)


@dataclass(frozen=True)
class Proposed:
    """Columns that may play each role, the likeliest first."""

    labels: tuple[str, ...]
    groups: tuple[str, ...]
    domains: tuple[str, ...]


def words_of(name: str) -> set[str]:
    """``racePctWhite`` -> race, pct, white."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    found = {word.lower() for word in re.split(r"[\W_]+", apart) if word}
    return found | {re.sub(r"\d+$", "", word) for word in found}


def _named(name: str, known: frozenset[str]) -> bool:
    words = words_of(name)
    return bool(words & known) or any(word.startswith(k) for word in words for k in known if len(k) > 4)


@dataclass(frozen=True)
class _Look:
    """What a column looks like."""

    name: str
    place: float  # 0 first, 1 last
    numeric: bool
    whole: bool
    values: int
    missing: float
    distinct: float  # share of filled cells that differ from all others
    smallest: int  # people of the rarest value
    sexes: bool  # its cells say of what sex somebody is


def _look(name: str, values: pd.Series, place: float) -> _Look:
    counts = values.value_counts()
    numeric = pd.api.types.is_numeric_dtype(values)
    filled = max(int(counts.sum()), 1)
    whole = bool(numeric and (values.dropna() % 1 == 0).all())
    return _Look(
        name, place, numeric, whole, len(counts), 1 - filled / max(len(values), 1), len(counts) / filled,
        int(counts.min()) if len(counts) else 0,
        2 <= len(counts) <= 4 and {str(value).strip().lower() for value in counts.index} <= SEXES,
    )  # fmt: skip


def _identifier(look: _Look) -> bool:
    alike = look.distinct > 0.9 and (look.whole or not look.numeric)
    return alike or (_named(look.name, IDENTIFIERS) and look.distinct > 0.2)


def _as_label(look: _Look) -> float:
    if look.values < 2 or _identifier(look):
        return -9.0
    score = 3.0 * _named(look.name, LABELS) - 2.5 * (look.sexes or _named(look.name, GROUPS)) + 2.0 * look.place**3
    if look.values == 2:
        score += 2.5
    elif look.values <= 5:
        score += 0.8
    elif look.numeric and look.values > FEW_VALUES:
        score -= 0.7
    else:
        score -= 2.0
    return score - 3.0 * look.missing


def _as_group(look: _Look) -> float:
    if look.values < 2 or _identifier(look):
        return -9.0
    score = 4.0 * (look.sexes or _named(look.name, GROUPS)) - 1.0 * _named(look.name, LABELS)
    ages = look.numeric and "age" in words_of(look.name)
    if look.values <= MAX_GROUPS:
        score += 1.5 if look.values <= 6 else 0.8
    elif look.numeric:
        score += 0.5 if ages else -0.5
    else:
        score -= 3.0
    return score - 2.0 * look.missing - (1.0 if look.smallest < 10 and not look.numeric else 0.0)


def _as_domain(look: _Look) -> float:
    if look.values < FEWEST or _identifier(look):
        return -9.0
    score = (
        4.0 * _named(look.name, DOMAINS)
        - 2.0 * (look.sexes or _named(look.name, GROUPS))
        - 1.0 * _named(look.name, LABELS)
    )
    if look.values > MOST_DOMAINS:
        score -= 3.0
    elif look.values >= 3:
        score += 1.0
    if look.smallest >= ENOUGH:
        score += 0.5
    if look.numeric and not look.whole:
        score -= 3.0
    return score - 1.0 * look.missing


def propose(frame: pd.DataFrame) -> Proposed:
    """Columns by likelihood for each role, from their names, types and places."""
    names = list(frame.columns)
    looks = [_look(name, frame[name], k / max(len(names) - 1, 1)) for k, name in enumerate(names)]

    def best(score: Iterable[float]) -> tuple[str, ...]:
        order = np.argsort(-np.array(list(score)), kind="stable")
        return tuple(looks[k].name for k in order)

    return Proposed(best(map(_as_label, looks)), best(map(_as_group, looks)), best(map(_as_domain, looks)))


def named_for_roles(names: Sequence[str], most: int = 20) -> list[str]:
    """Of many columns those whose names speak of a label, a group or a domain, and the last one, often the label."""
    found = [name for name in names if any(_named(name, known) for known in (LABELS, GROUPS, DOMAINS))]
    return list(dict.fromkeys([*found[: most - 1], *names[-1:]]))


def propose_label(column: str, values: pd.Series) -> Label:
    """Which values of a column are good for the person; of many numbers, those above the median."""
    counts = as_text(values).dropna().value_counts()
    if pd.api.types.is_numeric_dtype(values) and len(counts) > FEW_VALUES:
        return Label(column, at_least=float(values.median()))
    kinds = list(counts.index)
    noes = [kind for kind in kinds if NO.fullmatch(kind)]
    if len(noes) == 1 and words_of(column) & BAD_LABELS:
        return Label(column, tuple(noes))
    good = [kind for kind in kinds if GOOD.search(kind) and not BAD.search(kind)]
    if len(kinds) == 2 and len(good) != 1:
        bad = [kind for kind in kinds if BAD.search(kind)]
        good = [kind for kind in kinds if kind not in bad] if len(bad) == 1 else kinds[1:]  # the rarer one
    return Label(column, tuple(good or kinds[-1:]))


def propose_division(column: str, values: pd.Series, *, most: int = MAX_GROUPS) -> Division:
    """A column's values as they are, or numbers cut into bands: ages at 25, 45 and 65, others at their quartiles."""
    if not pd.api.types.is_numeric_dtype(values) or values.nunique() <= min(most, FEW_VALUES):
        return Division((column,))
    low, high, middle = float(values.min()), float(values.max()), float(values.median())
    if "age" in words_of(column) and low >= 0 and 30 < high <= 130:
        edges = [edge for edge in AGE_BANDS if low < edge <= high]
    elif values.nunique() <= most:
        return Division((column,))
    else:
        quartiles = values.quantile([0.25, 0.5, 0.75]).tolist()
        width = quartiles[2] - quartiles[0] or high - low
        edges = sorted({round(q, 2 - math.floor(math.log10(width))) for q in quartiles})
        edges = [edge for edge in edges if low < edge <= high]
    if not edges:  # mostly one number: that one, and more
        above = values[values > low]
        edges = [middle if middle > low else float(above.min())]
    return Division((column,), ((column, tuple(edges)),))
