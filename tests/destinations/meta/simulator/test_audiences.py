"""Audiences as nodes and as a list: fields, pages, statuses that move with time."""

import hashlib
import re

import pytest


def people(count: int) -> list[list[str]]:
    return [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(count)]


def listed(meta, **params) -> dict:
    return meta.get(f"/act_{meta.account_id}/customaudiences", **params).json()


def error(answer) -> dict:
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def test_a_node_answers_with_its_id_alone_unless_asked(meta):
    audience = meta.new_audience()
    assert meta.get(f"/{audience}").json() == {"id": audience}
    assert meta.get(f"/{audience}", fields="name,subtype").json() == {
        "name": "Prova",
        "subtype": "CUSTOM",
        "id": audience,
    }


def test_a_field_nobody_knows_is_an_error(meta):
    answer = error(meta.get(f"/{meta.new_audience()}", fields="name,approximate_count"))
    assert answer["message"] == (
        "(#100) Tried accessing nonexisting field (approximate_count) on node type (CustomAudience)"
    )


def test_times_are_unix_seconds_and_ids_are_strings(meta):
    node = meta.get(f"/{meta.new_audience()}", fields="time_created,time_updated,account_id").json()
    assert isinstance(node["time_created"], int) and isinstance(node["time_updated"], int)
    assert re.fullmatch(r"\d{17}", node["id"]) and node["account_id"] == meta.account_id


def test_the_seed_has_something_of_everything_to_look_at(meta):
    fields = "name,subtype,operation_status,approximate_count_lower_bound,time_content_updated"
    rows = listed(meta, fields=fields)["data"]
    assert [(row["subtype"], row["operation_status"]["code"]) for row in rows] == [
        ("CUSTOM", 471),
        ("LOOKALIKE", 200),
        ("CUSTOM", 200),
    ]
    assert rows[2]["approximate_count_lower_bound"] == 48_000
    assert rows[0]["approximate_count_lower_bound"] == -1


def test_pages_are_newest_first_and_next_exists_only_while_there_is_more(meta):
    ids = [meta.new_audience() for _ in range(5)]
    meta.control("/audience", audience=ids[0], deleted=True)
    page = listed(meta, limit=3)
    assert [row["id"] for row in page["data"]] == [ids[4], ids[3], ids[2]]
    assert "previous" not in page["paging"]
    second = meta.http.get(page["paging"]["next"], timeout=5).json()
    assert [row["id"] for row in second["data"]] == [ids[1], "23861540031100582", "23861540020700582"]
    third = meta.http.get(second["paging"]["next"], timeout=5).json()
    assert [row["id"] for row in third["data"]] == ["23861540010200582"]
    assert "next" not in third["paging"]
    back = meta.http.get(third["paging"]["previous"], timeout=5).json()
    assert back["data"] == second["data"]


def test_slashes_in_the_next_address_are_escaped_as_php_does(meta):
    text = meta.call("GET", f"/act_{meta.account_id}/customaudiences", params={"limit": 1}).text
    assert r"http:\/\/127.0.0.1" in text


def test_an_empty_list_has_no_paging(meta):
    assert meta.get("/act_2260417893315047/customaudiences").json() == {"data": []}


def test_a_list_can_be_filtered(meta):
    rule = '[{"field":"operation_status.code","operator":"IN","value":[471]}]'
    assert [row["name"] for row in listed(meta, fields="name", filtering=rule)["data"]] == [
        "Pazienti in cura 2025"
    ]
    rule = '[{"field":"name","operator":"CONTAIN","value":"newsletter"}]'
    assert len(listed(meta, filtering=rule)["data"]) == 2
    assert error(meta.get(f"/act_{meta.account_id}/customaudiences", filtering="[{}]"))["code"] == 100


def test_an_audience_grows_as_metas_do(meta):
    """Recorded: −1 when new, 1000 right after 151 rows; the real size comes later."""
    fields = "approximate_count_lower_bound,approximate_count_upper_bound,operation_status,delivery_status"
    audience = meta.new_audience()

    def seen() -> tuple[int, int, int, int]:
        node = meta.get(f"/{audience}", fields=fields).json()
        return (
            node["approximate_count_lower_bound"],
            node["approximate_count_upper_bound"],
            node["operation_status"]["code"],
            node["delivery_status"]["code"],
        )

    assert seen() == (-1, -1, 410, 400)
    meta.add(audience, people(10_000))
    assert seen() == (1_000, 1_000, 441, 300)
    meta.control("/clock", advance_s=60)
    assert seen() == (7_000, 7_100, 200, 200)


def test_a_small_audience_shows_a_thousand_and_cannot_deliver(meta):
    audience = meta.new_audience()
    meta.add(audience, people(90))
    fields = "approximate_count_lower_bound,delivery_status"
    assert meta.get(f"/{audience}", fields=fields).json()["approximate_count_lower_bound"] == -1
    meta.control("/clock", advance_s=60)
    node = meta.get(f"/{audience}", fields=fields).json()
    assert (node["approximate_count_lower_bound"], node["delivery_status"]["code"]) == (1_000, 300)


