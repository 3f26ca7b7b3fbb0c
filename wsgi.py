"""What gunicorn and the `flask` command start."""

from config.settings import Settings
from wms import create_app

app = create_app(Settings.load())
