# Thin: meson and ninja do the work. Every target that builds first installs what is missing (scripts/install-deps.sh).
BUILD ?= build

.PHONY: all deps check demo bench sim sim-selftest crash fuzz mutation clean
all: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) >/dev/null
	@ninja -C $(BUILD) --quiet
	@sh scripts/build-ui.sh $(BUILD)
	@python3 scripts/api-docs.py $(BUILD)/ui

deps:
	@sh scripts/install-deps.sh

check: deps
	@sh scripts/check.sh

demo: all
	@sh scripts/demo.sh

bench: deps
	@sh scripts/bench.sh

# The proofs (docs/reliability.md). Their short forms are part of `make check`.
RUNS ?= 5000
SEED ?= 1
KILLS ?= 500
SECONDS ?= 60
MUTANTS ?= 300

sim: all
	@$(BUILD)/liaison-sim --runs $(RUNS) --seed $(SEED)

sim-selftest: deps
	@python3 tests/sim/selftest.py

crash: all
	@python3 tests/crash.py $(BUILD) --engine sqlite --kills $(KILLS)

fuzz: deps
	@sh scripts/fuzz.sh $(SECONDS)

mutation: deps
	@python3 tests/mutation/mutate.py --sample $(MUTANTS) --seed $(SEED) --jobs 2

clean:
	rm -rf build build-*
