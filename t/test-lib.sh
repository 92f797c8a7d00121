# shellcheck shell=sh disable=SC1007,SC2034,SC2154
# The test harness: source it behind `test_description`, call the functions
# below, end with test_done. It prints TAP. t/README says how to write a test.
#
#	#!/bin/sh
#	test_description='what this script is about'
#	. "$(dirname "$0")/test-lib.sh"
#	test_expect_success 'a sentence about behaviour' '…'
#	test_done
#
# Options of a script: -v shows what the tests print, -x traces them, -i stops
# at the first failure, -d keeps the trash directory, --run=1-3,7 runs only
# those. Names that end in _ are private to this file.

# ---- where things are -------------------------------------------------------

die_ () {
	echo >&2 "$0: $*"
	exit 1
}

TEST_DIRECTORY=$(cd "$(dirname "$0")" && pwd -P) || exit 1
case $TEST_DIRECTORY in
*/t) ;;
*) test -f "$TEST_DIRECTORY/test-lib.sh" || TEST_DIRECTORY=${TEST_DIRECTORY%/t/*}/t ;;
esac
GIT_VAULT_SRC_DIR=${TEST_DIRECTORY%/t}

# The build: said by make, else the one that we stand in, else the usual ones.
find_build_ () {
	for dir_ in "$GIT_VAULT_BUILD_DIR" "$PWD" "${PWD%/t}" \
		"$GIT_VAULT_SRC_DIR/build" "$GIT_VAULT_SRC_DIR"
	do
		if test -n "$dir_" && test -f "$dir_/config.status"
		then
			cd "$dir_" && pwd -P
			return
		fi
	done
	return 1
}
GIT_VAULT_BUILD_DIR=$(find_build_) ||
	die_ "no build found; run ./bootstrap build, or set GIT_VAULT_BUILD_DIR"
export TEST_DIRECTORY GIT_VAULT_SRC_DIR GIT_VAULT_BUILD_DIR

# ---- options ----------------------------------------------------------------

verbose_= trace_= immediate_= keep_= only_=
while test $# -gt 0
do
	case $1 in
	-v | --verbose) verbose_=t ;;
	-x) trace_=t verbose_=t ;;
	-i | --immediate) immediate_=t ;;
	-d | --debug) keep_=t ;;
	--run=*) only_=${1#--run=} ;;
	-h | --help)
		echo "$test_description"
		echo "usage: $0 [-v] [-x] [-i] [-d] [--run=1-3,7]"
		exit 0
		;;
	*) die_ "unknown option '$1'; -h lists them" ;;
	esac
	shift
done
test -n "$test_description" ||
	die_ "a test script sets test_description before it sources test-lib.sh"

# ---- a world of its own -----------------------------------------------------

umask 022
LC_ALL=C LANG=C TZ=UTC TERM=dumb PAGER=cat EDITOR=: VISUAL=:
export LC_ALL LANG TZ TERM PAGER EDITOR VISUAL
unset LANGUAGE CDPATH GREP_OPTIONS COLUMNS CI
# by which a test would reach the services of whoever runs it
unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS

for name_ in $(env | sed -n 's/^\(GIT_[A-Za-z0-9_]*\)=.*/\1/p')
do
	case $name_ in
	GIT_VAULT_TEST_TIME) unset "$name_" ;;
	GIT_VAULT_SRC_DIR | GIT_VAULT_BUILD_DIR | GIT_VAULT_TEST_*) ;;
	*) unset "$name_" ;;
	esac
done

test_name=$(basename "$0" .sh)
test_root_=${GIT_VAULT_TEST_TRASH:-$GIT_VAULT_BUILD_DIR/t/trash}/$test_name
TRASH_DIRECTORY=$test_root_/trash
HOME=$test_root_/home
XDG_CONFIG_HOME=$HOME/.config
XDG_CACHE_HOME=$HOME/.cache
TMPDIR=$test_root_/tmp
test_output_=$test_root_/output
export TRASH_DIRECTORY HOME XDG_CONFIG_HOME XDG_CACHE_HOME TMPDIR

