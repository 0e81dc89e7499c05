# The verbs of this repository; `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV = $(shell tools/uv)
RUN = $(UV) run --frozen --quiet
EDGE = $(shell $(RUN) devstack edge)

.PHONY: help
help: ## print these verbs
	@sed -nE 's/^##@ (.*)/\n\1/p; s/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t22

##@ Run the system
.PHONY: up down dev status logs tools web-assets env topics dead-letters
up: ## start everything and wait until it answers   (DATABASE=postgres FRONTENDS=2 RELOAD=1 OBSERVE=1)
	@$(RUN) devstack up $(if $(DATABASE),--database $(DATABASE)) $(if $(FRONTENDS),--frontends $(FRONTENDS)) $(if $(RELOAD),--reload) $(if $(OBSERVE),--observe)
down: ## stop everything
	@$(RUN) devstack down
dev: ## start with reload, follow a log; Ctrl-C stops   (SERVICE=task)
	@$(RUN) devstack up --reload && trap '$(RUN) devstack down' EXIT && $(RUN) devstack logs $(or $(SERVICE),frontend)
status: ## say what runs and what answers
	@$(RUN) devstack status
logs: ## follow the log of a service and its sidecar   (SERVICE=task)
	@$(RUN) devstack logs $(or $(SERVICE),frontend)
web-assets: ## download the files of npm packages that the image of the frontend takes along
	@$(RUN) python -c "from devstack.toolbox.ensure import ensure; from devstack.toolbox.web_assets import WEB_ASSETS; ensure([WEB_ASSETS])"
tools: ## download or build what the system needs, into .tools, and say where each part is from
	@$(RUN) devstack tools
env: ## write .run/env and .run/secrets.json, for servers started by hand
	@$(RUN) devstack env
topics: ## create the missing topics of kafka/topics.yaml
	@$(RUN) devstack topics

dead-letters: ## what services gave up: list, show, replay, discard   (SHOW=<id> REPLAY=<id> or all; DISCARD=<id> or all REASON="…"; EDGE=https://…)
	@$(RUN) python -m tools.dead_letters --edge $(EDGE) $(if $(SHOW),--show $(SHOW)) $(if $(REPLAY),--replay $(REPLAY)) \
	  $(if $(DISCARD),--discard $(DISCARD) --reason "$(REASON)")

##@ Run a Kubernetes
.PHONY: cluster cluster-down cluster-images cluster-status cluster-diagnostics
cluster: ## bring up a Kubernetes of one node with Dapr, here: kind where Docker runs, else built from source, as root   (WITH=source WORKERS=3)
	@$(RUN) cluster up $(if $(WITH),--with $(WITH)) $(if $(WORKERS),--workers $(WORKERS))
cluster-down: ## remove it and everything it made
	@$(RUN) cluster down
cluster-images: ## build the images of services and servers; load them if the cluster runs   (BASE=python:3.13-slim)
	@$(RUN) cluster images $(if $(BASE),--base $(BASE))
cluster-status: ## say what runs in it
	@$(RUN) cluster status
cluster-diagnostics: ## write down what state everything in it is in   (TO=.run/diagnostics)
	@$(RUN) cluster diagnostics $(or $(TO),.run/diagnostics)

##@ Put it on a cluster (of the current kubeconfig)
.PHONY: platform monitoring secrets
platform: ## install what everything stands on: gateway, certificates, Dapr, operators   (NAMESPACE=todo ENV=staging ACME_SERVER=https://…)
	@$(RUN) python -m tools.install_platform --namespace $(or $(NAMESPACE),todo) $(if $(ENV),--environment $(ENV)) $(if $(ACME_SERVER),--acme-server $(ACME_SERVER))
monitoring: ## install what watches it: Prometheus, Loki, Alloy, Jaeger, Grafana, rules and dashboards   (ENV= INVENT_SECRETS=1)
	@$(RUN) python -m tools.install_monitoring "$(ENV)" $(if $(INVENT_SECRETS),--invent-secrets)
