"""What stopping an upload does, in Italian: what stays, what is on its way and arrives all the same. PURE."""

from webapp.uploads.screens.rows import UploadRow
from webapp.values.texts import number


def stop_question(row: UploadRow) -> str:
    """For hx-confirm: title, text, the button that goes on, the button that leaves all as it is."""
    buttons = "ferma il caricamento|lascialo proseguire"
    return f"Fermare il caricamento {row.called}?|{stop_consequence(row).replace('|', '/')}|{buttons}"


def stop_consequence(row: UploadRow) -> str:
    sent, numbers = row.numbers.sent, row.numbers
    if row.replaces:
        return (
            f"La custom audience “{row.audience_name}” resta com’era: cambia solo con l’ultimo blocco. "
            "Facebook può tenerla occupata fino a 90 minuti."
        )
    if numbers.to_remove:
        return _while_taking_out(row)
    going = numbers.on_its_way
    if not sent and not going:
        return "Nessun utente è ancora partito e nessuno verrà inviato."
    said = []
    if sent:
        stay = "L’utente già inviato resta" if sent == 1 else f"I {number(sent)} utenti già inviati restano"
        said.append(f"{stay} nella custom audience “{row.audience_name}”.")
    if going:
        said.append(_on_its_way(going))
    rest = numbers.waiting - going
    said.append("Gli altri non verranno inviati." if rest else "Non resta nessun altro da inviare.")
    return " ".join(said)


def _on_its_way(users: int) -> str:
    """Of a stop: what is with the destination already arrives all the same."""
    if users == 1:
        return "Un utente è già partito e può arrivare comunque."
    return f"{number(users)} utenti sono già partiti e possono arrivare comunque."


def _while_taking_out(row: UploadRow) -> str:
    numbers = row.numbers
    going = numbers.on_its_way + numbers.leaving_now
    if going:
        others = "Gli altri restano come sono." if numbers.left_to_do - going else ""
        return f"{_so_far(row)} {_going(going)} {others}".strip()
    if not numbers.done:
        return "Nessuno è ancora stato tolto né aggiunto, e nessuno lo sarà."
    return f"{_so_far(row)} La custom audience “{row.audience_name}” resta così."


def _so_far(row: UploadRow) -> str:
    numbers = row.numbers
    out = f"tolti {number(numbers.removed)} di {number(numbers.to_remove)}"
    added = f", aggiunti {number(numbers.sent)} di {number(numbers.to_send)}" if numbers.to_send else ""
    return f"Finora: {out}{added}."


def _going(users: int) -> str:
    if users == 1:
        return "Una richiesta per un utente è già partita e può riuscire comunque."
    return f"Le richieste per {number(users)} utenti sono già partite e possono riuscire comunque."
