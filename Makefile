# Everything a developer does here, by name. `make` alone prints the list.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# gin without MessagePack: 6 MB less.
TAGS := -tags=nomsgpack

# How long each fuzz target runs.
FUZZTIME ?= 10s

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/doorcode-auth/doorcode/bootstrap/internal/config.version=$(VERSION)

# A pinned developer tool of tools/go.mod.
TOOL := go tool -modfile=tools/go.mod
CHECKS := -checks inherit,ST1003,ST1016,ST1020,ST1021,ST1022

# The module for services that accept our tokens. The go command caches its tests
# without seeing the program that they build: so they always run.
CLIENT := go -C client
CLIENT_TEST := $(CLIENT) test -count=1

# The module of the benchmarks: what only they need stays out of the product's go.sum.
BENCH := go -C test/bench
BENCH_TEST := $(BENCH) test $(TAGS)

# The example of a channel outside of this tree, with this very tree, which its go.mod
# knows by its released version only. Its tests run with those of test/acceptance.
EXAMPLE_MOD := $(CURDIR)/bin/acme.mod

# One PostgreSQL for one command: starts a cluster, names it to the command in
# DOORCODE_TEST_POSTGRES, stops it with the command.
WITH_POSTGRES := go run ./test/kit/withpostgres --

# What generators write, and what ends up in the binary.
GENERATED := test/mocks bootstrap/internal/wiring/wire_gen.go docs/configuration.md
SHIPS := domain application adapters bootstrap cmd

# What only the shipped program must use; the face of bootstrap is for other programs.
INSIDE := /doorcode/(domain|application|adapters|bootstrap/internal|cmd)
# Less what deadcode cannot see: texts of the configuration are read by reflection, and
# Background is for programs outside of this tree.
REACHED := sed -E "/([.]UnmarshalText|rateUnit|App[.]Background)$$/d"

comma := ,
empty :=
space := $(empty) $(empty)

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# From a terminal the service is a job of its own, so that Ctrl-C ends it in order
# and not make; elsewhere it takes the place of the shell, and gets its signals.
.PHONY: run
run: build ## Start the service on port 8000, with SQLite beside it and codes on the console
	@[ -t 0 ] || exec bin/doorcode serve; set -m; bin/doorcode serve || exit

.PHONY: build
build: ## Build bin/doorcode, static, without symbols
	CGO_ENABLED=0 go build $(TAGS) -trimpath -ldflags '$(LDFLAGS)' -o bin/doorcode ./cmd/doorcode

.PHONY: test
test: ## Run all tests, on SQLite and on PostgreSQL
	$(WITH_POSTGRES) go test $(TAGS) ./...
	$(WITH_POSTGRES) $(BENCH_TEST) ./...
	$(CLIENT_TEST) ./...

# Tests that mostly wait: for servers that are paused or killed, and for upkeep.
WAITING := ^TestServer_(that|whose)|^TestApp_removesWhatHasExpired$$

.PHONY: test-short
test-short: ## Run the tests of a developer's loop: each suite once, no faults, no acceptance
	$(WITH_POSTGRES) go test $(TAGS) -short -skip '$(WAITING)' \
		$$(go list $(TAGS) ./... | grep -vE '/test/(acceptance|browser|kit)')

.PHONY: test-race
test-race: ## Run all tests in a random order under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(WITH_POSTGRES) go test $(TAGS) -race -shuffle=on ./...
	CGO_ENABLED=1 $(WITH_POSTGRES) $(BENCH_TEST) -race -shuffle=on ./...
	CGO_ENABLED=1 $(CLIENT_TEST) -race -shuffle=on ./...

.PHONY: test-clients
test-clients: ## Lint openapi.yaml, generate clients from it and run them (needs node and npm)
	go run $(TAGS) ./test/clients

.PHONY: bench
bench: ## Measure the service and both stores against what their database can do
	go run ./test/kit/withpostgres -fsync -- $(BENCH) run $(TAGS) .

.PHONY: bench-analytics
bench-analytics: ## Measure every analysis of a million users, and fail above 200 ms
	$(WITH_POSTGRES) $(BENCH) run $(TAGS) ./analytics

