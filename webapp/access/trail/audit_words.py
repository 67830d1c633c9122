"""The Italian words for every action of the audit trail, in the groups that the screen filters by."""

from webapp.access.trail.audit import Action

GROUPS: dict[str, dict[Action, str]] = {
    "Accessi": {
        Action.SIGNED_IN: "È entrato",
        Action.SIGN_IN_REFUSED: "Accesso rifiutato",
        Action.SIGNED_OUT: "È uscito",
        Action.PASSWORD_CHANGED: "Password cambiata",
        Action.SESSIONS_CLOSED: "Sessioni chiuse",
        Action.TWO_FACTOR_ON: "Verifica in due passaggi attivata",
        Action.TWO_FACTOR_OFF: "Verifica in due passaggi disattivata",
        Action.RECOVERY_CODES_MADE: "Codici di recupero creati",
        Action.RECOVERY_CODE_USED: "Codice di recupero usato",
    },
    "Operatori e ruoli": {
        Action.OPERATOR_INVITED: "Operatore invitato",
        Action.INVITATION_REVOKED: "Invito ritirato",
        Action.INVITATION_ACCEPTED: "Invito accettato",
        Action.OPERATOR_CREATED: "Operatore creato",
        Action.OPERATOR_DEACTIVATED: "Operatore disattivato",
        Action.OPERATOR_REACTIVATED: "Operatore riattivato",
        Action.ROLE_CHANGED: "Ruolo cambiato",
        Action.ROLE_REMOVED: "Ruolo tolto",
    },
    "Spazi cliente": {
        Action.CLIENT_CREATED: "Spazio cliente creato",
        Action.CLIENT_RENAMED: "Spazio cliente rinominato",
        Action.CLIENT_ENTERED: "Passato allo spazio cliente",
    },
    "Database e contatti": {
        Action.DATABASE_CREATED: "Database creato",
        Action.DATABASE_RENAMED: "Database rinominato",
        Action.DATABASE_DELETED: "Database eliminato",
        Action.IMPORT_STARTED: "Importazione avviata",
        Action.IMPORT_STOPPED: "Importazione fermata",
        Action.IMPORT_DISCARDED: "Importazione abbandonata",
        Action.IMPORT_UNDONE: "Importazione annullata",
        Action.CONTACT_ADDED: "Contatto aggiunto",
        Action.CONTACT_CHANGED: "Contatto modificato",
        Action.CONTACT_DELETED: "Contatto eliminato",
        Action.CONSENT_WORD_DECIDED: "Deciso che cosa vuol dire una parola del consenso",
        Action.CONTACTS_EXPORTED: "Contatti esportati",
        Action.FILE_DOWNLOADED: "File scaricato",
    },
    "Filtri": {
        Action.FILTER_CREATED: "Filtro creato",
        Action.FILTER_CHANGED: "Filtro modificato",
        Action.FILTER_DELETED: "Filtro eliminato",
    },
    "Account Facebook": {
        Action.ACCOUNT_CREATED: "Account aggiunto",
        Action.ACCOUNT_AUTHORISED: "Account autorizzato",
        Action.ACCOUNT_RENAMED: "Account modificato",
        Action.ACCOUNT_DELETED: "Account eliminato",
        Action.ACCOUNT_REVOKED: "Autorizzazione tolta da Facebook",
        Action.TOKENS_RESEALED: "Token sigillati con la nuova chiave",
    },
    "Caricamenti": {
        Action.UPLOAD_STARTED: "Caricamento avviato",
        Action.REFUSALS_INCLUDED: "Incluso chi ha detto no",
        Action.UPLOAD_STOPPED: "Caricamento fermato",
        Action.UPLOAD_RESUMED: "Caricamento ripreso",
        Action.UPLOAD_REPEATED: "Caricamento ripetuto",
        Action.UPLOAD_RETRIED: "Inviato solo ciò che mancava",
        Action.UPLOADS_SEEN: "Caricamenti segnati come visti",
    },
    "Installazione": {
        Action.SETTINGS_CHANGED: "Impostazioni cambiate",
        Action.BACKUP_MADE: "Copia di sicurezza fatta",
        Action.BACKUP_RESTORED: "Copia di sicurezza ripristinata",
        Action.TRAIL_EXPORTED: "Registro attività esportato",
    },
}
WORDS: dict[str, str] = {action: words for group in GROUPS.values() for action, words in group.items()}