GIT_CONFIG_NOSYSTEM=1
GIT_TERMINAL_PROMPT=0
GIT_CEILING_DIRECTORIES=$test_root_
GIT_AUTHOR_NAME='A U Thor'
GIT_AUTHOR_EMAIL=author@example.com
GIT_COMMITTER_NAME='C O Mitter'
GIT_COMMITTER_EMAIL=committer@example.com
export GIT_CONFIG_NOSYSTEM GIT_TERMINAL_PROMPT GIT_CEILING_DIRECTORIES
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# A sanitizer's finding must look like a crash, never like a failed command. What
# libraries hold for each thread is not looked for: one block in 256 lies where
# the sanitizer takes it for one of an old libc, and it dies of what it reads.
ASAN_OPTIONS=abort_on_error=1:allocator_may_return_null=1:intercept_tls_get_addr=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS

remove_ () {
	test ! -e "$1" || rm -rf "$1" 2>/dev/null || {
		chmod -R u+rwX "$1" 2>/dev/null
		rm -rf "$1"
	}
}

remove_ "$test_root_" || die_ "cannot remove the old $test_root_"
mkdir -p "$TRASH_DIRECTORY" "$HOME" "$TMPDIR" "$test_root_/bin" ||
	die_ "cannot make $TRASH_DIRECTORY"

# The program under test, so that both `git-vault` and `git vault` are it;
# GIT_VAULT_TEST_WRAPPER ("valgrind -q …") goes in front of every run of it.
program_=${GIT_VAULT_TEST_INSTALLED:-$GIT_VAULT_BUILD_DIR/git-vault}/git-vault
if test -n "$GIT_VAULT_TEST_WRAPPER"
then
	printf '#!/bin/sh\nexec %s %s "$@"\n' \
		"$GIT_VAULT_TEST_WRAPPER" "'$program_'" >"$test_root_/bin/git-vault"
	chmod +x "$test_root_/bin/git-vault"
else
	ln -s "$program_" "$test_root_/bin/git-vault"
fi
# The system's own python3: one before it in PATH may be a script that chooses
# among versions, which takes a tenth of a second at each start.
test ! -x /usr/bin/python3 || ln -s /usr/bin/python3 "$test_root_/bin/python3"
PATH=$test_root_/bin:$GIT_VAULT_BUILD_DIR/t/helper:$PATH
export PATH

cat >"$HOME/.gitconfig" <<-\END
	[init]
		defaultBranch = main
	[gc]
		autoDetach = false
	[vault]
		autoFold = false
	[protocol "file"]
		allow = always
	[advice]
		detachedHead = false
END

# ---- counting and reporting -------------------------------------------------

test_count=0 test_failed_=0 test_broken_=0 test_fixed_=0 test_skipped_=0
test_finished_= prereqs_=' ' lazy_=' ' lazy_known_=' '
exec 5>&1

say_ () {
	printf '%s\n' "$*" >&5
}

# Text as TAP comments, which no reader takes for a result.
comment_ () {
	sed 's/^/# /' >&5
}

at_exit_ () {
	code_=$?
	test -n "$test_finished_" && return
	say_ "# the script ended inside or before test $((test_count + 1))," \
		"with status $code_"
	test ! -s "$test_output_" || comment_ <"$test_output_"
	test "$code_" != 0 || exit 1
}
trap at_exit_ EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

