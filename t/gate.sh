# shellcheck shell=sh disable=SC2154
# The stages of ./bootstrap check and check-long, which source this file. The clock
# leaves nothing out: the change and the id of its commit choose what check runs,
# and check-long runs everything.

passed=0 failed=0 failures= asides=' '
finding='^(FAIL|XPASS|ERROR)|^not ok|error:|warning:'
memory=${XDG_CACHE_HOME:-$HOME/.cache}/git-vault-check

# stage NAME COMMAND…: run it and count its results: by its lines "# N passed,
# N failed, N skipped", where it prints such lines, else as one.
stage () {
	printf '%-22s ' "$1"
	run_stage "$@"
	end_stage "$1"
}

# aside NAME COMMAND…: begin a stage beside those that follow it. It is one that
# keeps one processor busy at most, and needs no file that they make or change. An
# interrupted check ends it.
# join NAME: wait for it and count its results.
aside () {
	run_stage "$@" &
	echo $! >"$log_dir/$1.pid"
	asides="$asides$! "
	trap stop_asides EXIT
	trap 'exit 130' HUP INT TERM
}

join () {
	printf '%-22s ' "$1"
	pid=$(cat "$log_dir/$1.pid")
	wait "$pid"
	asides="${asides%" $pid "*} ${asides##*" $pid "}"
	end_stage "$1"
}

stop_asides () {
	for pid in $asides
	do
		kill_tree "$pid"
	done
}

kill_tree () {
	children=$(pgrep -P "$1")
	kill "$1" 2>/dev/null
	for child in $children
	do
		kill_tree "$child"
	done
}

# Its log, and the result with the seconds that it took: that of a stage which is
# killed is a failure.
run_stage () (
	log=$log_dir/$1 began=$(date +%s)
	shift
	: >"$log.began"
	echo 'FAILED 0' >"$log.result"
	if ("$@") >"$log" 2>&1 </dev/null
	then
		result=ok
	else
		result=FAILED
	fi
	echo "$result $(($(date +%s) - began))" >"$log.result"
)

end_stage () {
	name=$1
	read -r result seconds <"$log_dir/$name.result"
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
	skipped=$(count skipped)
	test "$skipped" != 0 || skipped=
	printf '%-6s %5d passed %3d failed %5d s%s\n' "$result" "$ours" \
		"$theirs" "$seconds" "${skipped:+  $skipped skipped}"
	if test "$result" = FAILED
	then
		failures="$failures $name"
		show_failure
		return 1
	fi
}

count () {
	sed -nE "s/^# .*\\b([0-9]+) $1([,:].*)?\$/\\1/p" "$log_dir/$name" |
		awk '{ n += $1 } END { print n + 0 }'
}

# Print the output of the first scripts that failed in this stage.
show_scripts () {
	find "$top"/build* -name 't[0-9]*.log' -newer "$log_dir/$name.began" \
		-exec grep -l '^not ok' {} + | head -n 3 | while read -r log
	do
		echo "${log##*/}:"
		sed -n '/^not ok/,/^ok/{ /^not ok/p; /^# --- /,/^ok/p; }' \
			"$log" | tail -n 25
	done
}

# Print the findings first, then the end of the log.
show_failure () {
	{
		grep -nE "$finding" "$log_dir/$name" | head -n 30
		show_scripts
		echo '...'
		tail -n 25 "$log_dir/$name"
		echo "all of it: $log_dir/$name"
	} | sed 's/^/    /'
}

# ---- choosing by the change -------------------------------------------------

