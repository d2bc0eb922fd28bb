"""The places that a home page shows, read from its HTML."""

from html.parser import HTMLParser

CLASSES = {"price_by_night", "max_guest", "number_rooms", "number_bathrooms", "user", "description"}


class Articles(HTMLParser):
    """Collects, by article, the text of the first `h2` (the name) and of the elements of `CLASSES`, which do not nest."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.field, self.tag = None, None

    def handle_starttag(self, tag, attributes):
        if tag == "article":
            self.found.append({})
        if tag == "br" and self.field:
            self.handle_data(" ")
        if self.field or not self.found:
            return
        wanted = CLASSES.intersection((dict(attributes).get("class") or "").split())
        if tag == "h2" and "name" not in self.found[-1]:
            wanted = {"name"}
        for field in wanted:
            self.field, self.tag = field, tag
            self.found[-1][field] = ""

    def handle_endtag(self, tag):
        if tag == self.tag:
            self.field, self.tag = None, None

    def handle_data(self, text):
        if self.field:
            self.found[-1][self.field] += text


def articles(page):
    """A dict by article, in the page's order; white space is as a browser shows it."""
    reader = Articles()
    reader.feed(page.decode())
    reader.close()
    return [{field: " ".join(text.split()) for field, text in one.items()} for one in reader.found]