secrets: ## make the Secrets that are missing   (NAMESPACE=todo)
	@$(RUN) python -m tools.make_secrets --namespace $(or $(NAMESPACE),todo)

##@ Deliver it   (ENV=staging or production)
.PHONY: deploy pin smoke rollback history
deploy: ## from Terraform to a running environment; can be repeated   (ENV= TAG= STEPS=platform,data)
	@$(RUN) delivery deploy $(ENV) $(if $(TAG),--tag $(TAG)) $(if $(STEPS),--steps $(STEPS)) $(DELIVERY)
pin: ## write which images Flux is to run, for a commit   (ENV= TAG= SIGNED_BY=owner/name)
	@$(RUN) delivery pin $(ENV) --tag $(TAG) --signed-by $(SIGNED_BY) $(DELIVERY)
smoke: ## ask from outside whether it works   (ENV= URL=http://…)
	@$(RUN) delivery smoke $(ENV) $(if $(URL),--url $(URL)) $(DELIVERY)
rollback: ## back to the last good release, or to a revision   (ENV= TO=7)
	@$(RUN) delivery rollback $(ENV) $(if $(TO),--to $(TO)) $(DELIVERY)
history: ## the releases there have been   (ENV=)
	@$(RUN) delivery history $(ENV)

##@ Keep it   (ENV=staging or production, DATABASE=task or another; by default all)
.PHONY: backup backups restore-test restore replay-events restore-drill
backup: ## back databases up now   (ENV= DATABASE=)
	@$(RUN) delivery backup $(ENV) $(if $(DATABASE),--database $(DATABASE)) $(DELIVERY)
backups: ## the backups there are   (ENV= DATABASE=)
	@$(RUN) delivery backups $(ENV) $(if $(DATABASE),--database $(DATABASE)) $(DELIVERY)
restore-test: ## restore the newest backups into a server of their own, and compare   (ENV= DATABASE=)
	@$(RUN) delivery restore-test $(ENV) $(if $(DATABASE),--database $(DATABASE)) $(DELIVERY)
restore: ## put a backup in place of what a database holds   (ENV= DATABASE=task AT=20260131T020000Z EVENTS=leave)
	@$(RUN) delivery restore $(ENV) --database $(DATABASE) $(if $(AT),--at $(AT)) $(if $(EVENTS),--events $(EVENTS)) $(DELIVERY)
replay-events: ## let services hear again what was told since a moment, after PostgreSQL was recovered to it   (ENV= DATABASE= SINCE=2026-01-31T09:30:00Z)
	@$(RUN) delivery replay-events $(ENV) --since $(SINCE) $(if $(DATABASE),--database $(DATABASE)) $(DELIVERY)
restore-drill: ## recover PostgreSQL from its archive into a namespace of its own, compare, measure RPO and RTO   (ENV= AT=2026-01-31T09:30:00Z)
	@$(RUN) delivery restore-drill $(ENV) $(if $(AT),--at $(AT)) $(DELIVERY)

