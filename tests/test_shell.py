def test_the_component_sheet_is_a_page(signed_in, page):
    page(signed_in.get("/stile"))
