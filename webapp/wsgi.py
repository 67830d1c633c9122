"""The application that gunicorn serves: `gunicorn webapp.wsgi:app`."""

import gc
import sys

from webapp import create_app, logs, postgresql
from webapp.config import WrongSetting, from_environment

logs.configure()
postgresql.let_its_clock_rule()
try:
    settings = from_environment()
    logs.configure(level=settings.log_level)
    app = create_app(settings)
except WrongSetting as error:
    sys.exit(f"{error}")
gc.freeze()  # what is there now stays: now and then, a request of 40 ms spent 100 more looking through it