is_wanted_ () {
	test -z "$only_" && return 0
	for range_ in $(echo "$only_" | tr , ' ')
	do
		from_=${range_%-*} to_=${range_#*-}
		test "$test_count" -ge "${from_:-1}" &&
			test "$test_count" -le "${to_:-$test_count}" && return 0
	done
	return 1
}

# ---- running a test's body --------------------------------------------------

# Run a body in this shell, its output kept for the case that it fails.
# "exit 117" at its head must be its status, else the && chain has a gap and
# a failure before the gap would be lost.
run_body_ () {
	cleanup_= cleanup_failed_=
	: >"$test_output_"
	cd "$TRASH_DIRECTORY" || die_ "a test removed $TRASH_DIRECTORY"
	(eval "(exit 117) && $1") </dev/null >/dev/null 2>&1
	if test $? != 117
	then
		echo 'the && chain of this test is broken' >"$test_output_"
		return 1
	fi
	if test -n "$verbose_"
	then
		eval_ "$1" </dev/null >&2
	else
		eval_ "$1" </dev/null >"$test_output_" 2>&1
	fi
	body_status_=$?
	if test -n "$cleanup_"
	then
		cd "$TRASH_DIRECTORY" || exit
		if test -n "$verbose_"
		then
			eval_ "$cleanup_" </dev/null >&2
		else
			eval_ "$cleanup_" </dev/null >>"$test_output_" 2>&1
		fi
		if test -n "$cleanup_failed_"
		then
			echo 'the clean-up of this test failed' >>"$test_output_"
			body_status_=1
		fi
	fi
	return $body_status_
}

eval_ () {
	if test -n "$trace_"
	then
		eval "set -x
$1"
		{ eval_status_=$?; set +x; } 2>/dev/null
	else
		eval "$1"
		eval_status_=$?
	fi
	return $eval_status_
}

# Take the common part: [PREREQ,…] NAME BODY. Sets name_ and body_; fails
# where the test is left out, which is then said.
begin_ () {
	needs_=
	if test $# = 3
	then
		needs_=$1
		shift
	fi
	test $# = 2 || die_ "test $((test_count + 1)): give [PREREQ] NAME BODY"
	test_count=$((test_count + 1))
	name_=$1 body_=$2
	if ! is_wanted_
	then
		test_skipped_=$((test_skipped_ + 1))
		say_ "ok $test_count - $name_ # SKIP not wanted by --run"
		return 1
	fi
	if test -n "$needs_" && ! test_have_prereq "$needs_"
	then
		test_skipped_=$((test_skipped_ + 1))
		say_ "ok $test_count - $name_ # SKIP needs $needs_"
		return 1
	fi
	test -z "$verbose_" || printf 'test %s: %s\n%s\n' "$test_count" "$name_" \
		"$body_" >&2
}

# A test that must pass.
test_expect_success () {
	begin_ "$@" || return 0
	if run_body_ "$body_"
	then
		say_ "ok $test_count - $name_"
		return 0
	fi
	test_failed_=$((test_failed_ + 1))
	say_ "not ok $test_count - $name_"
	printf '%s\n' "$body_" | comment_
	if test -s "$test_output_"
	then
		say_ "# --- it printed:"
		comment_ <"$test_output_"
	fi
	if test -n "$immediate_"
	then
		test_finished_=t
		say_ "1..$test_count"
		exit 1
	fi
	return 0
}

# A known breakage: counted, and reported once it is gone.
test_expect_failure () {
	begin_ "$@" || return 0
	if run_body_ "$body_"
	then
		test_fixed_=$((test_fixed_ + 1))
		say_ "ok $test_count - $name_ # TODO known breakage vanished"
	else
		test_broken_=$((test_broken_ + 1))
		say_ "not ok $test_count - $name_ # TODO known breakage"
	fi
	return 0
}

# Run COMMANDS at the end of the present test, whether it fails or not, the
# last one given first. Not from within a subshell.
test_when_finished () {
	cleanup_="{ $*
	} || cleanup_failed_=t
	$cleanup_"
}

# Count N of WHAT; the sums are told at the end.
test_tally () {
	printf '%s\t%s\n' "$1" "$2" >>"$test_root_/tally"
}

tell_tally_ () {
	test -f "$test_root_/tally" || return 0
	awk -F "\t" '
		!($2 in n) { what[++kinds] = $2 }
		{ n[$2] += $1 }
		END {
			for (i = 1; i <= kinds; i++)
				print "# counted: " n[what[i]] " " what[i]
		}' "$test_root_/tally" >&5
	say_ "# after them $test_failed_ of $test_count tests failed"
}

