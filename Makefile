# The verbs of this repository; `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := $(shell tools/uv)
RUN := $(UV) run --frozen --quiet

.PHONY: help
help: ## print these verbs
	@grep -hE '^[a-z-]+:.*## |^##@' $(MAKEFILE_LIST) | sed -E 's/^##@ (.*)/\n\1/; s/^([a-z-]+):[^#]*## (.*)/  \1|\2/' | column -ts'|'

##@ Run the system
.PHONY: up down status logs dev tools secrets
up: ## start everything, wait until it answers   (DATABASE=postgres, FRONTENDS=2, RELOAD=1)
	@$(RUN) devstack up $(if $(DATABASE),--database $(DATABASE)) $(if $(FRONTENDS),--frontends $(FRONTENDS)) $(if $(RELOAD),--reload)
down: ## stop everything
	@$(RUN) devstack down
status: ## say what runs and what answers
	@$(RUN) devstack status
logs: ## follow one service                       (SERVICE=task)
	@$(RUN) devstack logs $(or $(SERVICE),frontend)
tools: ## build or install what the system needs, into .tools
	@$(RUN) devstack tools
