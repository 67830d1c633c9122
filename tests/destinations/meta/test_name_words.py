"""Names of audiences that Meta may block, and names like them that it has no reason to."""

import pytest

from webapp.destinations.meta.name_words import risky_word, warning


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Pazienti in cura 2025", "Pazienti"),
        ("clienti_diabete_tipo2", "diabete"),
        ("Recupero crediti, novembre", "Recupero crediti"),
        ("Cattivi pagatori", "Cattivi pagatori"),
        ("Invalidità civile", "Invalidità"),
        ("Richieste PRESTITO", "PRESTITO"),
    ],
)
def test_health_and_trouble_with_money_are_noticed(name, word):
    assert risky_word(name) == word
    assert warning(name).startswith(f"“{word}” può far pensare alla salute o alla situazione economica")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Clienti di Milano",
            "A cura di Anna",
            "Asmara viaggi",
            "Email non valide",
            "Mediterraneo",
            "Salumi",
        ),
        *(
            "Crediti formativi",
            "Black Friday, VIP",
            "Fallo ora",
            "Curiosi",
            "Studio Aurora, novembre 2026",
            "",
        ),
    ],
)
def test_harmless_names_pass(name):
    assert risky_word(name) is None and warning(name) is None
