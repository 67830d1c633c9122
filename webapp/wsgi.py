"""What gunicorn serves: `gunicorn webapp.wsgi:app`."""

import sys

from webapp import create_app, logs
from webapp.config import WrongSetting, from_environment

logs.configure()
try:
    app = create_app(from_environment())
except WrongSetting as error:
    sys.exit(f"{error}")