# Say what the script cost. `times` tells only the shell that runs it, so that no
# pipe may stand behind it.
tell_cpu_ () {
	times >"$test_root_/times"
	awk -F '[ms ]+' '
		{ cpu += 60 * ($1 + $3) + $2 + $4 }
		END { printf "# seconds of CPU: %.2f\n", cpu }
	' "$test_root_/times" >&5
}

# End the script: the plan, the tidying, the exit status.
test_done () {
	test_finished_=t
	say_ "1..$test_count"
	tell_tally_
	tell_cpu_
	cd "$GIT_VAULT_BUILD_DIR" || exit
	if test "$test_failed_" = 0 && test "$test_fixed_" = 0
	then
		test -n "$keep_" || remove_ "$test_root_"
		exit 0
	fi
	say_ "# $test_failed_ of $test_count failed; left for you to look at:"
	say_ "# $TRASH_DIRECTORY"
	exit 1
}

# Leave the whole script out: skip_all "why".
skip_all () {
	test "$test_count" = 0 || die_ "skip_all comes before the first test"
	test_finished_=t
	say_ "1..0 # SKIP $*"
	cd "$GIT_VAULT_BUILD_DIR" && remove_ "$test_root_"
	exit 0
}

# ---- prerequisites ----------------------------------------------------------

test_set_prereq () {
	prereqs_="$prereqs_$1 "
}

# test_lazy_prereq NAME COMMANDS: asked when it is first needed.
test_lazy_prereq () {
	eval "lazy_$1_=\$2"
	lazy_="$lazy_$1 "
}

has_prereq_ () {
	case $lazy_known_ in
	*" $1 "*) ;;
	*)
		case $lazy_ in
		*" $1 "*)
			lazy_known_="$lazy_known_$1 "
			eval "probe_=\$lazy_$1_"
			mkdir -p "$test_root_/probe"
			if (cd "$test_root_/probe" && eval "$probe_") \
				</dev/null >/dev/null 2>&1
			then
				test_set_prereq "$1"
			fi
			rm -rf "$test_root_/probe"
			;;
		esac
		;;
	esac
	case $prereqs_ in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# test_as_nobody COMMAND…: the superuser as a user who owns nothing here.
test_as_nobody () {
	mkdir -p "$TMPDIR/nobody" && chown 65534:65534 "$TMPDIR/nobody" &&
		setpriv --reuid=65534 --regid=65534 --clear-groups env \
			HOME="$TMPDIR/nobody" \
			XDG_CONFIG_HOME="$TMPDIR/nobody/.config" \
			GCOV_PREFIX="$TMPDIR/nobody/coverage" "$@"
}

test_lazy_prereq SETPRIV '
	test "$(id -u)" = 0 && test_as_nobody true &&
	test_as_nobody ls "$TRASH_DIRECTORY" \
		"$GIT_VAULT_BUILD_DIR/git-vault/git-vault"'

# test_have_prereq A,!B: whether A is there and B is not.
test_have_prereq () {
	for need_ in $(echo "$1" | tr , ' ')
	do
		case $need_ in
		!*) ! has_prereq_ "${need_#!}" || return 1 ;;
		*) has_prereq_ "$need_" || return 1 ;;
		esac
	done
}

test_lazy_prereq ROOT 'test "$(id -u)" = 0'
# permission bits mean something to us
test_lazy_prereq SANITY '
	mkdir d && >d/f && chmod 0 d && ! cat d/f; r=$?; chmod 700 d; exit $r'
test_lazy_prereq JQ 'echo {} | jq .'
test_lazy_prereq PYTHON 'python3 -c "import sys"'
test_lazy_prereq XATTR '
	>f && setfattr -n user.test -v 1 f && getfattr -n user.test f'
