"""The policy: every endpoint of the application, and the least rank that may ask for it. PURE.

An endpoint that is not here is refused (`guard`), and `tests/access/test_policy.py` names it with the line
to add. Each kind may do what the ones before it may. The table says who may ask at all; that objects are of
the client whose pages are open is up to the views, which answer 404 for all others.
"""

from enum import IntEnum

from webapp.access.models import Role


class Who(IntEnum):
    """From anybody to the owner of the installation."""

    PUBLIC = 0  # without signing in
    OPERATOR = 1  # signed in, even without a client
    SUPPORT = 2  # every role in the open client: counts, statuses and codes, never a person's data or exports
    MARKETER = 3  # contacts, filters, uploads
    ADMINISTRATOR = 4  # accounts, people and settings of the open client
    OWNER = 5  # of the installation: all clients


RANKS = {Role.SUPPORT: Who.SUPPORT, Role.MARKETER: Who.MARKETER, Role.ADMINISTRATOR: Who.ADMINISTRATOR}


class NoRule(LookupError):
    """An endpoint nobody wrote a rule for; `str()` says which line to add where."""


def who_may(endpoint: str) -> Who:
    """The least that one must be to ask for *endpoint*. Raises NoRule."""
    if endpoint not in POLICY:
        kinds = ", ".join(kind.name for kind in Who)
        raise NoRule(
            f"webapp/access/policy.py says nothing of {endpoint!r}, so it is refused to everybody. "
            f'Add to POLICY, with its room:    "{endpoint}": Who.MARKETER,    (or one of: {kinds})'
        )
    return POLICY[endpoint]


