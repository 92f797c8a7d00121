# shellcheck shell=sh disable=SC2154
# What ./bootstrap check and check-long run, sourced by it. Nothing here is left
# out by the clock: what the gate does not run is chosen by the change and by the
# number of its commit, and check-long runs all of it.

passed=0 failed=0 failures=
memory=${XDG_CACHE_HOME:-$HOME/.cache}/git-vault-check

# stage NAME COMMAND…: run it, count it. What reports figures of its own in
# lines "# N passed, N failed, …" is counted by those, anything else as one.
stage () {
	name=$1
	shift
	began=$(date +%s)
	: >"$log_dir/began"
	printf '%-22s ' "$name"
	if ("$@") >"$log_dir/$name" 2>&1 </dev/null
	then
		result=ok
	else
		result=FAILED
	fi
	ours=$(count passed) theirs=$(count failed)
	if test "$result" = FAILED && test "$theirs" = 0
	then
		theirs=1
	elif test "$ours" = 0 && test "$theirs" = 0
	then
		ours=1
	fi
	test "$theirs" = 0 || result=FAILED
	passed=$((passed + ours)) failed=$((failed + theirs))
	printf '%-6s %5d passed %3d failed %5d s\n' "$result" "$ours" \
		"$theirs" $(($(date +%s) - began))
	if test "$result" = FAILED
	then
		failures="$failures $name"
		show_failure
		return 1
	fi
}

count () {
	sed -n "s/^# .*\\b\\([0-9][0-9]*\\) $1,.*/\\1/p" "$log_dir/$name" |
		awk '{ n += $1 } END { print n + 0 }'
}

# What the first scripts that failed in this stage had printed.
show_scripts () {
	find "$top"/build* -name 't[0-9]*.log' -newer "$log_dir/began" \
		-exec grep -l '^not ok' {} + | head -n 3 | while read -r log
	do
		echo "${log##*/}:"
		sed -n '/^not ok/,/^ok/{ /^not ok/p; /^# --- /,/^ok/p; }' \
			"$log" | tail -n 25
	done
}

# What is wrong, first; the rest is in the log.
show_failure () {
	{
		grep -nE '^(FAIL|XPASS|ERROR)|^not ok|error:|warning:' \
			"$log_dir/$name" | head -n 30
		show_scripts
		echo '...'
		tail -n 25 "$log_dir/$name"
		echo "all of it: $log_dir/$name"
	} | sed 's/^/    /'
}

# ---- what is chosen ---------------------------------------------------------

# The commit of the last check that passed here, else the one 20 before.
last_green () {
	if test -f "$memory/green" &&
		git merge-base --is-ancestor "$(cat "$memory/green")" HEAD
	then
		cat "$memory/green"
	else
		git rev-list --max-count=21 HEAD | tail -n 1
	fi
}

# quarter NAME…: every fourth, from one to the next commit another.
quarter () {
	printf '%s\n' "$@" | awk -v turn="$(git rev-list --count HEAD)" \
		'NR % 4 == turn % 4'
}

# The scripts that run under the sanitizers, too: those that the change maps
# to, and a quarter of all.
chosen_scripts () {
	{
		python3 t/helper/areas.py changed . "$(last_green)" | tr ' ' '\n'
		quarter t/t[0-9]*.sh
	} | grep . | sort -u | tr '\n' ' '
}

# The unit tests of modules that start threads, and those that do so themselves.
thread_units () {
	grep -rlE 'sys/workers\.h|pthread\.h' --include='*.c' lib t/unit |
		sed 's,.*/,,; s,^t-,,; s,\.c$,,' | sort -u |
		while read -r module
		do
			test ! -f "t/unit/t-$module.c" ||
				printf 't/unit/t-%s.c ' "$module"
		done
}

built_sources () {
	find lib git-vault t -name '*.[ch]' | sort
}

scripts () {
	find . -type d \( -name '.git' -o -name 'build' -o -name 'build-*' \
		-o -path ./t/fuzz/corpus \
		-o -name autom4te.cache -o -name 'git-vault-[0-9]*' \) -prune \
		-o -type f ! -name 'configure*' -print | sort |
		while read -r file
		do
			case $(head -c 40 "$file" | tr -d '\0' | head -n 1) in
			'#!/bin/sh'* | '#!/bin/bash'* | '#!/usr/bin/env bash'*)
				echo "$file" ;;
			'# shellcheck shell='*) echo "$file" ;;
			esac
		done
}