##@ Prove it
# Tests in several processes; those of a running system have the machine to themselves.
IN_PROCESS = libs services tools $(sort $(filter-out tests/browser tests/cluster tests/monitored tests/system,$(patsubst %/,%,$(dir $(wildcard tests/*/test_*.py)))))
TERRAFORM_MODULES = terraform terraform/state
TERRAFORM_PLATFORMS = $(addprefix -platform=,linux_amd64 linux_arm64 darwin_amd64 darwin_arm64)
.PHONY: check test fuzz monitoring-test cluster-test charts-test cluster-proof lint types unit fix generate suite reminder-rounds terraform-check terraform-lock pin-releases pin-images newcomer docker-lines
check: lint types unit ## lint, types and unit tests, in under a minute
# Tests that fail (1, not 2 to 5) run once more with nothing beside them: a machine that stands still for seconds fails
# those that measure time. One that passes only then is named, and has a fault to be found: its own or the code's.
FAILED_ALONE = pytest --last-failed --last-failed-no-failures=none --maxfail=5
define run_tests
{ $(RUN) pytest $(1); code=$$?; [ $$code != 1 ] || { echo "Again, alone: those that failed. See above for why."; \
	  $(RUN) $(FAILED_ALONE) $(2); code=$$?; [ $$code != 0 ] || echo "FLAKY: the tests that failed above pass alone. Mend them."; }; }
endef
test: lint types ## everything, on real parts
	@$(call run_tests,--numprocesses=logical --maxprocesses=4 --dist=loadfile $(IN_PROCESS),$(IN_PROCESS)); parts=$$code; \
	  $(call run_tests,tests/system tests/browser,tests/system tests/browser); exit $$(( parts ? parts : code ))
fuzz: ## hostile bytes at every operation and along their links, twice so many seconds   (SECONDS=600 SEED=1)
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_SEED=$(or $(SEED),$$RANDOM) $(RUN) pytest tests/system/test_fuzz.py
monitoring-test: ## metrics, logs, traces, dashboards and alerts of a running system, broken on purpose
	@$(RUN) pytest tests/monitoring tests/monitored
cluster-test: ## cluster and charts, on the running cluster, one of its own, or yours   (KUBECONFIG=… CLUSTER_NAMESPACE=… PART=todo)
	@$(RUN) pytest tests/cluster/$(PART)
charts-test: ## every chart of others with our values   (CHARTS=folder of them, else from their repositories)
	@$(if $(CHARTS),true,$(RUN) python -m tools.pull_charts .run/charts)
	@CHART_SOURCES=$(or $(CHARTS),.run/charts) $(RUN) pytest tests/charts/test_other_charts.py tests/charts/test_capacity.py
cluster-proof: ## images, cluster up, every check of charts and cluster, down; writes a report   (REPORT=…)
	@$(RUN) python -m tests.cluster.prove $(if $(REPORT),--report $(REPORT))
suite: MEASURED = $(and $(COVERAGE),$(wildcard services/$(SUITE)/src))
suite: ## the tests of one part, as CI runs them   (SUITE=charts; COVERAGE=1 measures that of a service)
	@$(RUN) $(if $(MEASURED),coverage run --source=services/$(SUITE)/src -m) pytest $$($(RUN) delivery suite $(SUITE))
	@$(if $(MEASURED),$(RUN) coverage report)
reminder-rounds: ## kill -9 everything around the second reminders are due   (ROUNDS=20; ten minutes)
	@REMINDER_ROUNDS=$(or $(ROUNDS),20) $(RUN) pytest --timeout=1800 tests/system/test_reminder_rounds.py -k once_a_channel -o log_cli=true
pin-releases: ## pin the digests of Dapr's official archives, which are then taken instead of a build   (needs the release pages)
	@$(RUN) python -m tools.pin_releases
pin-images: ## pin the images of others, in the charts and compose.yaml, by the digests of their tags   (needs the registries, Docker)
	@$(RUN) delivery images --pin
newcomer: ## the README's commands in a bare Debian root, as an ordinary user; needs root   (AS=root TEST=1)
	@$(RUN) python -m tools.newcomer $(if $(AS),--user $(AS)) $(if $(TEST),--test)
docker-lines: ## the README's lines for Docker and `dapr init`, with a smoke test
	@$(RUN) python -m tools.docker_lines
terraform-check: ## terraform/ with its provider, which comes from a registry, at the digests that are committed
	@for module in $(TERRAFORM_MODULES); do \
	  kept=-lockfile=readonly; \
	  test -e $$module/.terraform.lock.hcl || { kept=; echo "$$module has no .terraform.lock.hcl: any build of the provider is taken. See docs/SETUP.md."; }; \
	  terraform -chdir=$$module init -backend=false -input=false $$kept && terraform -chdir=$$module validate || exit 1; \
	done
	@terraform -chdir=terraform test
	@terraform -chdir=terraform providers schema -json | $(RUN) python -m tools.provider_schema --check tests/terraform/provider_schema.json
terraform-lock: ## write the digests of the provider, for those who plan on Linux and on macOS; commit them
	@for module in $(TERRAFORM_MODULES); do terraform -chdir=$$module providers lock $(TERRAFORM_PLATFORMS) || exit 1; done
lint:
	@$(RUN) ruff check --quiet . && $(RUN) ruff format --check --quiet .
types:
	@$(RUN) mypy --no-error-summary libs services tools tests loadtest conftest.py
unit:
	@$(RUN) pytest --quiet -p no:cacheprovider libs/*/tests/unit services/*/tests/unit tools/*/tests/unit tests/architecture tests/docs/test_plan.py tests/loadtest
fix: ## mend what ruff can mend
	@$(RUN) ruff check --fix --quiet . ; $(RUN) ruff format --quiet .
generate: ## write the files that are made from code
	@$(RUN) python -m contracts.json_schema kafka/schemas
	@$(RUN) python -m tools.openapi services/frontend/src/frontend_service/openapi.json
	@$(RUN) python tools/api_types.py libs/contracts/src/contracts/api
	@$(RUN) python tools/dashboards.py monitoring/grafana/dashboards
	@$(RUN) python -m tools.maintenance.notice NOTICE
	@$(RUN) python -m tools.maintenance.settings_reference docs/settings.md .env.example
	@$(RUN) python -m loadtest.load.page
	@$(RUN) python -m loadtest.scale.page
	@$(RUN) python -m loadtest.chaos.page
	@$(RUN) python -m tools.capacity
	@$(RUN) python -m tools.flux_releases

##@ Document and release it
.PHONY: clients site prose screenshots release
clients: ## generate clients of the API into .run/clients, in Python and in TypeScript
	@$(RUN) python -m tools.api_clients .run/clients
site: ## build the documentation site into .run/site; fails on warnings
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build
prose: ## spelling of everything, and the words of documents
	@$(RUN) pytest --quiet tests/docs/test_prose.py
screenshots: ## take the pictures of the documents, in a real browser on a system of its own
	@SCREENSHOTS=1 $(RUN) pytest --quiet tests/browser/test_screenshots.py
release: ## changelog, kept API, commit and tag of a new version; pushes nothing   (VERSION=1.4.0)
	@$(RUN) python -m tools.maintenance.release $(VERSION)

##@ Measure it
.PHONY: load measure chaos
load: ## Locust on a system of its own   (KIND=pace, staircase or overload; USERS=1000 PACE=4.7 SECONDS=180; RUNNING=1: on the one that runs)
	@$(RUN) $(if $(RUNNING),python -m locust -f loadtest/locustfile.py --headless --only-summary --reset-stats \
	  --host $(EDGE) -u $(or $(USERS),200) -r 5 -t $(or $(SECONDS),120)s,python -m loadtest.load $(or $(KIND),pace) \
	  $(if $(USERS),--users $(USERS)) $(if $(PACE),--pace $(PACE)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ACCOUNTS),--accounts $(ACCOUNTS)))
measure: ## one measurement on a system of its own   (WHAT=relay consume latency live edge-price read-price reminders imports fan-out fairness telemetry flat idle live-memory storage replicas peer)
	@$(RUN) python -m loadtest.measure.$(subst -,_,$(WHAT)) $(ARGS)
chaos: ## kill, stop, fill and cut everything while people work, then compare; writes docs/RELIABILITY.md   (ONLY=regex SHARE=0.5 SECONDS=20)
	@$(RUN) python -m loadtest.chaos $(if $(ONLY),--only '$(ONLY)') $(if $(SHARE),--share $(SHARE)) $(if $(SECONDS),--seconds $(SECONDS))