.PHONY: bench-migrations
bench-migrations: ## Migrate a million users while sign-ins read, and fail above 500 ms
	$(WITH_POSTGRES) go test $(TAGS) -run '^$$' -bench BenchmarkMigrations -benchtime 1x ./adapters/postgres

.PHONY: lint
lint: ## Look for what compiles and is wrong all the same
	go vet $(TAGS) ./...
	$(CLIENT) vet ./...
	$(BENCH) vet $(TAGS) ./...
	mkdir -p bin && cp examples/acme/go.mod $(EXAMPLE_MOD) && cp go.sum $(EXAMPLE_MOD:.mod=.sum)
	echo 'replace github.com/doorcode-auth/doorcode => $(CURDIR)' >> $(EXAMPLE_MOD)
	go -C examples/acme vet $(TAGS) -mod=mod -modfile=$(EXAMPLE_MOD) ./...
	@$(call nothing,not gofumpt-ed (cure: make format),$(TOOL) gofumpt -l .)
	$(TOOL) staticcheck $(TAGS) $(CHECKS) ./...
	$(CLIENT) tool -modfile=../tools/go.mod staticcheck $(CHECKS) ./...
	$(BENCH) tool -modfile=../../tools/go.mod staticcheck $(TAGS) $(CHECKS) ./...
	tool=$$($(TOOL) -n staticcheck); cd examples/acme; GOFLAGS='-mod=mod -modfile=$(EXAMPLE_MOD)' "$$tool" $(TAGS) $(CHECKS) ./...
	@$(call nothing,dead code,$(TOOL) deadcode $(TAGS) -test ./... | $(REACHED))
	@$(call nothing,dead code of the benchmarks,$(BENCH) tool -modfile=../../tools/go.mod deadcode $(TAGS) -test -filter "/test/bench" ./...)
	@$(call nothing,code that only tests use,$(TOOL) deadcode $(TAGS) -filter "$(INSIDE)" ./cmd/... | $(REACHED))
	go test ./test/architecture

.PHONY: format
format: ## Format all Go files
	$(TOOL) gofumpt -w .

.PHONY: generate
generate: ## Write mocks, wiring and the configuration page anew
	{ grep -ls '^// Code generated by mockery' test/mocks/*.go || true; } | xargs -r rm --
	$(TOOL) mockery --log-level=warn
	$(TOOL) wire gen ./bootstrap/internal/wiring
	@$(MAKE) --no-print-directory configuration

.PHONY: configuration
configuration: ## Write the configuration page anew
	go run $(TAGS) ./cmd/doorcode config docs > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md

.PHONY: verify
verify: ## Check that nothing generated is stale and that go.mod is tidy
	go mod tidy -diff
	go -C tools mod tidy -diff
	$(CLIENT) mod tidy -diff
	$(BENCH) mod tidy -diff
	$(TOOL) wire diff ./bootstrap/internal/wiring
	$(MAKE) --no-print-directory generate
	@$(call nothing,generated files that are not committed (cure: commit what make generate wrote),git status --porcelain --untracked-files=all -- $(GENERATED))

.PHONY: cover
cover: ## Run all tests and say how much of what ships they reach
	$(WITH_POSTGRES) go test $(TAGS) -coverprofile=coverage.out \
		-coverpkg=$(subst $(space),$(comma),$(patsubst %,./%/...,$(SHIPS))) ./...
	go tool cover -func=coverage.out | tail -n 1

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s)
	@grep -rE --include='*_test.go' '^func Fuzz' $(SHIPS) client | sed -E 's/^([^:]*)\/[^/:]*:func (Fuzz[A-Za-z0-9_]*).*/\1 \2/' | \
	while read -r folder target; do \
		echo "go test -fuzz $$target ./$$folder"; \
		go -C "$$folder" test $(TAGS) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) . </dev/null; \
	done

.PHONY: clean
clean: ## Remove what was built and measured
	rm -rf bin coverage.out

# nothing,WHAT,COMMAND runs a command that must print nothing: what it prints is WHAT.
define nothing
echo '$(2)'; found=$$($(2)); if [ -n "$$found" ]; then echo "$(1):"; echo "$$found"; exit 1; fi
endef