# ---- builds -----------------------------------------------------------------

# One more than there are cores, since some tests wait.
make_in () {
	dir=$1
	shift
	make -C "$dir" -j"$((jobs + 1))" "$@"
}

# Warnings of clang, the sanitizers of addresses and undefined behaviour, and
# the fuzz targets: one build serves all.
build_clang () {
	configure_in build-clang --enable-fuzzers --enable-sanitizers \
		--enable-werror CC="${ccache}clang" CXX="${ccache}clang++" \
		CFLAGS='-g1 -O1' CXXFLAGS='-g1 -O1' $linker &&
		make_in build-clang check TESTS=
}

build_threads () {
	configure_in build-threads --enable-sanitizers=thread --enable-werror \
		CC="${ccache}gcc" CXX="${ccache}g++" CFLAGS='-g1 -O1' \
		CXXFLAGS='-g1 -O1' $linker &&
		make_in build-threads check TESTS=
}

# Sources that ask for an optional library, without any of them.
check_optional () {
	mkdir -p build/without &&
		sed '/HAVE_LIBDEFLATE\|HAVE_LIBDECAF/d' build/config.h \
			>build/without/config.h &&
		{ grep -lE 'HAVE_LIBDE(FLATE|CAF)' -r lib --include='*.c' &&
			echo lib/serve/serve_none.c; } |
		xargs -n 1 -P "$jobs" gcc -std=gnu11 -fsyntax-only -Wall -Wextra \
			-Werror -DHAVE_CONFIG_H -include build/without/config.h \
			-iquote lib -Ilib/cre2
}

# ---- tests ------------------------------------------------------------------

# with_faults N COMMAND…: of each kind of call that may fail strike N.
with_faults () {
	GIT_VAULT_TEST_FAULTS=$1
	export GIT_VAULT_TEST_FAULTS
	shift
	"$@"
}

# on_disk COMMAND…: scripts work in memory, where there is room, unless so.
on_disk () {
	GIT_VAULT_TEST_TRASH=$top/build/t/trash
	export GIT_VAULT_TEST_TRASH
	"$@"
}

check_scripts () {
	with_faults 4 make_in build check TESTS="$(echo t/t[0-9]*.sh)"
}

check_units () {
	make_in build-clang check TESTS='$(UNIT_TESTS)'
}

check_sanitized () {
	on_disk with_faults 4 make_in build-clang check TESTS="$(chosen_scripts)"
}

check_threads () {
	build_threads &&
		with_faults 2 make_in build-threads check \
			TESTS="$(thread_units) \$(THREAD_TESTS)"
}

# Sees what was never written, which the other sanitizers do not.
check_valgrind () {
	make_in build check-valgrind \
		VALGRIND_TESTS="$(quarter t/unit/t-*.c | tr '\n' ' ')"
}

check_fuzz () {
	make_in build-clang fuzz FUZZ_SECONDS=1
}

# What is packed for others: all that git tracks is in it, and it builds, passes
# and installs from sources that it cannot write to.
check_packed () {
	make_in build distcheck TESTS='t/t0000-basic.sh t/t0009-readme.sh
		t/t1000-snapshot-basic.sh t/t1200-restore-to.sh t/t2000-scan.sh
		t/unit/t-buf.c' DISTCHECK_CONFIGURE_FLAGS="\
		CC='${ccache}gcc' CXX='${ccache}g++' CFLAGS=-O0 CXXFLAGS=-O0 $linker" &&
		git ls-files | sort >build/log/tracked &&
		tar tzf build/git-vault-[0-9]*.tar.gz | sed 's,^[^/]*/,,' |
		sort >build/log/packed &&
		comm -23 build/log/tracked build/log/packed |
		grep -v '^\.gitignore$\|^\.gitattributes$' >build/log/unpacked
	test ! -s build/log/unpacked || {
		echo 'error: tracked, but not in the package:'
		cat build/log/unpacked
		return 1
	}
}

# ---- sources ----------------------------------------------------------------

check_shell () {
	scripts | xargs -P "$jobs" -n 40 shellcheck -S warning
}

check_format () {
	built_sources | xargs -P "$jobs" -n 100 clang-format --dry-run -Werror
}

