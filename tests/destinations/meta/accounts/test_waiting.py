"""What stands in place of the custom audiences while Facebook is asked for them."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_shape_of_a_list_is_shown_until_facebook_answers(window: Page, save_account):
    account = save_account()
    window.route("**/info/audience*", lambda _: None)
    window.goto(f"/configura/integrazioni/facebook/{account.public_id}/info", wait_until="domcontentloaded")

    expect(window.get_by_text("Leggiamo le custom audience da Facebook.")).to_be_visible()
    expect(window.locator("#audiences .skel").first).to_be_visible()