POLICY: dict[str, Who] = {
    "static": Who.PUBLIC,
    "health.healthz": Who.PUBLIC,
    "health.readyz": Who.PUBLIC,
    "home.metrics": Who.PUBLIC,  # to whoever brings the token of monitoring
    # access: enter, leave, oneself
    "access.login": Who.PUBLIC,
    "access.sign_in": Who.PUBLIC,
    "access.second_step": Who.PUBLIC,  # the password was right, the code is still owed
    "access.give_code": Who.PUBLIC,
    "access.enter_demo": Who.PUBLIC,
    "access.forgotten": Who.PUBLIC,
    "access.ask_for_reset": Who.PUBLIC,
    "access.open_reset": Who.PUBLIC,  # to whoever holds the link
    "access.reset": Who.PUBLIC,
    "access.set_new_password": Who.PUBLIC,
    "access.logout": Who.OPERATOR,
    "access.choose_client": Who.OPERATOR,
    "access.profile": Who.OPERATOR,
    "access.change_password": Who.OPERATOR,
    "access.confirm_password": Who.OPERATOR,
    "access.close_session": Who.OPERATOR,
    "access.close_other_sessions": Who.OPERATOR,
    "access.second_factor": Who.OPERATOR,
    "access.begin_second_factor": Who.OPERATOR,
    "access.second_factor_qr": Who.OPERATOR,
    "access.confirm_second_factor": Who.OPERATOR,
    "access.new_recovery_codes": Who.OPERATOR,
    "access.switch_off_second_factor": Who.OPERATOR,
    "access.open_invitation": Who.PUBLIC,  # to whoever holds the link
    "access.invitation": Who.PUBLIC,
    "access.accept_invitation": Who.PUBLIC,
    # access: the people of a client
    "access.operators": Who.ADMINISTRATOR,
    "access.new_invitation": Who.ADMINISTRATOR,
    "access.invite": Who.ADMINISTRATOR,
    "access.renew_invitation": Who.ADMINISTRATOR,
    "access.revoke_invitation": Who.ADMINISTRATOR,
    "access.edit_operator": Who.ADMINISTRATOR,
    "access.change_role": Who.ADMINISTRATOR,
    "access.deactivate_operator": Who.ADMINISTRATOR,
    "access.close_sessions_of": Who.ADMINISTRATOR,
    "access.reactivate_operator": Who.ADMINISTRATOR,
    "access.confirm_removal": Who.ADMINISTRATOR,
    "access.remove_operator": Who.ADMINISTRATOR,
    "access.trail": Who.ADMINISTRATOR,
    "access.trail_csv": Who.ADMINISTRATOR,
    "access.settings": Who.ADMINISTRATOR,
    "access.save_settings": Who.ADMINISTRATOR,
    # access: the clients of the installation
    "access.clients": Who.OWNER,
    "access.new_client": Who.OWNER,
    "access.create_client": Who.OWNER,
    "access.edit_client": Who.OWNER,
    "access.rename_client": Who.OWNER,
    # home
    "home.style": Who.PUBLIC,  # a 404 outside development and demo
    "home.leave_demo": Who.OPERATOR,
    "home.guide": Who.OPERATOR,
    "home.search": Who.SUPPORT,  # what each may open, and nothing else
    "home.find": Who.SUPPORT,
    "home.overview": Who.SUPPORT,
    "home.now_fragment": Who.SUPPORT,
    "home.welcome": Who.SUPPORT,
    # contacts: databases and contacts
    "contacts.databases": Who.SUPPORT,
    "contacts.database": Who.SUPPORT,
    "contacts.new_database": Who.MARKETER,
    "contacts.create_database": Who.MARKETER,
    "contacts.create_sample": Who.MARKETER,
    "contacts.edit_database": Who.MARKETER,
    "contacts.rename_database": Who.MARKETER,
    "contacts.confirm_delete_database": Who.MARKETER,
    "contacts.delete_database": Who.MARKETER,
    "contacts.contacts": Who.SUPPORT,  # masked for support
    "contacts.contact": Who.MARKETER,
    "contacts.choose_columns": Who.MARKETER,
    "contacts.export_contacts": Who.MARKETER,
    "contacts.export": Who.MARKETER,
    "contacts.export_state": Who.MARKETER,
    "contacts.export_file": Who.MARKETER,
    "contacts.consent_words": Who.MARKETER,
    "contacts.decide_words": Who.MARKETER,
    "contacts.new_contact": Who.MARKETER,
    "contacts.create_contact": Who.MARKETER,
    "contacts.edit_contact": Who.MARKETER,
    "contacts.save_contact": Who.MARKETER,
    "contacts.apply_suggestion": Who.MARKETER,
    "contacts.confirm_contact_deletion": Who.MARKETER,
    "contacts.delete_contact": Who.MARKETER,
    "contacts.delete_contacts": Who.MARKETER,
    "contacts.confirm_erasure": Who.MARKETER,
    "contacts.erase_contact": Who.MARKETER,
    # contacts: imports
    "contacts.imports": Who.SUPPORT,
    "contacts.import_result": Who.SUPPORT,
    "contacts.import_progress": Who.SUPPORT,
    "contacts.new_import": Who.MARKETER,
    "contacts.sample_file": Who.MARKETER,
    "contacts.create_import": Who.MARKETER,
    "contacts.import_columns": Who.MARKETER,
    "contacts.import_reading": Who.MARKETER,
    "contacts.read_again": Who.MARKETER,
    "contacts.save_columns": Who.MARKETER,
    "contacts.keep_values": Who.MARKETER,
    "contacts.import_words": Who.MARKETER,
    "contacts.decide_import_words": Who.MARKETER,
    "contacts.check_import": Who.SUPPORT,  # counts and reasons, no examples
    "contacts.start_import": Who.MARKETER,
    "contacts.stop_import": Who.MARKETER,
    "contacts.confirm_undo": Who.MARKETER,
    "contacts.undo_import": Who.MARKETER,
    "contacts.discard_import": Who.MARKETER,
    "contacts.rejected_rows": Who.MARKETER,
    # contacts: filters
    "contacts.all_filters": Who.SUPPORT,
    "contacts.filters": Who.SUPPORT,
    "contacts.new_filter": Who.MARKETER,
    "contacts.create_filter": Who.MARKETER,
    "contacts.count_filter": Who.MARKETER,
    "contacts.edit_filter": Who.MARKETER,
    "contacts.save_filter": Who.MARKETER,
    "contacts.duplicate_filter": Who.MARKETER,
    "contacts.confirm_delete": Who.MARKETER,
    "contacts.delete_filter": Who.MARKETER,
    "contacts.delete_filters": Who.MARKETER,
    # meta: ad accounts
    "meta.integrations": Who.SUPPORT,
    "meta.accounts": Who.SUPPORT,
    "meta.health": Who.SUPPORT,  # of every client the operator follows
    "meta.account_info": Who.SUPPORT,
    "meta.account_audiences": Who.SUPPORT,
    "meta.new_account": Who.ADMINISTRATOR,
    "meta.choose_account": Who.ADMINISTRATOR,
    "meta.create_account": Who.ADMINISTRATOR,
    "meta.edit_account": Who.ADMINISTRATOR,
    "meta.update_account": Who.ADMINISTRATOR,
    "meta.reauthorise": Who.ADMINISTRATOR,
    "meta.check_again": Who.ADMINISTRATOR,
    "meta.confirm_delete": Who.ADMINISTRATOR,
    "meta.delete_account": Who.ADMINISTRATOR,
    "meta.authorisation_return": Who.PUBLIC,  # refuses by itself: who comes back may have been signed out
    "meta.deauthorised": Who.PUBLIC,  # what Meta sends is signed by Meta
    "meta.erase": Who.PUBLIC,
    "meta.erased": Who.PUBLIC,
    # uploads
    "uploads.history": Who.SUPPORT,
    "uploads.history_fragment": Who.SUPPORT,
    "uploads.filter_history": Who.SUPPORT,
    "uploads.filter_history_fragment": Who.SUPPORT,
    "uploads.monitor": Who.SUPPORT,
    "uploads.monitor_fragment": Who.SUPPORT,
    "uploads.monitor_csv": Who.SUPPORT,  # numbers and codes, no person
    "uploads.detail": Who.SUPPORT,
    "uploads.progress_fragment": Who.SUPPORT,
    "uploads.left_out_fragment": Who.SUPPORT,  # examples only for those who may see contacts
    "uploads.left_out_rows": Who.SUPPORT,  # masked for support
    "uploads.log_fragment": Who.SUPPORT,
    "uploads.diagnosis": Who.SUPPORT,  # counts, codes and times, no person
    "uploads.diagnosis_file": Who.SUPPORT,
    "uploads.open_elsewhere": Who.SUPPORT,  # of a client the operator follows
    "uploads.audience": Who.SUPPORT,  # counts, no person
    "uploads.choose_source": Who.MARKETER,
    "uploads.new_upload": Who.MARKETER,
    "uploads.audience_fragment": Who.MARKETER,
    "uploads.name_fragment": Who.MARKETER,
    "uploads.ready_fragment": Who.MARKETER,
    "uploads.recognise_fragment": Who.MARKETER,
    "uploads.check_fragment": Who.MARKETER,
    "uploads.start_upload": Who.MARKETER,
    "uploads.confirm_stop": Who.MARKETER,
    "uploads.stop": Who.MARKETER,
    "uploads.resume": Who.MARKETER,
    "uploads.confirm_removal": Who.MARKETER,
    "uploads.retry": Who.MARKETER,
    "uploads.see": Who.MARKETER,
    "uploads.see_all": Who.MARKETER,
    "uploads.repeat": Who.MARKETER,
    "uploads.invalid_csv": Who.MARKETER,
    # privacy
    "privacy.where": Who.SUPPORT,
    "privacy.find": Who.SUPPORT,  # where and when, no person
}
