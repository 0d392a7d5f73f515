# The front door. make help lists the targets; CONTRIBUTING.md says more.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Targets share the machine's two telephone ends and the build cache.
.NOTPARALLEL:

GOLANGCI_LINT_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

TOOLS := .cache/tools
LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)
VULN := $(TOOLS)/govulncheck-$(GOVULNCHECK_VERSION)
TESTSUM := $(TOOLS)/bin/testsum

# make run SIP=192.0.2.10:5060 DATA=/srv/line FLAGS='--config line.yaml'
# What is not given comes from the configuration: 127.0.0.1:5060 and ./data.
SIP ?=
DATA ?=
FLAGS ?=
ifneq ($(and $(SIP),$(filter run,$(MAKECMDGOALS))),)
ifeq ($(shell [[ '$(SIP)' =~ ^([^]:[]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$$ ]] && echo sound),)
$(error SIP=$(SIP) is no address and port: write SIP=HOST:PORT, such as SIP=127.0.0.1:5060)
endif
endif

##@ To see it work

.PHONY: demo
demo: need-asterisk build asterisk ## place a real call that becomes a stored signature
	@./bin/glennline demo

.PHONY: run
run: need-asterisk build asterisk ## Asterisk and glennline in the foreground, data in ./data; Ctrl-C ends it
	@if [ -n '$(SIP)' ]; then \
		host='$(SIP)'; host=$${host%:*}; host=$${host#[}; \
		export GLENNLINE_SIP_HOST="$${host%]}" GLENNLINE_SIP_PORT='$(lastword $(subst :, ,$(SIP)))'; \
	fi; exec ./bin/glennline up $(if $(DATA),--data '$(DATA)') $(FLAGS)

##@ To work on it

.PHONY: build
build: need ## build bin/glennline
	@go build -o bin/glennline ./cmd/glennline

.PHONY: test
test: need-asterisk test-unit test-e2e ## unit tests with the race detector, then real calls on a real Asterisk

.PHONY: test-all
test-all: test test-heavy test-docker ## make test, then the tests that need mounts, namespaces, containers, a browser

.PHONY: test-docker
test-docker: need-docker $(TESTSUM) ## build both images, start them with Compose, call, kill, restart
	@scripts/test-docker $(TESTSUM)

.PHONY: check
check: need-check $(LINT) $(VULN) ## format, vet, lint, scripts, modules, links, vulnerabilities
	@scripts/check

.PHONY: fmt
fmt: need $(LINT) ## format the Go files
	@$(TOOLS)/bin/golangci-lint fmt

.PHONY: generate
generate: need-generate ## make the placeholder prompts, the demo's caller and the labelled set's voices anew
	@voicemail/prompts/placeholder/generate
	@cmd/glennline/demo/generate
	@voicemail/wav/labelled/clips/generate

# Programs that start others, and end them when they are told to end themselves: by make,
# which ends its own child alone, as go run would be, whose program would go on.
started = @go build -o $(TOOLS)/bin/$(1) $(2) && exec $(TOOLS)/bin/$(1) $(FLAGS)

.PHONY: bench-calls
bench-calls: need-test asterisk ## CPU per call, next to the dialplan alone and Asterisk's voicemail; FLAGS='-rates 10 -pairs 1'
	$(call started,bench-calls,./bench/calls)

.PHONY: bench-data
bench-data: need-bench ## what staff wait for at a million signatures, beside SQLite's shell; FLAGS='-runs 5'
	$(call started,bench-data,./bench/data)

.PHONY: bench-ledger
bench-ledger: need ## endings a second through the ledger with full sync, and whether that is enough; FLAGS='-count 3'
	@go test -run '^$$' -bench Endings -benchtime 4000x $(FLAGS) ./ops/ledger

.PHONY: torture
torture: need-test asterisk ## calls while glennline and Asterisk are killed, then the account; FLAGS='-seed 7'
	$(call started,torture,./torture)

# Packages say DESTDIR=…; everything under PREFIX but the settings, which are kept
# where they are there already.
PREFIX ?= /usr/local
DESTDIR ?=
GLENNLINE ?= bin/glennline
.PHONY: install
install: ## install the program, its systemd units and completions; PREFIX=/usr/local DESTDIR=
	@[ -x $(GLENNLINE) ] || { echo 'install: build it first, as yourself: make build' >&2; exit 1; }
	@scripts/install '$(GLENNLINE)' '$(PREFIX)' '$(DESTDIR)'

.PHONY: clean
clean: ## remove what was built; data, and the Asterisk in .cache, stay
	@rm -rf bin $(TOOLS)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The parts of the targets above. Each stage of the tests can be run alone:
# make test-unit, test-e2e, test-heavy.

.PHONY: test-unit
test-unit: need $(TESTSUM)
	@go build ./...
	@$(TESTSUM) -name unit -race -timeout 10m
	@$(TESTSUM) -name measure ./voicemail/wav/labelled

# The calls are in real time, and tests wait for them most of the time: so many of a
# package go at once. One package at a time: each shares out its own ports for audio.
.PHONY: test-e2e
test-e2e: need-test asterisk $(TESTSUM)
	@$(TESTSUM) -name e2e -tags e2e -p 1 -parallel 16 -v -timeout 8m

.PHONY: test-heavy
test-heavy: need-test need-heavy asterisk $(TESTSUM)
	@scripts/get-promtool
	@scripts/get-peers
	@$(TESTSUM) -name heavy -tags heavy -none -p 1 -v -timeout 30m

.PHONY: asterisk
asterisk: need-asterisk
	@scripts/get-asterisk >/dev/null

.PHONY: need need-check need-test need-bench need-heavy need-docker need-generate need-asterisk
need:
	@scripts/need
need-check need-test need-bench need-heavy need-docker need-generate need-asterisk: need-%:
	@scripts/need $*

# Tools are built from source by version into .cache and stay out of go.mod.
# They need no C compiler; GOFLAGS of the user's own is not meant for them.
install = @echo "building $(1)" >&2 && \
	GOBIN="$(CURDIR)/$(TOOLS)/bin" GOFLAGS= CGO_ENABLED=0 go install $(1) && touch $@

$(LINT):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION))
$(VULN):
	$(call install,golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION))

.PHONY: $(TESTSUM)
$(TESTSUM):
	@go build -o $@ ./internal/testsum
