# One recipe for all six services:
#   docker build --build-arg SERVICE=task --tag todo/task .
# The npm packages of the pages come with the context: `make tools` fetches them.
# The base is Debian 13 with Python 3.13.15; where no registry is reachable, another can be given.
ARG BASE=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${BASE} AS build
ARG UV=0.13.9
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV}"
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends binutils
WORKDIR /src
COPY pyproject.toml uv.lock ./
COPY libs/contracts/pyproject.toml libs/contracts/
COPY libs/migrator/pyproject.toml libs/migrator/
COPY libs/overload/pyproject.toml libs/overload/
COPY libs/servicekit/pyproject.toml libs/servicekit/
COPY services/analytics/pyproject.toml services/analytics/
COPY services/chat/pyproject.toml services/chat/
COPY services/frontend/pyproject.toml services/frontend/
COPY services/notification/pyproject.toml services/notification/
COPY services/task/pyproject.toml services/task/
COPY services/user/pyproject.toml services/user/
COPY tools/backup/pyproject.toml tools/backup/
COPY tools/cluster/pyproject.toml tools/cluster/
COPY tools/delivery/pyproject.toml tools/delivery/
COPY tools/devstack/pyproject.toml tools/devstack/
# What any service depends on: one layer for all six, made again only when a dependency changes. Not what the tools
# depend on: taking it away again for a service leaves files behind.
# A third of what wheels bring along is never used when they run: debug symbols, tests, sources of what is compiled,
# Dapr's extensions for other frameworks, dialects of other databases, messages of Google's own APIs.
RUN /opt/uv/bin/uv sync --frozen --no-default-groups --no-install-workspace \
      $(printf -- '--package %s-service ' analytics chat frontend notification task user) && \
    find /app -name '*.so*' -type f -exec strip --strip-unneeded {} + && \
    find /app -depth -type d -regextype egrep -regex ".*/(tests|(alembic|sqlalchemy)/testing|alembic/templates|\
google/(api|cloud|gapic|logging|longrunning|type)|jsonschema/benchmarks|\
sqlalchemy/dialects/(mssql|mysql|oracle)|dapr/ext/(databricks|flask|langgraph|rag|strands|workflow))" \
      -exec rm -r {} + && \
    find /app -type f -regextype egrep -regex '.*\.(c|h|pxd|pxi|pyi|pyx|proto)' -delete
COPY libs libs
COPY services services
ARG SERVICE
RUN if [ "${SERVICE}" = frontend ] && [ ! -d services/frontend/src/frontend_service/static/vendor ]; then \
      echo "The pages' npm packages are missing; run 'make tools' first." >&2; exit 1; \
    fi && \
    /opt/uv/bin/uv sync --frozen --no-default-groups --no-editable --package "${SERVICE}-service" && \
    find /app -path '*.dist-info/*' -name RECORD -delete

FROM ${BASE}
# Nothing runs these here; an intruder might.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip*
COPY --from=build /app /app
ARG SERVICE
# Bytecode of what is imported, the standard library's included: nothing can be written at run time.
RUN /app/bin/python -c "import servicekit.web.server, servicekit.migrations, ${SERVICE}_service.main, \
      asyncpg, httptools, sqlalchemy.dialects.postgresql.asyncpg, uvloop, uvicorn.lifespan.on, \
      uvicorn.protocols.http.httptools_impl"
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="todo ${SERVICE}" \
      org.opencontainers.image.description="The ${SERVICE} service of the todo platform" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TODO_HOST=0.0.0.0 TODO_SERVICE=${SERVICE}
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
CMD ["/bin/sh", "-c", "exec serve \"$TODO_SERVICE\""]
