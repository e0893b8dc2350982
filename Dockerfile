# The site as an image: `docker build --tag deltacrown:0.1.0 .`
# docs/how-to/run-in-production.md tells how it is run; tests/config/test_containers.py does what it does.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /srv/deltacrown/.venv
COPY requirements requirements
RUN pip install --require-hashes --requirement requirements/build.txt
RUN /srv/deltacrown/.venv/bin/pip install --require-hashes --requirement requirements/base.txt
COPY LICENSE README.md pyproject.toml ./
COPY src src
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .
RUN /srv/deltacrown/.venv/bin/pip install --no-deps --no-index /wheels/*.whl \
    && /srv/deltacrown/.venv/bin/pip uninstall --yes pip \
    && /srv/deltacrown/.venv/bin/python -m compileall -q /srv/deltacrown/.venv/lib

FROM python:3.13-slim-bookworm
# Folders that volumes are mounted on take their owner from here.
RUN groupadd --system --gid 10001 deltacrown \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/deltacrown --shell /usr/sbin/nologin deltacrown \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/deltacrown /run/deltacrown \
    && install --directory --owner 10001 --group 10001 --mode 0755 /var/lib/deltacrown/static
COPY --from=build /srv/deltacrown/.venv /srv/deltacrown/.venv
COPY deploy/health.py /srv/deltacrown/health.py
# Nothing but DELTACROWN_HOME and TMPDIR is written to: the root may be read-only.
ENV DELTACROWN_HOME=/var/lib/deltacrown TMPDIR=/var/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
ENV PATH=/srv/deltacrown/.venv/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /var/lib/deltacrown
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "/srv/deltacrown/health.py"]
ENTRYPOINT ["deltacrown"]
CMD ["serve", "--host", "0.0.0.0"]
