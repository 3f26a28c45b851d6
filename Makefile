# The commands people type. Each calls swift or a script of packaging/; `make help` lists them.
SOURCES = Sources Tests packaging/netlab Package.swift

.DEFAULT_GOAL := build
.PHONY: help build test format lint demo gate bench fuzz release

help: ## print this list
	@sed -n 's/^\([a-z]*\): ## /make \1@/p' $(MAKEFILE_LIST) | while IFS=@ read -r command text; do printf '%-14s %s\n' "$$command" "$$text"; done

build: ## build the executables and the tests for debugging (this is what plain `make` does)
	swift build --build-tests

test: ## check the format and run every test; ARGS="--filter PipelineTests" runs some
	bash packaging/test.sh $(ARGS)

format: ## rewrite the sources in the checked-in format
	swift format -i --recursive --parallel $(SOURCES)

lint: ## check the format, as the tests do
	swift format lint --strict --recursive --parallel $(SOURCES)

demo: ## build the release executables and make one call all the way through; ARGS=--keep leaves it running
	bash packaging/demo.sh $(ARGS)

gate: ## count what a call costs and compare with packaging/gate/thresholds.json
	bash packaging/gate.sh $(ARGS)

bench: ## measure beside other proxies; ARGS=--quick takes about two minutes after the build
	bash packaging/bench.sh $(ARGS)

fuzz: ## try mutated inputs on a parser for a minute: ARGS="json-schema|openapi|yaml|http1 [SECONDS] [SEED]"
	bash packaging/fuzz.sh $(ARGS)

release: ## build the three executables as they ship, and print their folder
	@bash -c '. packaging/lib.sh && need_swift && need_packages "$${BUILD_PACKAGES[@]}" && build_release && echo "$$released"'