# The commit of the last check that passed here, else the one 20 before.
last_green () {
	if test -f "$memory/green" &&
		git merge-base --is-ancestor "$(cat "$memory/green")" HEAD \
			2>/dev/null
	then
		cat "$memory/green"
	else
		git rev-list --max-count=21 HEAD | tail -n 1
	fi
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

# One job more than there are cores, since some tests wait.
make_in () {
	dir=$1
	shift
	make -C "$dir" -j"$((jobs + 1))" "$@"
}

# One build for the warnings of clang, the sanitizers of addresses and undefined
# behaviour, and the fuzz targets. It is bound to its address: instrumented code
# has half a million relocations, which would take 40 % of the start of a process.
build_clang () {
	configure_in build-clang --enable-fuzzers --enable-sanitizers \
		--enable-werror CC="${ccache}clang" CXX="${ccache}clang++" \
		CFLAGS='-g1 -O1 -fno-pie' CXXFLAGS='-g1 -O1 -fno-pie' \
		LDFLAGS="${linker#LDFLAGS=} -no-pie" &&
		make_in build-clang check TESTS=
}

build_threads () {
	configure_in build-threads --enable-sanitizers=thread --enable-werror \
		CC="${ccache}gcc" CXX="${ccache}g++" CFLAGS='-g1 -O1' \
		CXXFLAGS='-g1 -O1' $linker &&
		make_in build-threads check TESTS=
}

# compile_with CONFIG [OPTION…]: the sources that are given. Some warnings come only
# while it optimizes.
compile_with () {
	config=$1 && shift &&
		xargs -n 1 -P "$jobs" gcc -std=gnu11 -O2 -S -o /dev/null -Wall \
			-Wextra -Werror -DHAVE_CONFIG_H -include "$config" \
			-iquote lib -iquote . -Ilib/cre2 "$@"
}

# Compile the sources that use an optional library as if there were none, and those
# that use what only some systems have with their fallbacks.
check_optional () {
	mkdir -p build/without &&
		sed '/HAVE_LIBDEFLATE\|HAVE_LIBDECAF\|HAVE_SYS_XATTR_H/d' \
			build/config.h >build/without/config.h &&
		{ grep -lE 'HAVE_(LIBDEFLATE|LIBDECAF|SYS_XATTR_H)' -r lib \
			--include='*.c' && echo lib/serve/serve_none.c; } |
		compile_with build/without/config.h &&
		grep -lE 'GV_(LINUX|PORTABLE)|HAVE_' -r lib git-vault \
			--include='*.c' |
		compile_with build/config.h -DGV_PORTABLE \
			-isystem /usr/include/decaf
}

# ---- tests ------------------------------------------------------------------

# with_faults N COMMAND…: the scripts make N calls of each kind fail.
with_faults () {
	GIT_VAULT_TEST_FAULTS=$1
	export GIT_VAULT_TEST_FAULTS
	shift
	"$@"
}

# on_disk COMMAND…: the scripts work on the disk; else they work in memory where
# there is room.
on_disk () {
	GIT_VAULT_TEST_TRASH=$top/build/t/trash
	export GIT_VAULT_TEST_TRASH
	"$@"
}

# The scripts to run under the sanitizers, which choose_scripts wrote.
under_sanitizers () {
	cat "$log_dir/under-sanitizers"
}

choose_scripts () {
	python3 t/helper/areas.py sanitized . "$(last_green)" build \
		>"$log_dir/under-sanitizers"
}

# The scripts of standard input, those that take longest first: a long one that came
# last would run alone.
longest_first () {
	longest=$(printf '%s\n' t/t1964-*.sh t/t3190-*.sh t/t8655-*.sh t/t4011-*.sh \
		t/t0002-*.sh t/t1270-*.sh t/t1521-*.sh t/t7521-*.sh t/t0001-*.sh \
		t/t8654-*.sh)
	tr ' ' '\n' >"$log_dir/to-order" &&
		{
			grep -xF "$longest" "$log_dir/to-order"
			grep -vxF "$longest" "$log_dir/to-order"
		} | tr '\n' ' '
}

# All scripts but those that run whole under the sanitizers. Twice the jobs, since
# some wait for a clock or a server.
check_scripts () {
	# shellcheck disable=SC2046
	plain=$(python3 t/helper/areas.py plain . $(under_sanitizers)) || return
	jobs=$((2 * jobs)) &&
		with_faults 4 make_in build check \
			TESTS="$(echo $plain | longest_first)"
}

check_units () {
	make_in build-clang check TESTS='$(UNIT_TESTS)'
}

# Twice the jobs, since they wait for the disk. The sanitizer keeps one caller of
# each allocation, which a tenth of the time depends on: for a finding, run the
# script again with ASAN_OPTIONS=malloc_context_size=30.
check_sanitized () {
	jobs=$((2 * jobs)) &&
		ASAN_OPTIONS=malloc_context_size=1 &&
		export ASAN_OPTIONS &&
		on_disk with_faults 4 make_in build-clang check \
			TESTS="$(under_sanitizers | longest_first)"
}

check_threads () {
	build_threads &&
		candidates=$(make -s -C build-threads thread-tests) &&
		chosen=$(python3 t/helper/areas.py threads . "$(last_green)" build \
			$candidates) &&
		with_faults 2 make_in build-threads check \
			TESTS="$(thread_units) $chosen"
}

check_fuzz () {
	make_in build-clang fuzz FUZZ_SECONDS=1
}

# The package has all files that git tracks, and it builds, passes and installs
# from sources that it cannot write to. Of the programs of tests it builds those
# that these tests need.
check_packed () {
	rm -f build/git-vault-[0-9]*.tar.gz
	make_in build distcheck TESTS='t/t0000-basic.sh t/t0009-readme.sh
		t/t1000-snapshot-basic.sh t/t1200-restore-to.sh t/t2000-scan.sh
		t/unit/units-narrow' \
		check_PROGRAMS='t/helper/test-tool t/unit/units-narrow' \
		DISTCHECK_CONFIGURE_FLAGS="\
		CC='${ccache}gcc' CXX='${ccache}g++' CFLAGS=-O0 CXXFLAGS=-O0 $linker" &&
		git ls-files | sort >build/log/tracked &&
		tar tzf build/git-vault-[0-9]*.tar.gz | sed 's,^[^/]*/,,' |
		sort >build/log/packed || return
	comm -23 build/log/tracked build/log/packed |
		grep -v '^\.gitignore$\|^\.gitattributes$' >build/log/unpacked
	test ! -s build/log/unpacked || {
		echo 'error: tracked, but not in the package:'
		cat build/log/unpacked
		return 1
	}
}

# The Python package by itself, and whole days of work through it; the rest is for
# check-long.
check_python () {
	python_tests contrib/python/tests/test_binding.py \
		contrib/python/tests/test_scenarios.py
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
	test "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ||
		die "to check needs a clone with Git's history, which says what" \
			"changed; in an unpacked package run: ./bootstrap build" \
			"&& make check"
	test "$(git rev-parse --is-shallow-repository)" = false ||
		echo "bootstrap: this clone is shallow, so that older changes" \
			"count as checked; for all: git fetch --unshallow"
	# shellcheck disable=SC2086
	need 'to check' $to_build $to_test $to_check $to_python
	check_began=$(date +%s) state=$(clean_commit)
	# share what is compiled with builds in other folders and other clones
	export CCACHE_BASEDIR="$top" CCACHE_NOHASHDIR=1
	choose_tools
	mkdir -p "$memory"
}

# Print the commit that is checked out; nothing where files differ from it.
clean_commit () {
	test -n "$(git status --porcelain)" || git rev-parse HEAD
}

# Whether the sources are a commit, and the one with which the check began.
is_as_begun () {
	test -n "$state" && test "$state" = "$(clean_commit)"
}

# Say what failed once more, since the end of a long output is what is read.
end_check () {
	for name in $failures
	do
		echo "failed: $name"
		grep -E "$finding" "$log_dir/$name" | head -n 5 | sed 's/^/    /'
	done
	echo "all of it took $((($(date +%s) - check_began) / 60)) minutes;" \
		"the results of the tests are in build/test-report.json"
	echo "$passed passed, $failed failed"
	test "$failed" = 0
}

check () {
	begin_check
	stage build build
	aside python check_python
	stage install check_install
	stage format check_format
	stage shell check_shell
	stage manuals check_manuals
	stage optional check_optional
	stage clang build_clang
	join python
	stage units check_units
	stage fuzz check_fuzz
	stage clang-tidy python3 t/helper/lint.py clang-tidy build
	stage cppcheck python3 t/helper/lint.py cppcheck build
	stage demo contrib/demo
	stage choice choose_scripts
	stage scripts check_scripts
	stage threads check_threads
	stage sanitized check_sanitized
	stage package check_packed
	test "$failed" != 0 || ! is_as_begun || echo "$state" >"$memory/green"
	end_check
}

# ---- the long check ---------------------------------------------------------

long_stages='threads valgrind disk long sanitized clang-tidy cppcheck fuzz
	optional python deb'

long_threads () {
	build_threads && with_faults 12 make_in build-threads check \
		TESTS='$(UNIT_TESTS) $(THREAD_TESTS)'
}

# Valgrind sees reads of uninitialized memory, which the sanitizers do not.
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

long_python () {
	python_tests contrib/python/tests
}

# A package of Debian, installed and removed in a chroot.
long_deb () {
	need 'to check the package' mmdebstrap
	package &&
		as_root contrib/debian/check-package build/package/git-vault_*.deb
}

# check_long [STAGE…]: a stage that passed at this commit is not run again.
check_long () {
	# shellcheck disable=SC2086
	test $# -gt 0 || set -- $long_stages
	for long
	do
		case " $(echo $long_stages) " in
		*" $long "*) ;;
		*) die "there is no long stage '$long'; there are:" $long_stages ;;
		esac
	done
	begin_check
	build
	for long
	do
		mark=$log_dir/long-$long.passed
		if is_as_begun && test "$(cat "$mark" 2>/dev/null)" = "$state"
		then
			echo "long-$long passed before"
		elif stage "long-$long" "long_${long#clang-}" && is_as_begun
		then
			echo "$state" >"$mark"
		fi
	done
	end_check
}

# ---- which tests reach which module -------------------------------------------

# Measure t/areas again; takes as long as all scripts do.
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
