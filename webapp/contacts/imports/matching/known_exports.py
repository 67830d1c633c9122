"""Column names in the exports of known programs. Data. PURE.

An export is known by *marks*, names that only it has together; its *targets* go before what the names
would say by themselves. *email* and *mobile* name the columns that feed these fields, in order. Names are
written as the programs write them; a column that is not here goes by its name and by what it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.contacts.imports.matching.names import name_of


@dataclass(frozen=True, slots=True)
class Export:
    """*source*: where the names are from; "by description" where no file of the program was at hand."""

    program: str
    source: str
    marks: tuple[str, ...]
    targets: dict[str, str] = field(default_factory=dict)
    email: tuple[str, ...] = ()
    mobile: tuple[str, ...] = ()


_MAILCHIMP_REFUSALS = {"OPTIN_TIME": "skip", "CONFIRM_TIME": "skip", "CC": "country"}

EXPORTS = (
    Export(
        "Shopify",
        "help.shopify.com/en/manual/customers/import-export-customers (columns of the customer CSV)",
        marks=("Accepts Email Marketing", "Default Address Phone"),
        targets={
            "Customer ID": "code",
            "First Name": "first_name",
            "Last Name": "last_name",
            "Accepts Email Marketing": "consent_email",
            "Accepts SMS Marketing": "consent_sms",
            "Default Address City": "city",
            "Default Address Province Code": "province",
            "Default Address Country Code": "country",
            "Default Address Zip": "postcode",
        },
        email=("Email",),
        mobile=("Phone", "Default Address Phone"),
    ),
    Export(
        "WooCommerce",
        "woocommerce.com/document/woocommerce-analytics/customers-report (its download, Italian)",
        marks=("Nome utente", "Paese / regione", "Codice postale"),
        targets={
            "Paese / regione": "country",
            "Città": "city",
            "Regione": "province",
            "Codice postale": "postcode",
        },
        email=("Email",),
    ),
    Export(
        "WooCommerce",
        "woocommerce.com/document/woocommerce-analytics/customers-report (its download, English)",
        marks=("Username", "Country / Region", "Postal Code", "AOV"),
        targets={
            "Country / Region": "country",
            "City": "city",
            "Region": "province",
            "Postal Code": "postcode",
        },
        email=("Email",),
    ),
    Export(
        "PrestaShop",
        "github.com/PrestaShop/PrestaShop, CustomerGridDefinitionFactory.php; issue 15875",
        marks=("Titolo di cortesia", "Offerte partner", "Newsletter"),
        targets={"ID": "code", "Newsletter": "consent"},
        email=("Indirizzo email",),
    ),
    Export(
        "PrestaShop",
        "the same, English",
        marks=("Social title", "Partner offers", "Newsletter"),
        targets={"ID": "code", "Newsletter": "consent"},
        email=("Email address",),
    ),
    Export(
        "Mailchimp, unsubscribed",
        "mailchimp.com/help/view-export-contacts (a file for each status)",
        marks=("Email Address", "MEMBER_RATING", "UNSUB_TIME"),
        targets={**_MAILCHIMP_REFUSALS, "UNSUB_TIME": "consent:not"},
        email=("Email Address",),
        mobile=("Phone Number", "SMS Phone Number", "Phone"),
    ),
    Export(
        "Mailchimp, cleaned",
        "mailchimp.com/help/view-export-contacts (a file for each status)",
        marks=("Email Address", "MEMBER_RATING", "CLEAN_TIME"),
        targets={**_MAILCHIMP_REFUSALS, "CLEAN_TIME": "consent:not"},
        email=("Email Address",),
        mobile=("Phone Number", "SMS Phone Number", "Phone"),
    ),
    Export(
        "Mailchimp",
        "mailchimp.com/help/view-export-contacts (subscribed)",
        marks=("Email Address", "MEMBER_RATING", "OPTIN_TIME"),
        targets={"OPTIN_TIME": "consent_date", "CC": "country"},
        email=("Email Address",),
        mobile=("Phone Number", "SMS Phone Number", "Phone"),
    ),
    Export(
        "Brevo",
        "help.brevo.com, format of contact files (attributes); BLACKLIST by description",
        marks=("EMAIL", "SMS", "ADDED_TIME"),
        targets={
            "BLACKLIST": "consent:not",
            "EMAIL_BLACKLISTED": "consent_email:not",
            "SMS_BLACKLISTED": "consent_sms:not",
            "FIRSTNAME": "first_name",
            "LASTNAME": "last_name",
        },
        email=("EMAIL",),
        mobile=("SMS", "WHATSAPP"),
    ),
    Export(
        "Klaviyo",
        "help.klaviyo.com/hc/en-us/articles/115005078947 (export of profiles)",
        marks=("Klaviyo ID", "Email Marketing Consent"),
        targets={
            "Email Marketing Consent": "consent_email",
            "SMS Marketing Consent": "consent_sms",
            "Email Suppressions": "consent_email:not",
            "Email Marketing Consent Timestamp": "consent_date",
            "Klaviyo ID": "code",
        },
        email=("Email",),
        mobile=("Phone Number",),
    ),
    Export(
        "listmonk",
        "github.com/knadh/listmonk, cmd/subscribers.go (ExportSubscribers)",
        marks=("uuid", "email", "status", "attributes"),
        targets={"uuid": "code", "status": "consent"},
        email=("email",),
    ),
    Export(
        "Keila",
        "keila.io/docs, contacts; by description",
        marks=("Email", "First name", "Last name", "Data", "Status"),
        targets={"Status": "consent"},
        email=("Email",),
    ),
    Export(
        "Google Contacts",
        "support.google.com/contacts/answer/1069522 (export as Google CSV)",
        marks=("Phone 1 - Value", "E-mail 1 - Value"),
        email=tuple(f"E-mail {n} - Value" for n in range(1, 6)),
        mobile=tuple(f"Phone {n} - Value" for n in range(1, 6)),
        targets={
            "Address 1 - City": "city",
            "Address 1 - Postal Code": "postcode",
            "Address 1 - Country": "country",
        },
    ),
    Export(
        "Outlook",
        "support.microsoft.com, import or export contacts (names of the CSV, Italian)",
        marks=("Indirizzo posta elettronica", "Nome visualizzato posta elettronica"),
        targets={
            "Città (ab.)": "city",
            "Provincia (ab.)": "province",
            "CAP (ab.)": "postcode",
            "Paese (ab.)": "country",
            "Compleanno": "birth_date",
        },
        email=tuple(f"Indirizzo posta elettronica{n}" for n in ("", " 2", " 3")),
        mobile=("Cellulare", "Altro telefono", "Abitazione", "Ufficio"),
    ),
    Export(
        "Outlook",
        "support.microsoft.com, import or export contacts (names of the CSV, English)",
        marks=("E-mail Address", "E-mail Display Name", "Mobile Phone"),
        targets={
            "Home City": "city",
            "Home State": "province",
            "Home Postal Code": "postcode",
            "Home Country/Region": "country",
        },
        email=("E-mail Address", "E-mail 2 Address", "E-mail 3 Address"),
        mobile=("Mobile Phone", "Other Phone", "Home Phone", "Primary Phone"),
    ),
    Export(
        "Meta lead ads",
        "developers.facebook.com/docs/marketing-api/guides/lead-ads (fields of the export)",
        marks=("ad_id", "form_id", "created_time"),
        targets={"id": "code", "created_time": "skip", "full_name": "first_name"},
        email=("email", "work_email"),
        mobile=("phone_number", "work_phone_number"),
    ),
    Export(
        "HubSpot",
        "knowledge.hubspot.com, export records; by description",
        marks=("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lifecycle Stage"),
        targets={"Record ID": "code", "Unsubscribed from all email": "consent_email:not"},
        email=("Email",),
        mobile=("Mobile Phone Number", "Phone Number", "WhatsApp Phone Number"),
    ),
    Export(
        "MailUp",
        "help.mailup.com, Destinatari, Esportazione; by description",
        marks=("Email", "Data iscrizione", "Stato iscrizione"),
        targets={"Stato iscrizione": "consent_email", "Data disiscrizione": "consent_email:not"},
        email=("Email",),
        mobile=("Cellulare", "Numero", "SMS"),
    ),
    Export(
        "MailUp, unsubscribed",
        "help.mailup.com/pages/viewpage.action?pageId=37978139 (export of unsubscribed recipients)",
        marks=("idList", "OptOut_Date"),
        targets={"OptOut_Date": "consent:not", "idList": "skip", "optout_nl": "skip"},
        email=("E-mail address", "Email"),
        mobile=("Phone Number",),
    ),
    Export(
        "HubSpot, unsubscribed and bounced",
        "knowledge.hubspot.com, what the columns mean when unsubscribes and bounces are exported",
        marks=("Portal Bounce", "Portal Unsubscribe"),
        targets={
            "Portal Unsubscribe": "consent_email:not",
            "Portal Bounce": "consent_email:not",
            "Portal Spam Report": "consent_email:not",
            "Global Bounce": "consent_email:not",
        },
        email=("Email",),
    ),
    Export(
        "Contactlab",
        "Contactlab Hub, profile of a contact (base.contacts …); by description",
        marks=("base.contacts.email", "base.firstName"),
        targets={
            "base.firstName": "first_name",
            "base.lastName": "last_name",
            "base.dob": "birth_date",
            "base.address.city": "city",
            "base.address.province": "province",
            "base.address.zip": "postcode",
            "base.address.country": "country",
        },
        email=("base.contacts.email",),
        mobile=("base.contacts.mobilePhone", "base.contacts.phone"),
    ),
)


def known(header: Sequence[str]) -> Export | None:
    """The export that a file with this *header* is; its names as `name_of` makes them."""
    names = {name_of(name) for name in header}
    return next((one for one in _BY_NAME if names.issuperset(one.marks)), None)


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name_of(name) for name in names)


_BY_NAME = tuple(
    Export(
        one.program,
        one.source,
        _named(one.marks),
        {name_of(name): target for name, target in one.targets.items()},
        _named(one.email),
        _named(one.mobile),
    )
    for one in EXPORTS
)
