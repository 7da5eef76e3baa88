# What to do with a checkout. Every target does its own set-up; `make` alone says what there is.
.POSIX:
.PHONY: help setup demo check test test-slow test-openstack openstack bench bench-boot bench-heat clean

help:
	@echo 'make setup       install what is missing: Debian packages (with sudo when not root), Node and libraries'
	@echo 'make demo        the main job on real input: a Heat template in, booted images and a new template out'
	@echo 'make check       lint, types and unit tests: under a minute'
	@echo 'make test        make check, then the whole program on real packages and boots: minutes'
	@echo 'make test-slow   the rest: kill loops, builds twice over, many boots'
	@echo 'make test-openstack  with real services of OpenStack on this machine, as root; the first time takes minutes more'
	@echo 'make openstack   the same services to play with, until Ctrl-C'
	@echo 'make bench       build times beside mmdebstrap on this machine'
	@echo 'make bench-boot  from power-on to services: the original template against the rewritten one'
	@echo 'make bench-heat  planning of templates beside the reading of the same by the engine of Heat'
	@echo 'make clean       remove what set-up and tests left in this folder; the store of images stays'

setup:
	@scripts/setup

demo:
	@scripts/setup
	@scripts/demo

check:
	@scripts/setup
	@scripts/test check

test:
	@scripts/setup
	@scripts/test check whole

test-slow:
	@scripts/setup
	@scripts/test slow

test-openstack:
	@scripts/setup bench
	@scripts/test openstack

openstack:
	@scripts/setup bench
	@exec node_modules/.bin/node test/openstack/play.ts $(ARGS)

bench:
	@scripts/setup bench
	@node_modules/.bin/node bench/build.ts $(ARGS)

bench-boot:
	@scripts/setup
	@node_modules/.bin/node bench/boot.ts $(ARGS)

bench-heat:
	@scripts/setup bench
	@node_modules/.bin/node bench/heat.ts $(ARGS)

clean:
	rm -rf node_modules .kiln coverage
