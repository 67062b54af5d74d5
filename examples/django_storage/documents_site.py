"""A Django project in one file that keeps its uploads and its static files in `tenant_storage`.

    minio-sdk serve
    export SITE_TOKENS='{"its-secret": "acme"}'
    python documents_site.py collectstatic --no-input
    python documents_site.py runserver

In the environment are SITE_TOKENS (JSON, the tenant of each token), SITE_DATABASE (a file of SQLite, default
`site.sqlite3`) and, in production, DJANGO_SECRET_KEY and SITE_HOSTS. Where the store is,
MINIO_ENDPOINT and its like say.
It also runs as `gunicorn documents_site:application`.
"""
# Django's own code doesn't tell its types: that is what django-stubs is for.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from tenant_storage import acting_for, current_tenant

HERE = Path(__file__).resolve().parent

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=os.environ.get("SITE_HOSTS", "localhost,127.0.0.1").split(","),
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ.get("SITE_DATABASE", "site.sqlite3"),
            }
        },
        DATA_UPLOAD_MAX_MEMORY_SIZE=1024 * 1024,  # of forms without their files
        INSTALLED_APPS=["django.contrib.staticfiles"],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            f"{__name__}.TenantMiddleware",
        ],
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", "for development only"),
        STATIC_URL="static/",
        STATICFILES_DIRS=[HERE / "static"],
        STORAGES={
            "default": {
                "BACKEND": "tenant_storage.TenantStorage",
                "OPTIONS": {"bucket": "media", "tenant": current_tenant},
            },
            "staticfiles": {
                "BACKEND": "tenant_storage.TenantStaticStorage",
                # Public in any case; with `base_url` when a CDN serves them.
                "OPTIONS": {"bucket": "static", "tenant": "assets", "url_expiry": 86400},
            },
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
    )
    django.setup()

# What needs the settings above.
from django.db import connection, models  # noqa: E402
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import get_object_or_404  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_http_methods  # noqa: E402

PUBLIC = ("/",)
TOKENS = {
    sha256(token.encode()).digest(): tenant
    for token, tenant in json.loads(os.environ.get("SITE_TOKENS", "{}")).items()
}
PAGE = """{% load static %}<!doctype html><title>Documents</title>
<link rel="stylesheet" href="{% static 'site.css' %}"><h1>Documents</h1>
<p>POST a form with <code>file</code> to <code>/documents</code>.</p>"""


class TenantMiddleware:
    """Each request is on behalf of the tenant that has logged in, in the database and in the storage.

    With `django.contrib.auth` the tenant is a matter of `request.user`. It is never one of the address, or of
    a field that the caller fills in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PUBLIC:
            return self._get_response(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        tenant = TOKENS.get(sha256(token.encode()).digest())
        if scheme.lower() != "bearer" or tenant is None:
            return HttpResponse("who are you?", status=401, headers={"WWW-Authenticate": "Bearer"})
        # A streamed answer is sent after this block, from a file that is open by then: this tenant's.
        with acting_for(tenant):
            return self._get_response(request)


class TenantManager(models.Manager):
    """Shows a tenant its own rows: the database has to be kept apart as well as the storage."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(tenant=current_tenant())


class Document(models.Model):
    """A file, and what its owner calls it."""

    tenant = models.CharField(max_length=256, default=current_tenant, editable=False)
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to="documents/%Y/%m/")  # in STORAGES["default"]

    objects = TenantManager()

    class Meta:
        app_label = "documents"

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {"id": self.pk, "title": self.title, "name": self.file.name, "size": self.file.size}


@require_http_methods(["GET"])
def index(request: HttpRequest) -> HttpResponse:
    """A page with static files."""
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest) -> HttpResponse:
    """The tenant's documents, or one more: the field `file` of a form, which may have a `title`.

    Django has read the form by then, large files onto its disk; one that ended early doesn't come here.
    """
    if request.method == "GET":
        return JsonResponse({"documents": [each.shown() for each in Document.objects.all()]})
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "where is the file?"}, status=400)
    title = request.POST.get("title", "")[:200] or file.name
    document = Document.objects.create(title=title, file=file)
    return JsonResponse(document.shown(), status=201)


@require_http_methods(["GET", "DELETE"])
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """The file itself, or no longer."""
    found = get_object_or_404(Document.objects, pk=pk)
    if request.method == "DELETE":
        found.delete()  # the row first: a row without a file is worse than a file without a row
        found.file.delete(save=False)
        return HttpResponse(status=204)
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        return JsonResponse({"error": "its file is gone"}, status=404)
    # As an attachment: it may be a page with a script in it, and this is our origin.
    name = found.file.name.rpartition("/")[2]
    return FileResponse(file, as_attachment=True, filename=name)


@require_http_methods(["GET"])
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the file can be had from the store itself, for an hour."""
    return JsonResponse({"url": get_object_or_404(Document.objects, pk=pk).file.url})


urlpatterns = [
    path("", index),
    path("documents", documents),
    path("documents/<int:pk>", document),
    path("documents/<int:pk>/link", link),
]


def make_tables() -> None:
    """What `migrate` does in a project with more than one file."""
    if Document._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Document)


application = get_wsgi_application()

if __name__ == "__main__":
    make_tables()
    execute_from_command_line(sys.argv)