def test_names_are_not_unique(meta):
    assert meta.new_audience(name="Clienti") != meta.new_audience(name="Clienti")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}, "Missing parameter(s): name"),
        ({"name": "x", "subtype": "CUSTOM"}, "Missing parameter(s): customer_file_source"),
        ({"name": "x", "customer_file_source": "MIO"}, "Param customer_file_source must be one of"),
        (
            {"name": "x", "customer_file_source": "USER_PROVIDED_ONLY", "retention_days": 181},
            "retention_days",
        ),
    ],
)
def test_a_creation_with_something_missing_is_refused(meta, body, text):
    answer = error(meta.post(f"/act_{meta.account_id}/customaudiences", **body))
    assert answer["code"] == 100 and text in answer["message"]


def test_the_501st_customer_file_audience_is_refused(meta):
    account = "900000000000501"
    body = {"name": "x", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    for _ in range(500):
        assert meta.post(f"/act_{account}/customaudiences", **body).status_code == 200
    assert error(meta.post(f"/act_{account}/customaudiences", **body))["code"] == 2654


def test_an_audience_is_renamed_and_described(meta):
    audience = meta.new_audience()
    assert meta.post(f"/{audience}", name="Nuovo", description="segno").json() == {"success": True}
    assert meta.get(f"/{audience}", fields="name,description").json()["description"] == "segno"


def test_a_deleted_audience_leaves_the_list_and_says_so(meta):
    audience = meta.new_audience()
    assert meta.call("DELETE", f"/{audience}").json() == {"success": True}
    assert audience not in [row["id"] for row in listed(meta)["data"]]
    assert error(meta.get(f"/{audience}"))["code"] == 1487366


def test_an_audience_with_lookalikes_stays(meta):
    assert error(meta.call("DELETE", "/23861540010200582"))["code"] == 2656


def test_a_flagged_audience_is_edited_only_where_it_was_flagged(meta):
    assert error(meta.post("/23861540031100582", description="x"))["error_subcode"] == 1713231
    assert meta.post("/23861540031100582", name="Clienti 2025").json() == {"success": True}
    status = meta.get("/23861540031100582", fields="operation_status").json()["operation_status"]
    assert status["code"] == 200


def test_an_account_the_person_is_not_assigned_to_does_not_exist_for_them(meta):
    meta.control("/account", account=meta.account_id, assigned=False)
    answer = error(meta.get(f"/act_{meta.account_id}", fields="name"))
    assert (answer["code"], answer["error_subcode"], answer["type"]) == (100, 33, "GraphMethodException")
    assert error(meta.get("/23861540010200582"))["error_subcode"] == 33


def test_any_account_id_exists_only_while_accounts_are_open(meta):
    assert meta.get("/act_777000111", fields="name").json()["name"] == "Account 777000111"
    meta.control("/settings", open_accounts=False)
    assert error(meta.get("/act_777000222"))["error_subcode"] == 33


def test_an_account_shows_what_was_asked_and_by_default_its_ids(meta):
    node = meta.get(f"/act_{meta.account_id}").json()
    assert node == {"account_id": meta.account_id, "id": f"act_{meta.account_id}"}
    fields = "name,account_status,currency,business{id,name},tos_accepted,user_tasks,disable_reason"
    node = meta.get(f"/act_{meta.account_id}", fields=fields).json()
    assert node["business"] == {"id": "553810024417", "name": "Bottega Ferri srl"}
    assert node["tos_accepted"] == {"custom_audience_tos": 1}
    assert (node["account_status"], node["currency"]) == (1, "EUR")


def test_the_accounts_of_the_person_come_in_pages(meta):
    page = meta.get("/me/adaccounts", fields="name", limit=1).json()
    assert [row["name"] for row in page["data"]] == ["Bottega Ferri – Vendite"]
    assert "next" in page["paging"]


def test_versions_outside_those_in_service_are_retired(meta):
    for version in ("v24.0", "v27.0", "v1.0"):
        url = f"{meta.graph_url}/{version}/me"
        answer = meta.http.get(url, params={"access_token": meta.access_token}, timeout=5)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2635)


def test_without_a_version_the_oldest_in_service_answers(meta):
    answer = meta.http.get(f"{meta.graph_url}/me", params={"access_token": meta.access_token}, timeout=5)
    assert answer.headers["facebook-api-version"] == "v25.0"
    assert meta.get("/me").headers["facebook-api-version"] == "v26.0"


def test_a_path_nobody_knows(meta):
    assert error(meta.get(f"/act_{meta.account_id}/customaudience"))["code"] == 2500
    assert error(meta.call("DELETE", f"/act_{meta.account_id}/customaudiences"))["error_subcode"] == 33
