# The worker. Build:  docker build -t school-monitor .
# For production replace the tag by the digest that `docker buildx imagetools inspect` prints for it.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
RUN python -m venv /opt/school-monitor
COPY requirements/run.txt requirements/run.txt
RUN /opt/school-monitor/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml ./
COPY monitor monitor
COPY config/policy.toml monitor/settings/policy.toml
RUN /opt/school-monitor/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
# Debian's own Chromium, so that security updates come with the system's.
# Fonts decide what a capture looks like: without them emoji and other scripts become empty boxes.
# libatomic1 is what Playwright's driver needs and a slim system lacks.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      chromium chromium-sandbox fonts-liberation fonts-noto-color-emoji fonts-noto-core libatomic1 libharfbuzz-subset0 libpangoft2-1.0-0 tini \
 && rm -rf /var/lib/apt/lists/*
# The folders exist with their owner before the volumes are mounted, so that named volumes inherit it.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/school-monitor --shell /usr/sbin/nologin school-monitor \
 && install -d -o school-monitor -g school-monitor -m 0700 /var/lib/school-monitor /var/lib/school-monitor/data \
      /var/lib/school-monitor/archive
COPY --from=build /opt/school-monitor /opt/school-monitor

# The root file system may be read-only: everything written goes to the two volumes and /tmp.
ENV PATH=/opt/school-monitor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    SCHOOL_MONITOR_BROWSER=/usr/bin/chromium \
    SCHOOL_MONITOR_DATA=/var/lib/school-monitor/data \
    SCHOOL_MONITOR_ARCHIVE=/var/lib/school-monitor/archive
USER 10001:10001
WORKDIR /var/lib/school-monitor
VOLUME ["/var/lib/school-monitor/data", "/var/lib/school-monitor/archive"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
    CMD ["school-monitor", "status", "--check", "--config", "/etc/school-monitor"]
# tini collects what a killed browser leaves behind.
ENTRYPOINT ["tini", "--", "school-monitor"]
CMD ["run", "--config", "/etc/school-monitor"]
