"""What a person may ask about themselves: where they went, and who is never to be sent again."""