test_lazy_prereq SANITIZERS '
	grep -q "^SANITIZERS_TRUE=..$" "$GIT_VAULT_BUILD_DIR/config.log"'
# What no other system has: /proc, inotify, namespaces (lib/base/compat.h).
test_lazy_prereq LINUX '
	test "$(uname -s)" = Linux &&
	! grep "^#define GV_PORTABLE 1" "$GIT_VAULT_BUILD_DIR/config.h"'
# In memory, git add puts pages of nulls into a file: it reads it by mmap.
test_lazy_prereq HOLES '
	truncate -s 1M f && git hash-object --no-filters f &&
	test "$(stat -c %b f)" = 0'
test_lazy_prereq CASE_FOLDING '>lower && test -e LOWER'

# ---- assertions: each says what is wrong before it fails --------------------

# test_must_fail [ok=CODE,…] COMMAND: it fails, but on purpose. Not found, not
# runnable and killed by a signal are no such thing; 128, 129 and 130 are exit
# codes of ours.
test_must_fail () {
	"$@"
	fail_status_=$?
	if test $fail_status_ = 0
	then
		echo "test_must_fail: it succeeded: $*"
		return 1
	elif test $fail_status_ = 126 || test $fail_status_ = 127
	then
		echo "test_must_fail: it could not be run: $*"
		return 1
	elif test $fail_status_ -gt 130
	then
		echo "test_must_fail: it died of signal" \
			"$((fail_status_ - 128)): $*"
		return 1
	fi
}

# As test_must_fail, but success is fine too.
test_might_fail () {
	"$@"
	fail_status_=$?
	if test $fail_status_ -gt 130 || test $fail_status_ = 126 ||
		test $fail_status_ = 127
	then
		echo "test_might_fail: it crashed ($fail_status_): $*"
		return 1
	fi
}

# test_expect_code N COMMAND
test_expect_code () {
	want_code_=$1
	shift
	"$@"
	code_seen_=$?
	test $code_seen_ = "$want_code_" && return 0
	echo "test_expect_code: wanted $want_code_, got $code_seen_ from: $*"
	return 1
}

# test_cmp EXPECT ACTUAL, texts; test_cmp_bin, anything.
test_cmp () {
	test $# = 2 || die_ "test_cmp takes two files"
	diff -u "$1" "$2"
}

test_cmp_bin () {
	test $# = 2 || die_ "test_cmp_bin takes two files"
	cmp "$1" "$2"
}

# test_cmp_rev A B: both name the same object.
test_cmp_rev () {
	rev_a_=$(git rev-parse --verify "$1") &&
		rev_b_=$(git rev-parse --verify "$2") || return 1
	test "$rev_a_" = "$rev_b_" && return 0
	echo "test_cmp_rev: $1 is $rev_a_, $2 is $rev_b_"
	return 1
}

path_ () {
	if ! test "$1" "$2"
	then
		echo "$2 $3"
		ls -ld "$2"
		return 1
	fi
}

test_path_exists () {
	path_ -e "$1" 'does not exist'
}

test_path_is_file () {
	path_ -f "$1" 'is no file'
}

test_path_is_dir () {
	path_ -d "$1" 'is no directory'
}

test_path_is_symlink () {
	path_ -h "$1" 'is no symbolic link'
}

test_path_is_executable () {
	path_ -x "$1" 'is not executable'
}

test_path_is_missing () {
	if test -e "$1" || test -h "$1"
	then
		echo "$1 is there"
		ls -ld "$1"
		return 1
	fi
}

test_dir_is_empty () {
	test_path_is_dir "$1" || return 1
	if test -n "$(ls -A1 "$1")"
	then
		echo "$1 is not empty:"
		ls -A1 "$1"
		return 1
	fi
}

test_must_be_empty () {
	test_path_is_file "$1" || return 1
	if test -s "$1"
	then
		echo "$1 is not empty:"
		cat "$1"
		return 1
	fi
}

test_file_not_empty () {
	path_ -s "$1" 'is empty or missing'
}

