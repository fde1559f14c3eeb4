# make help lists the targets.

PACKAGES ?= ./...
BENCH ?= .
SOAK ?= 1h
OPS ?=
ROUNDS ?= 3
SECONDS ?= 2
PATIENCE ?= 1m
GROWTH ?= $(if $(OPS),0,1000000)
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## vet, check the format, run all tests; on Debian as root installs what they need
	@scripts/test $(PACKAGES)

.PHONY: race
race: ## the tests with the race detector (needs a C compiler)
	@scripts/install-missing
	@scripts/with-postgres go test -race -timeout 75m $(PACKAGES)

.PHONY: soak
soak: ## load and races for an hour, or for as long as SOAK=10m says
	@scripts/install-missing
	@CLAVIGER_TEST_SOAK=$(SOAK) scripts/with-postgres go test -count=1 -timeout 0 -v -run 'R14|R24' ./test/faults

.PHONY: build
build: ## the static binary bin/claviger
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/claviger ./cmd/claviger

.PHONY: lint
lint: ## golangci-lint
	@command -v golangci-lint >/dev/null || { echo 'install it: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0'; exit 1; }
	golangci-lint run ./...

.PHONY: generate
generate: ## the generated code, from its sources
	go generate ./...

.PHONY: bench
bench: ## measure the server against the floors (needs wrk); OPS=client_credentials ROUNDS=1 SECONDS=2 for a quick look
	@scripts/install-missing bench
	@CLAVIGER_TEST_FSYNC=on scripts/with-postgres go run ./bench -ops '$(OPS)' -rounds '$(ROUNDS)' -seconds '$(SECONDS)' -growth '$(GROWTH)' -patience '$(PATIENCE)'

.PHONY: microbench
microbench: ## Go benchmarks; BENCH=Name and PACKAGES=./internal/keys choose some
	@scripts/with-postgres go test -run '^$$' -bench '$(BENCH)' -benchmem $(PACKAGES)

.PHONY: fmt
fmt: ## format the Go code
	gofmt -w .

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