check_manuals () {
	test -z "$(ls man/*.[157] 2>/dev/null)" ||
		mandoc -Tlint -W warning man/*.[157]
}

# An installation somewhere else must run, and go away again.
check_install () {
	rm -rf build/installed &&
		make install prefix=build/installed &&
		PATH=$top/build/installed/bin:$PATH git vault --version &&
		make uninstall prefix=build/installed &&
		test -z "$(find build/installed ! -type d)"
}

# ---- the gate ---------------------------------------------------------------

begin_check () {
	# shellcheck disable=SC2086
	need 'to check' $to_build $to_test $to_check
	check_began=$(date +%s)
	# builds in other folders, and of the next checkout, share what is compiled
	export CCACHE_BASEDIR="$top" CCACHE_NOHASHDIR=1
	choose_tools
	mkdir -p "$memory"
}

end_check () {
	test -z "$failures" || echo "failed:$failures"
	echo "all of it took $((($(date +%s) - check_began) / 60)) minutes;" \
		"the results of the tests are in build/test-report.json"
	echo "$passed passed, $failed failed"
	test "$failed" = 0
}

check () {
	begin_check
	stage build build
	stage install check_install
	stage format check_format
	stage shell check_shell
	stage manuals check_manuals
	stage optional check_optional
	stage clang build_clang
	stage units check_units
	stage fuzz check_fuzz
	stage clang-tidy python3 t/helper/lint.py clang-tidy build
	stage cppcheck python3 t/helper/lint.py cppcheck build
	stage demo contrib/demo
	stage scripts check_scripts
	stage threads check_threads
	stage sanitized check_sanitized
	stage valgrind check_valgrind
	stage package check_packed
	test "$failed" != 0 || test -n "$(git status --porcelain)" ||
		git rev-parse HEAD >"$memory/green"
	end_check
}

# ---- the long check ---------------------------------------------------------

long_stages='threads valgrind disk long sanitized clang-tidy cppcheck fuzz
	optional'

long_threads () {
	build_threads && with_faults 12 make_in build-threads check \
		TESTS='$(UNIT_TESTS) $(THREAD_TESTS)'
}

long_valgrind () {
	make_in build check-valgrind
}

long_disk () {
	on_disk with_faults 12 make_in build check
}

long_long () {
	make_in build check-long
}

long_sanitized () {
	build_clang && with_faults 12 make_in build-clang check
}

long_tidy () {
	python3 t/helper/lint.py clang-tidy build --all
}

long_cppcheck () {
	python3 t/helper/lint.py cppcheck build --all
}

long_fuzz () {
	build_clang && make_in build-clang fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-60}"
}

long_optional () {
	configure_in build-plain --enable-werror --without-libdeflate \
		--without-libdecaf --without-microhttpd $linker &&
		make_in build-plain check TESTS='$(UNIT_TESTS)' &&
		git init -q build-plain/empty &&
		(cd build-plain/empty && ../git-vault/git-vault state serve 2>&1) |
		grep 'built without libmicrohttpd'
}

# check_long [STAGE…]: a stage that passed at this commit is not run again.
check_long () {
	begin_check
	build
	# shellcheck disable=SC2086
	test $# -gt 0 || set -- $long_stages
	for long
	do
		done=$log_dir/long-$long.passed
		if test "$(cat "$done" 2>/dev/null)" = "$(git rev-parse HEAD)"
		then
			echo "long-$long passed before"
			continue
		fi
		command -v "long_${long#clang-}" >/dev/null ||
			die "there is no long stage '$long'; there are: $long_stages"
		if stage "long-$long" "long_${long#clang-}"
		then
			git rev-parse HEAD >"$done"
		fi
	done
	end_check
}

# ---- which tests reach which module -------------------------------------------

# Measure t/areas anew; takes as long as all scripts do.
areas () {
	begin_check
	mkdir -p build-reach
	clang -O2 -c t/helper/reach.c -o build-reach/reach.o &&
		configure_in build-reach CC="${ccache}clang" CXX="${ccache}clang++" \
			CFLAGS='-O1 -g1 -fsanitize-coverage=func,trace-pc-guard' \
			CXXFLAGS='-O1 -g1' \
			LDFLAGS="${linker#LDFLAGS=} $top/build-reach/reach.o" &&
		make_in build-reach check TESTS= >"$log_dir/areas" 2>&1 &&
		rm -rf build-reach/reached &&
		python3 t/helper/areas.py measure build-reach . >t/areas.new &&
		mv t/areas.new t/areas
}