# test_line_count = 3 FILE (any operator of test)
test_line_count () {
	lines_=$(wc -l <"$3") || return 1
	if ! test "$lines_" "$1" "$2"
	then
		echo "$3 has $lines_ lines, wanted $1 $2:"
		cat "$3"
		return 1
	fi
}

# test_grep [!] [GREP-OPTION…] PATTERN FILE: the pattern is there, or not
test_grep () {
	if test "$1" = '!'
	then
		shift
		! grep "$@" && return 0
		echo "found, and must not be there: grep $*"
		return 1
	fi
	grep "$@" && return 0
	echo "not found: grep $*; the file is:"
	for last_ in "$@"
	do
		:
	done
	cat "$last_"
	return 1
}

# ---- making things ----------------------------------------------------------

test_write_lines () {
	printf '%s\n' "$@"
}

# Accept the policy files as they are, in the repository DIR or here: what they
# loosen does not count else.
accept_policy () {
	git -C "${1:-.}" vault -q policy accept >/dev/null
}

# test_seq [FROM] TO
test_seq () {
	if test $# = 1
	then
		set -- 1 "$1"
	fi
	i_=$1
	while test "$i_" -le "$2"
	do
		echo "$i_"
		i_=$((i_ + 1))
	done
}

# Let a minute pass for commits and for our own clock; times are repeatable
# from the first call on.
test_tick () {
	if test -z "$test_tick"
	then
		test_tick=1112911993
	else
		test_tick=$((test_tick + 60))
	fi
	GIT_COMMITTER_DATE="$test_tick +0000"
	GIT_AUTHOR_DATE="$test_tick +0000"
	GIT_VAULT_TEST_TIME=$test_tick
	export GIT_COMMITTER_DATE GIT_AUTHOR_DATE GIT_VAULT_TEST_TIME
}

# test_commit [-C DIR] MESSAGE [FILE [CONTENT [TAG]]]
test_commit () {
	in_=.
	if test "$1" = -C
	then
		in_=$2
		shift 2
	fi
	file_=${2:-$1.t}
	printf '%s\n' "${3-$1}" >"$in_/$file_" &&
		git -C "$in_" add -- "$file_" || return 1
	test_tick
	git -C "$in_" commit -q -m "$1" &&
		git -C "$in_" tag "${4:-$1}"
}

# test_create_repo DIR
test_create_repo () {
	mkdir -p "$1" && git -C "$1" init -q
}

# test_config KEY VALUE: until the present test ends
test_config () {
	test_when_finished "git config --unset-all '$1' || :"
	git config "$1" "$2"
}

# test_env NAME=VALUE… COMMAND, where COMMAND may be a function
test_env () {
	(
		while test $# -gt 0
		do
			case $1 in
			*=*)
				eval "${1%%=*}=\${1#*=}"
				eval "export ${1%%=*}"
				shift
				;;
			*) break ;;
			esac
		done
		"$@"
	)
}

# Outside any repository.
nongit () {
	mkdir -p "$test_root_/nowhere" &&
		(cd "$test_root_/nowhere" && "$@")
}

# Every file below a directory with its kind, mode, mtime in nanoseconds, size,
# and link target, one a line: two trees that print the same are the same but
# for their bytes, which `diff -r` compares.
test_list_tree () {
	(
		cd "$1" && find . -path ./.git -prune -o \
			-printf '%y %m %T@ %s %p -> %l\n' |
			sed 's/^\(d [0-9]* [0-9.]*\) [0-9]*/\1/' | sort -k5
	)
}

# ---- begin ------------------------------------------------------------------

cd "$TRASH_DIRECTORY" || exit 1
# As in Git's own tests the trash directory is a fresh repository, unless
# TEST_NO_CREATE_REPO is set before this file is sourced.
if test -z "$TEST_NO_CREATE_REPO"
then
	git init -q || die_ "cannot make a repository in $TRASH_DIRECTORY"
fi
