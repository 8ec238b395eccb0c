# `make` alone prints this file's help. Tools are pinned by the tool lines of go.mod.

GO ?= go
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 20s
FUZZREST ?= 5s
BENCH ?= .
COUNT ?= 6
SOAKTIME ?= 10m

.DEFAULT_GOAL := help
.PHONY: help build install demo generate fmt test check unit race corpus face bouts fuzz portable neovim editors vscode gofmt vet lint bench bench-vscode soak screenshots clean

##@ Use
build: ## build bin/slop-ls
	$(GO) build -trimpath -o bin/slop-ls ./cmd/slop-ls
install: ## install slop-ls into the Go bin folder
	$(GO) install -trimpath ./cmd/slop-ls
demo: ## run the demo: no key, no network
	$(GO) run ./cmd/slop-ls demo

##@ Check
check: test ## what CI runs (.ci/run)
test: gofmt vet race corpus face bouts portable neovim editors vscode fuzz ## everything, with -race, short fuzz runs and the other systems
unit: ## the tests alone, without -race: the quickest answer
	$(GO) tool gotestsum --format pkgname-and-test-fails -- ./...
race: ## the tests with -race
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -race -timeout 20m ./...
corpus: ## views of every file of the Go tree and of Python's library, without -race (which sees one in ten)
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -count 1 -timeout 20m -run 'TestGoTree|TestPythonLibrary' ./treesitter
face: ## answers within 50 ms under load, without -race (which makes it ten times slower)
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -count 1 -timeout 20m -run 'TestFace$$' ./lsp
bouts: ## 200 runs of many tickets beside typing people, without -race (which has 40 of them)
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -count 1 -timeout 20m -run 'TestParallelTickets' ./lsp
fuzz: ## each fuzz target for FUZZTIME (20s), the less exposed ones for FUZZREST (5s)
	.ci/fuzz $(FUZZTIME) $(FUZZREST)
portable: ## vet without cgo, builds for macOS and Windows
	.ci/portable
neovim: ## the plugin's unit tests in Neovim 0.10 and the newest; installs both below .cache
	.ci/neovim
editors: ## the story of a person and a ticket, played in real editors; installs them below .cache
	.ci/editors
vscode: ## the extension's checks, and its stories in VS Code's workbench; installs it below .cache
	.ci/vscode
gofmt: ## fail where gofmt would change something
	.ci/gofmt
vet: ## go vet with cgo
	$(GO) vet ./...
lint: ## golangci-lint; fetches it on the first run
	$(GO) run $(GOLANGCI_LINT) run ./...

##@ Measure
bench: ## benchmarks through benchstat (BENCH=regexp COUNT=n)
	@mkdir -p .cache
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... | tee .cache/bench.txt
	$(GO) tool benchstat .cache/bench.txt
bench-vscode: ## how long the extension's activation takes in VS Code's workbench
	.ci/vscode bench
soak: ## race, crash and fuzz tests for long (SOAKTIME=10m a target)
	$(GO) test -race -count 20 -timeout 2h ./engine/... ./store/... ./lsp/...
	SLOP_LS_CRASH_KILLS=500 $(GO) test -count 1 -timeout 1h ./cmd/slop-ls -run TestCrash
	SLOP_LS_FACE_SOAK=$(SOAKTIME) $(GO) test -count 1 -timeout 2h -v ./lsp -run 'TestFace$$'
	SLOP_LS_BOUTS=2000 $(GO) test -count 1 -timeout 2h ./lsp -run TestParallelTickets
	.ci/fuzz $(SOAKTIME)

##@ Keep
screenshots: ## pictures of VS Code's and Neovim's views, for docs/screenshots
	.ci/vscode screenshots
	SLOP_LS_SCREENSHOTS=$(CURDIR)/docs/screenshots .ci/editors -run '^TestNeovimScreenshots$$'
generate: ## write what is generated again: docs, golden files, schema
	$(GO) generate ./...
fmt: ## gofmt everything
	git ls-files -co --exclude-standard '*.go' | grep -v /testdata/ | xargs gofmt -w
clean: ## remove what make made
	rm -rf bin .cache

help:
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
