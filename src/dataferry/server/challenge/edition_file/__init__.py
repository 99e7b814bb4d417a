"""An edition of the challenge as a versioned YAML file: read, checked, compared, and made from presets.

No models and no Django: the file says what an edition is, the room remembers what happened in it.
"""

from dataferry.server.challenge.edition_file.amendments import Change, diff, is_locked, locked_part
from dataferry.server.challenge.edition_file.calendar import KINDS, Division, Kind, Phase
from dataferry.server.challenge.edition_file.edition import EditionFile, FileDemands
from dataferry.server.challenge.edition_file.from_preset import changed_text, from_preset, presets, text_from_preset
from dataferry.server.challenge.edition_file.opening import weight_total
from dataferry.server.challenge.edition_file.problems import EditionFileError
from dataferry.server.challenge.edition_file.provenance import Provenance
from dataferry.server.challenge.edition_file.reading import findings_of, lines_of, read_edition
from dataferry.server.challenge.edition_file.scoring import AwardRules, CriterionRules, RoundRules, RubricRules
from dataferry.server.challenge.edition_file.shipped import preset_text
from dataferry.server.challenge.edition_file.unfilled import Unfilled, unfilled

__all__ = [
    "KINDS",
    "AwardRules",
    "Change",
    "CriterionRules",
    "Division",
    "EditionFile",
    "EditionFileError",
    "FileDemands",
    "Kind",
    "Phase",
    "Provenance",
    "RoundRules",
    "RubricRules",
    "Unfilled",
    "changed_text",
    "diff",
    "findings_of",
    "from_preset",
    "is_locked",
    "lines_of",
    "locked_part",
    "preset_text",
    "presets",
    "read_edition",
    "text_from_preset",
    "unfilled",
    "weight_total",
]
