"""The forms to sign in and to change one's password."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length


class LoginForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    email = StringField(
        "Email",
        filters=[lambda text: (text or "").strip().lower()],
        validators=[DataRequired("Scrivi il tuo indirizzo email."), Length(max=320)],
    )
    password = PasswordField("Password", validators=[DataRequired("Scrivi la tua password.")])
    dopo = HiddenField()


class PasswordForm(FlaskForm):  # type: ignore[misc]
    attuale = PasswordField(
        "Password attuale", validators=[DataRequired("Scrivi la password che usi adesso.")]
    )
    nuova = PasswordField("Nuova password", validators=[DataRequired("Scrivi la nuova password.")])
