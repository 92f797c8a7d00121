#!/bin/sh

test_description='libraries are loaded when they are needed, and not before

With libgit2 come TLS, ssh and Kerberos, which are most of what a start costs.
Mostly its SHA-1 is in the program and it is never loaded. Where it is not, what
names objects loads it; if it is missing, all that only looks works, and the rest
says what is missing.'
. "$(dirname "$0")/test-lib.sh"

# What is written in the work tree would be news to a snapshot.
h=$HOME

# Who says which libraries are loaded, on stderr.
loads_libgit2 () {
	LD_DEBUG=files git-vault "$@" >/dev/null 2>"$h/loaded" </dev/null
	grep -q "calling init.*libgit2" "$h/loaded"
}

test_lazy_prereq LD_DEBUG '
	! loads_libgit2 version && grep -q "calling init" "$h/loaded"
'

test_lazy_prereq SHARED_LIBGIT2 '
	git init -q x && cd x && git commit -q --allow-empty -m x &&
	loads_libgit2 snapshot'

# In a folder that is looked through first there is one that is none.
without_libgit2 () {
	LD_LIBRARY_PATH=$h/broken "$@"
}

test_expect_success 'two snapshots' '
	mkdir live && test_seq 1 10 >live/a && echo x >b && ln -s b l &&
	git add . && git commit -q -m first && git vault -q snapshot &&
	echo more >>live/a && git vault -q snapshot &&
	: "what was written a moment ago is read once more" &&
	sleep 1 && git vault -q snapshot
'

for command in version list "list --json" "show latest" "diff latest~1 latest" diff \
	status "cat latest:b" "ls latest" "log b" "archive latest" "prune -n" \
	"fold -n" "snapshot -n" snapshot "restore -n latest --to x" \
	"hooks status" "hooks run pre-commit" "hooks run post-checkout a b 1" \
	"secret list" "key list" "state list" "good list" "audit list" health
do
	test_expect_success LD_DEBUG "$command does without libgit2" '
		! loads_libgit2 $command && test_grep "calling init" "$h/loaded"
	'
done

for command in "snapshot --force" "verify latest" "repair -n" "restore latest --to x"
do
	test_expect_success SHARED_LIBGIT2 "$command does not" '
		loads_libgit2 $command
	'
	test_expect_success LD_DEBUG,!SHARED_LIBGIT2 "$command has it in the program" '
		! loads_libgit2 $command && test_grep "calling init" "$h/loaded"
	'
done

test_expect_success SHARED_LIBGIT2 'without it, what only looks works' '
	: "so is what was restored" &&
	sleep 1 && loads_libgit2 snapshot --force && mkdir "$h/broken" &&
	name=$(sed -n "s|.*init: .*/\(libgit2.so[0-9.]*\).*|\1|p" "$h/loaded") &&
	echo none >"$h/broken/$name" && without_libgit2 git vault list >"$h/out" &&
	test_line_count = 5 "$h/out" && without_libgit2 git vault diff &&
	without_libgit2 git vault cat latest:b >"$h/out" && test_cmp b "$h/out"
'

test_expect_success SHARED_LIBGIT2 'a snapshot says what is missing, and leaves nothing' '
	state () {
		git for-each-ref && find .git/objects -type f | sort
	} && state >"$h/before" &&
	test_expect_code 128 without_libgit2 git vault snapshot --force 2>"$h/err" &&
	test_grep "needs libgit2 1.*not installed" "$h/err" &&
	state >"$h/after" && test_cmp "$h/before" "$h/after"
'

test_expect_success SHARED_LIBGIT2 'verify and repair say so, and call nothing damaged' '
	for command in "verify latest" "verify --all" "repair -n"
	do
		test_expect_code 128 without_libgit2 git vault $command \
			>"$h/out" 2>"$h/err" && test_grep "naming objects needs libgit2" "$h/err" &&
		! grep damaged "$h/out" "$h/err" || return 1
	done
'

test_expect_success SHARED_LIBGIT2 'doctor says so' '
	test_expect_code 1 without_libgit2 git vault doctor >"$h/out" &&
	test_grep "libgit2 1.*is not installed" "$h/out"
'

test_expect_success LD_DEBUG 'what reads no YAML loads no libyaml, and what seals for few no libdecaf' '
	for command in version list "cat latest:b" "status b" snapshot
	do
		LD_DEBUG=files git-vault $command >"$h/out" 2>"$h/loaded" </dev/null &&
		test_grep "calling init.*libc" "$h/loaded" &&
		! grep -e libyaml -e libdecaf "$h/loaded" || return 1
	done
'

test_expect_success LD_DEBUG 'without libyaml, who reads YAML says so' '
	mkdir "$h/no-yaml" && echo none >"$h/no-yaml/libyaml-0.so.2" &&
	printf "snapshots:\n  exclude: [x]\n" >.gitvault.yaml &&
	git add .gitvault.yaml && git commit -q -m policy &&
	test_might_fail env LD_LIBRARY_PATH="$h/no-yaml" \
		git vault scan .gitvault.yaml 2>"$h/err" &&
	test_grep "needs libyaml 0.2.*not installed" "$h/err"
'

test_done
