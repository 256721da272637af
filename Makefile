# The manual of this repository: "make help".
SHELL   := /bin/bash
LINT    := go tool -modfile=$(CURDIR)/internal/tools/go.mod
BROWSER := examples/askaround/browsertest
FUZZTIME ?= 5s

# Modules of their own, so that who imports a package does not inherit what they need.
NESTED := api/tools api/bench iotauth/policy/bench iotauth/policy/record examples/hardwarekeys
TOOLS  := api/tools/oasdiff internal/tools

.DEFAULT_GOAL := help
.PHONY: help run test check fmt vet staticcheck race generate diff tidy vuln slow fuzz browser bench ci

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run Ask Around Me on this machine
	go run ./examples/askaround

test: ## run the tests, quickly
	go test ./...

check: fmt vet staticcheck race diff tidy ## everything that must hold before a change lands

fmt: ## fail where gofmt would change a file
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }

vet: ## go vet, for Linux and for the systems that developers use
	CGO_ENABLED=0 go build ./...
	go vet ./...
	@for dir in $(NESTED); do echo "go vet $$dir"; go vet -C $$dir -tags aws ./... || exit 1; done
	GOOS=darwin CGO_ENABLED=0 go build ./...
	GOOS=windows CGO_ENABLED=0 go build ./...

staticcheck: ## staticcheck, at the version pinned in internal/tools
	$(LINT) staticcheck ./...
	@for dir in $(NESTED); do echo "staticcheck $$dir"; (cd $$dir && $(LINT) staticcheck -tags aws ./...) || exit 1; done

race: ## the tests under the race detector
	go test -race -timeout 20m ./...

generate: ## regenerate code and the browser's bundle
	go generate ./...

diff: generate ## fail where generated files differ from what is committed
	git diff --exit-code
	@new=$$(git ls-files --others --exclude-standard); [ -z "$$new" ] || { echo "generated but not committed:"; echo "$$new"; exit 1; }

tidy: ## fail where go.mod or go.sum is not tidy
	go mod tidy -diff
	@for dir in $(NESTED) $(TOOLS); do echo "go mod tidy $$dir"; (cd $$dir && go mod tidy -diff) || exit 1; done

vuln: ## known vulnerabilities; needs a network
	$(LINT) govulncheck ./...

slow: ## the long suites: more random cases, faults, foreign clients
	ASKAROUND_SLOW=1 go test -count=1 -timeout 45m ./...
	@for dir in $(NESTED); do echo "go test $$dir"; (cd $$dir && ASKAROUND_SLOW=1 go test -count=1 -tags aws ./...) || exit 1; done

fuzz: ## every fuzz target for FUZZTIME (5s)
	.ci/fuzz $(FUZZTIME)

browser: ## two browser windows, mqtt.js and the screenshots (needs chromium and npm)
	cd $(BROWSER) && npm ci --no-audit --no-fund
	ASKAROUND_SLOW=1 go test -count=1 -v ./$(BROWSER)

bench: ## the figures of docs/benchmarks.md
	go test -run '^$$' -bench . -benchmem ./...
	go run ./examples/askaround/internal/load

ci: ## what decides a landing
	.ci/run
