# Thin: meson and ninja do the work. Every target that builds first installs what is missing (scripts/install-deps.sh).
BUILD ?= build

.PHONY: all deps check demo bench clean
all: deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) >/dev/null
	@ninja -C $(BUILD) --quiet

deps:
	@sh scripts/install-deps.sh

check: deps
	@sh scripts/check.sh

demo: all
	@sh scripts/demo.sh

bench: deps
	@sh scripts/bench.sh

clean:
	rm -rf build build-*
