# Every target first looks whether Swift and the system libraries are there and installs what is
# missing (dev/require); nothing is done, offline too, when all is there.

DENSITY ?= 0.25
EPOCHS ?=
DATA ?=
OUTPUT ?= .build/run/fashion.safetensors
PREFIX ?= /usr/local
ARGS ?=

# MNIST is not packaged by Debian: tests that want it are skipped by name when it is not found.
MNIST_DIR := $(or $(MNIST_DIR),$(abspath $(wildcard ../shared/data/mnist)))
ifneq ($(MNIST_DIR),)
export MNIST_DIR
else
unexport MNIST_DIR
endif

# Homebrew keeps GraphBLAS where the compiler does not look by itself.
ifeq ($(shell uname -s),Darwin)
BREW := $(shell brew --prefix 2>/dev/null)
SWIFT_FLAGS ?= -Xcc -I$(BREW)/include -Xcc -I$(BREW)/include/suitesparse -Xlinker -L$(BREW)/lib
endif
export SWIFT_FLAGS

SPARSECTL := .build/release/sparsectl
# Without networking, whose libraries take most of the time of a first build.
CORE := .build/core

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test examples coverage sanitize fuzz soak kernels-neon lint format bench serving-load sweep-results exit-results task-results split-results docs accuracy install sparsectl clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo "Variables: DENSITY, EPOCHS, DATA, OUTPUT (run), ARGS (test, examples, sanitize, fuzz, soak, bench, serving-load, …-results), PREFIX (install), MNIST_DIR"

run: ## Train on Fashion-MNIST at DENSITY (0.25) and measure the model
	@dev/require run
	swift build -c release --product sparsectl --traits CommandLine --scratch-path $(CORE) \
	  $(SWIFT_FLAGS)
	@mkdir -p "$$(dirname "$(OUTPUT)")"
	$(CORE)/release/sparsectl train $(strip --dataset fashion-mnist $(if $(DATA),--data "$(DATA)") \
	  --density $(DENSITY) $(if $(EPOCHS),--epochs $(EPOCHS)) --output "$(OUTPUT)")
	$(CORE)/release/sparsectl measure "$(OUTPUT)"

test: ## Run every test, optimised, the server's clients, and the README's code blocks
	@dev/require test
	@dev/test $(ARGS)

examples: ## Build and run the programs of Examples
	@dev/require run
	@dev/examples $(ARGS)

coverage: ## Run every test, and check that 90 % of the lines of Sources were run
	@dev/require test
	@dev/coverage $(ARGS)

sanitize: ## Run every test under AddressSanitizer and ThreadSanitizer
	@dev/require sanitize
	@dev/sanitize $(ARGS)

fuzz: ## Feed every reader damaged input for 10 minutes each (ARGS='60 safetensors')
	@dev/require fuzz
	@dev/fuzz $(ARGS)

soak: ## 100,000 training steps in flat memory, and trainings killed 200 times
	@dev/require soak
	@$(MAKE) --no-print-directory sparsectl
	@dev/soak $(SPARSECTL) $(ARGS)

kernels-neon: ## Compare the NEON kernels with the plain loops, under QEMU where there is no ARM
	@dev/require kernels-neon
	@dev/kernels neon

lint: ## Check format, warnings, imports and scripts
	@dev/require lint
	@dev/lint

format: ## Rewrite every Swift file in the project's format
	@dev/require lint
	@dev/lint --fix

bench: ## Measure the engines and their peers in one run, into Benchmarks/RESULTS.md
	@dev/require bench
	@Benchmarks/run $(ARGS)

serving-load: ## Measure the server beside MLServer, into Benchmarks/RESULTS-serving.md
	@dev/require serving-load
	@$(MAKE) --no-print-directory sparsectl
	@Benchmarks/serving-load $(SPARSECTL) $(ARGS)

sweep-results: ## Train the networks of RESULTS-sweep.md, check what must hold, write it
	@dev/require sweep
	@$(MAKE) --no-print-directory sparsectl
	@Benchmarks/sweep-results $(SPARSECTL) $(ARGS)

exit-results: ## Train the networks of RESULTS-exits.md, check what must hold, write it
	@dev/require sweep
	@$(MAKE) --no-print-directory sparsectl
	@Benchmarks/exit-results $(SPARSECTL) $(ARGS)

task-results: ## Train the networks of RESULTS-tasks.md, check what must hold, write it
	@dev/require sweep
	@$(MAKE) --no-print-directory sparsectl
	@Benchmarks/task-results $(SPARSECTL) $(ARGS)

split-results: ## Measure split execution over a shaped link, into RESULTS-split.md
	@dev/require sweep
	@$(MAKE) --no-print-directory sparsectl
	@Benchmarks/split-results $(SPARSECTL) $(ARGS)

docs: ## Build the documentation of the libraries into .build/documentation
	@dev/require docs
	@dev/docs

accuracy: ## Train the published recipe on MNIST, three networks, three seeds, and check the means
	@dev/require lint
	@$(MAKE) --no-print-directory sparsectl
	@dev/accuracy $(SPARSECTL)

install: ## Install sparsectl, its manual pages and shell completions below PREFIX (/usr/local)
	@dev/require lint
	@$(MAKE) --no-print-directory sparsectl
	@dev/install $(SPARSECTL) "$(PREFIX)"

sparsectl:
	swift build -c release --product sparsectl $(SWIFT_FLAGS)

clean: ## Remove everything that was built
	rm -rf .build Benchmarks/.build Examples/.build Tests/Fuzz/.build
