"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from dataferry.server.portal.parents import end_with_master

end_with_master()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dataferry.server.portal.settings")
application = get_wsgi_application()
