# `make help` tells what there is. Only Rust (https://rustup.rs) must be there before; the rest comes from packages.

SHELL     := /bin/bash
.SHELLFLAGS := -euo pipefail -c
TARGET    := target/x86_64-unknown-linux-gnu/release
INVENTORY := inventories/sandbox.yml
# The load balancer twice: each web server answers in its turn; then the web servers themselves.
SITES     := http://10.88.0.10 https://10.88.0.10 http://10.88.0.11 http://10.88.0.12
# What the four applications and the static files answer; see the probes in $(INVENTORY).
PATHS     := /airbnb-onepage/ /airbnb-dynamic/number_odd_or_even/5 /api/v1/status /api/v1/states /apidocs/ / /search /static/styles/hbnb.css
# What judges whether pages are accessible, from npm.
AXE       := axe-core@4.14.1
AXE_FILE  := target/npm/node_modules/axe-core/axe.min.js
# How long new requests are made up.
SECONDS_OF_FUZZ := 600

# program:package, as Debian and Ubuntu call them; python3.MODULE is a module that it must have.
FOR_BUILD := cc:gcc
FOR_HOSTS := debootstrap:debootstrap systemd-nspawn:systemd-container nft:nftables ip:iproute2 ssh:openssh-client curl:curl
FOR_TESTS := nginx:nginx-light wrk:wrk readelf:binutils pgrep:procps git:git python3:python3 pip3:python3-pip python3.ensurepip:python3-venv \
  mariadbd:mariadb-server mariadb-dump:mariadb-client openssl:openssl pebble:pebble haproxy:haproxy
# Debian's packages; Ubuntu has Chromium as a snap only, and takes what is on $PATH.
FOR_BROWSER := chromium:chromium chromedriver:chromium-driver npm:npm
# uWSGI is built from source.
FOR_BENCH := /usr/bin/python3-config:python3-dev /usr/bin/python3.ensurepip:python3-venv

export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin:$(HOME)/.cargo/bin

.PHONY: help demo test bench fuzz lint clean-hosts build need-build need-hosts need-tests need-browser need-bench
.DEFAULT_GOAL := help

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

demo: need-hosts build ## throwaway hosts, a balancer before two, deployed and asked for every page
	$(TARGET)/deployer sandbox up $(INVENTORY)
	$(TARGET)/deployer apply $(INVENTORY)
	@answer=$$(mktemp -d); for site in $(SITES); do for path in $(PATHS); do \
	  printf '\n$$ curl -k %s%s\n' $$site $$path; \
	  curl -kfsS --max-time 10 -D $$answer/head -o $$answer/body $$site$$path; \
	  grep -iE '^(HTTP|X-Served-By)' $$answer/head; head -c 200 $$answer/body; printf '\n'; \
	done; done; rm -r $$answer
	@printf '\nThe hosts stay until: make clean-hosts\n'

test: need-hosts need-tests need-build need-browser $(AXE_FILE) ## every test, those on real hosts included (as root)
	cargo test --locked --quiet --no-run
	cargo test --locked -- --include-ignored

bench: need-hosts need-tests need-bench build ## the table of speeds, measured here and now
	cargo bench --locked --bench deploy
	benches/native.sh
	benches/wsgi/run.py
	benches/hbnb/run.py
	benches/edge/run.py

fuzz: need-build need-tests ## what holds for every request, tried with new ones for twice ten minutes (SECONDS_OF_FUZZ=600)
	cargo test --locked --quiet --lib --test main --no-run
	SECONDS_OF_FUZZ=$(SECONDS_OF_FUZZ) cargo test --locked --quiet --test main app::fuzz -- --ignored
	@until=$$((SECONDS + $(SECONDS_OF_FUZZ))); while [ $$SECONDS -lt $$until ]; do \
	  PROPTEST_CASES=4000 cargo test --locked --quiet --lib property::; \
	done

lint: need-build ## format and clippy, no warning allowed
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

clean-hosts: build ## take the throwaway hosts away (the base image stays)
	$(TARGET)/deployer sandbox down $(INVENTORY)

# Again if this file names another version.
$(AXE_FILE): Makefile | need-browser
	npm install --prefix target/npm --no-save --no-audit --no-fund --silent $(AXE)
	touch $@

build: need-build
	cargo build --locked --release

need-build: ; @$(call install,$(FOR_BUILD)); command -v cargo >/dev/null || { echo 'cargo is missing; install Rust: https://rustup.rs' >&2; exit 2; }
need-hosts: ; @$(call install,$(FOR_HOSTS))
need-tests: ; @$(call install,$(FOR_TESTS))
need-browser: ; @$(call install,$(FOR_BROWSER))
need-bench: ; @$(call install,$(FOR_BENCH))

# Installs the packages of missing programs as root; otherwise says which are missing.
define install
has() { case $$1 in *.*) $${1%%.*} -c "import $${1#*.}" 2>/dev/null;; *) command -v $$1 >/dev/null;; esac; }; \
missing=; for need in $(1); do has $${need%%:*} || missing+=" $${need##*:}"; done; \
if [ -n "$$missing" ] && [ $$(id -u) = 0 ]; then \
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
elif [ -n "$$missing" ]; then \
  echo "missing:$$missing; install with: sudo apt-get install$$missing" >&2; exit 2; \
fi
endef
