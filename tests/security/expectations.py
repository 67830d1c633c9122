"""Who may ask for what and what they get, written here by hand and not taken from the application.

    method endpoint   the least visitor   what they get   exceptions

The least visitor and all above it get that answer for their own client's objects, and 404 for another
client's; who is less is sent to sign in (nobody signed in) or gets 403. `other:owner=303` says that the owner
of the installation may do it with another client's object too.
"""

TABLE = """
POST access.accept_invitation             anonymous     400
POST access.ask_for_reset                 anonymous     404
POST access.begin_second_factor           support       422
POST access.change_password               support       422
POST access.change_role                   administrator 422
POST access.choose_client                 support       303     other:owner=303
GET  access.clients                       owner         200
POST access.close_other_sessions          support       303
POST access.confirm_password              support       422
POST access.close_session                 support       303
GET  access.confirm_removal               administrator 200
POST access.confirm_second_factor         support       422
POST access.create_client                 owner         422
POST access.close_sessions_of             administrator 303
POST access.deactivate_operator           administrator 303
GET  access.edit_client                   owner         200     other:owner=200
GET  access.edit_operator                 administrator 200
POST access.enter_demo                    anonymous     303
GET  access.forgotten                     anonymous     200
POST access.give_code                     support       303
GET  access.invitation                    anonymous     400
POST access.invite                        administrator 422
GET  access.login                         anonymous     200|303
POST access.logout                        support       303
GET  access.new_client                    owner         200
GET  access.new_invitation                administrator 200
POST access.new_recovery_codes            support       422
GET  access.open_invitation               anonymous     303
GET  access.open_reset                    anonymous     303
GET  access.operators                     administrator 200
GET  access.profile                       support       200
POST access.reactivate_operator           administrator 303
POST access.remove_operator               administrator 303
POST access.rename_client                 owner         422     other:owner=422
POST access.renew_invitation              administrator 200
GET  access.reset                         anonymous     400
POST access.revoke_invitation             administrator 303
POST access.save_settings                 administrator 422
GET  access.second_factor                 support       200
GET  access.second_factor_qr              support       404
GET  access.second_step                   support       303
POST access.set_new_password              anonymous     400
GET  access.settings                      administrator 200
POST access.sign_in                       anonymous     422
POST access.switch_off_second_factor      support       422
GET  access.trail                         administrator 200
GET  access.trail_csv                     administrator 200
GET  contacts.all_filters                 support       200
POST contacts.apply_suggestion            marketer      303
GET  contacts.check_import                support       200
POST contacts.choose_columns              marketer      303
GET  contacts.confirm_contact_deletion    marketer      200
GET  contacts.confirm_delete              marketer      200
GET  contacts.confirm_delete_database     marketer      200
GET  contacts.confirm_erasure             marketer      200
GET  contacts.confirm_undo                marketer      200
GET  contacts.contact                     marketer      200
GET  contacts.contacts                    support       200
GET  contacts.consent_words               marketer      200
POST contacts.count_filter                marketer      200
POST contacts.create_contact              marketer      422
POST contacts.create_database             marketer      422
POST contacts.create_filter               marketer      422
POST contacts.create_import               marketer      422
POST contacts.create_sample                marketer      303
GET  contacts.database                    support       303
GET  contacts.databases                   support       200
POST contacts.decide_import_words         marketer      303
POST contacts.decide_words                marketer      303
POST contacts.delete_contact              marketer      303
POST contacts.delete_contacts             marketer      303
POST contacts.delete_database             marketer      422
POST contacts.delete_filter               marketer      303
POST contacts.delete_filters              marketer      303
POST contacts.discard_import              marketer      303
POST contacts.duplicate_filter            marketer      303
GET  contacts.edit_contact                marketer      200
GET  contacts.edit_database               marketer      200
GET  contacts.edit_filter                 marketer      200
POST contacts.erase_contact               marketer      303
GET  contacts.export                      marketer      200
POST contacts.export_contacts             marketer      200
GET  contacts.export_file                 marketer      200
GET  contacts.export_state                marketer      200
GET  contacts.filters                     support       200
GET  contacts.import_columns              marketer      200
GET  contacts.import_progress             support       200
GET  contacts.import_reading              marketer      200
GET  contacts.import_result               support       200
GET  contacts.import_words                marketer      200
GET  contacts.imports                     support       200
POST contacts.keep_values                 marketer      303
GET  contacts.new_contact                 marketer      200
GET  contacts.new_database                marketer      200
GET  contacts.new_filter                  marketer      200
GET  contacts.new_import                  marketer      200
POST contacts.read_again                  marketer      303
GET  contacts.rejected_rows               marketer      200
POST contacts.rename_database             marketer      422
GET  contacts.sample_file                 marketer      200
POST contacts.save_columns                marketer      303
POST contacts.save_contact                marketer      409|422
POST contacts.save_filter                 marketer      422
POST contacts.start_import                marketer      303
POST contacts.stop_import                 marketer      303
POST contacts.undo_import                 marketer      303
GET  health.healthz                       anonymous     200
GET  health.readyz                        anonymous     200
POST home.find                         support       200
GET  home.guide                           support       200
GET  home.leave_demo                      support       200
GET  home.now_fragment                    support       200
GET  home.metrics                         anonymous     404
GET  home.overview                        support       200
GET  home.search                       support       200
GET  home.style                           anonymous     200
GET  home.welcome                         support       303
GET  meta.account_audiences               support       200
GET  meta.account_info                    support       200
GET  meta.accounts                        support       200
GET  meta.authorisation_return            anonymous     400
POST meta.check_again                     administrator 303
GET  meta.choose_account                  administrator 404
GET  meta.confirm_delete                  administrator 200
POST meta.create_account                  administrator 422
POST meta.deauthorised                    anonymous     400
POST meta.delete_account                  administrator 303
GET  meta.edit_account                    administrator 200
POST meta.erase                           anonymous     400
GET  meta.erased                          anonymous     404
GET  meta.health                          support       200
GET  meta.integrations                    support       200
GET  meta.new_account                     administrator 200
POST meta.reauthorise                     administrator 303
POST meta.update_account                  administrator 422
POST privacy.find                         support       422
GET  privacy.where                        support       200
GET  static                               anonymous     200
GET  uploads.audience_fragment            marketer      200
GET  uploads.audience                     support       404
GET  uploads.choose_source                marketer      200
GET  uploads.confirm_stop                 marketer      200
GET  uploads.detail                       support       200
GET  uploads.diagnosis                    support       200
GET  uploads.diagnosis_file               support       200
GET  uploads.filter_history               support       200
GET  uploads.filter_history_fragment      support       200
GET  uploads.history                      support       200
GET  uploads.history_fragment             support       200
GET  uploads.invalid_csv                  marketer      200
GET  uploads.left_out_fragment            support       200
GET  uploads.left_out_rows                support       200
GET  uploads.log_fragment                 support       200
GET  uploads.monitor                      support       200
GET  uploads.monitor_csv                  support       200
GET  uploads.monitor_fragment             support       200
GET  uploads.name_fragment                marketer      200
GET  uploads.new_upload                   marketer      200
POST uploads.open_elsewhere               support       303     other:owner=303
GET  uploads.progress_fragment            support       200
GET  uploads.ready_fragment               marketer      200
GET  uploads.recognise_fragment           marketer      200
POST uploads.repeat                       marketer      303
GET  uploads.check_fragment               marketer      200
POST uploads.confirm_removal              marketer      303
POST uploads.resume                       marketer      303
POST uploads.retry                        marketer      303
POST uploads.see                          marketer      303
POST uploads.see_all                      marketer      303
POST uploads.start_upload                 marketer      422
POST uploads.stop                         marketer      303
"""
VISITORS = ("anonymous", "support", "marketer", "administrator", "owner")


class Row:
    """One line of the table."""

    def __init__(self, line: str) -> None:
        self.method, self.endpoint, self.least, statuses, *exceptions = line.split()
        self.statuses = {int(status) for status in statuses.split("|")}
        self.exceptions = dict(exception.split("=") for exception in exceptions)

    def expects(self, asker: str, whose: str) -> set[int]:
        """The statuses that are right for this visitor."""
        if VISITORS.index(asker) < VISITORS.index(self.least):
            return {303} if asker == "anonymous" else {403}
        if whose == "other":
            return {int(self.exceptions.get(f"other:{asker}", 404))}
        return self.statuses


ROWS = {(row.method, row.endpoint): row for row in map(Row, TABLE.strip().splitlines())}


def missing(method: str, endpoint: str) -> str:
    """What to say of an endpoint nobody expected."""
    return (
        f"tests/security/expectations.py says nothing of {method} {endpoint}: add, with what it should be,\n"
        f"    {method:<5}{endpoint:<37}marketer      200"
    )
