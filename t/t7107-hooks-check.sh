#!/bin/sh
# shellcheck disable=SC2154

test_description='hooks refuse a push that adds what check finds, where the policy asks'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

# commit MESSAGE: all that is there
commit () {
	git add -A && git commit -q --no-verify -m "$1"
}

# anew: as the branch of the server
anew () {
	git fetch -q && git reset -q --hard origin/main && git clean -qfdx
}

test_expect_success 'set up: a server, and a repository with a module' '
	push_server srv.git && push_clone "$PWD/srv.git" c && cd c &&
	mkdir -p live/prod modules/net ci &&
	printf "variable \"cidr\" {}\noutput \"id\" {\n  value = 1\n}\n" >modules/net/main.tf &&
	printf "module \"net\" {\n  source = \"../../modules/net\"\n  cidr = 1\n}\nlocals {\n  a = module.net.id\n}\n" >live/prod/main.tf &&
	echo x >ci/run && echo "locals { old = file(\"gone\") }" >old.tf &&
	commit one && taken git push origin main
'

test_expect_success 'nothing is asked without the policy' '
	cd c && echo "locals { b = var.nope }" >live/prod/b.tf && commit b &&
	taken git push origin main && test_grep ! nope $T/err &&
	git rm -q live/prod/b.tf && commit "no b" && taken git push origin main
'

test_expect_success 'the policy of the branch before the push decides' '
	cd c && printf "check:\n  push: error\n  protected: [ci/**]\n" >.gitvault.yaml &&
	echo "locals { b = var.nope }" >live/prod/b.tf && commit both &&
	taken git push origin main &&
	git rm -q live/prod/b.tf && commit "no b" && taken git push origin main &&
	echo "locals { b = var.nope }" >live/prod/b.tf && git rm -q .gitvault.yaml &&
	commit "no policy" && refused git push origin main &&
	test_grep "live/prod/b.tf:1: the variable .nope. is not defined \[tf/undeclared-var\]" $T/err &&
	test_grep ! "old.tf" $T/err && anew
'

test_expect_success 'a push that adds nothing wrong goes through' '
	cd c && echo "locals { b = 2 }" >live/prod/b.tf && commit b &&
	taken git push origin main && test_grep ! "remote:" $T/err
'

test_expect_success 'what breaks far away is found as well' '
	cd c && sed "s/\"id\"/\"ids\"/" modules/net/main.tf >new && mv new modules/net/main.tf &&
	commit rename && refused git push origin main &&
	test_grep "live/prod/main.tf:6: the module in .modules/net. has no output .id." $T/err &&
	anew && git rm -qr modules && commit remove && refused git push origin main &&
	test_grep "live/prod/main.tf:2: .modules/net. does not exist" $T/err && anew
'

test_expect_success 'a protected path is not changed, added to or deleted' '
	cd c && echo y >ci/run && commit change && refused git push origin main &&
	test_grep "ci/run: the policy protects this path" $T/err && anew &&
	echo y >ci/new && commit add && refused git push origin main && anew &&
	git rm -q ci/run && commit delete && refused git push origin main && anew
'

test_expect_success 'a new branch is held against the policy of HEAD' '
	cd c && git checkout -q -b topic && echo "locals { c = file(\"c\") }" >live/prod/c.tf &&
	commit topic && refused git push origin topic &&
	test_grep "live/prod/c.tf:1" $T/err && git checkout -q main &&
	git branch -q -D topic && git push -q origin main:other 2>$T/err
'

test_expect_success 'a file too large to be read is a finding' '
	cd c && test_seq 1 700000 | sed "s/.*/# line &/" >live/prod/large.tf &&
	test $(wc -c <live/prod/large.tf) -gt 8388608 && commit large &&
	refused git push origin main &&
	test_grep "live/prod/large.tf: this is too large to be read \[parse/error\]" $T/err && anew
'

test_expect_success 'so is one that is too deep, and nothing hangs' '
	cd c && printf "%010000d" 0 | tr 0 "[" >live/prod/deep.json &&
	{ echo "a: &a [1]" && test_seq 1 5000 | sed "s/.*/b&: \&b& [*a,*a,*a,*a,*a,*a,*a,*a,*a]/"; } >live/prod/bomb.yaml &&
	printf "locals { a = " >live/prod/deep.tf &&
	printf "%010000d" 0 | tr 0 "[" >>live/prod/deep.tf && commit deep &&
	refused git push origin main && test_grep "live/prod/deep.tf:1" $T/err && anew
'

test_expect_success 'pre-push says the same before anything leaves' '
	cd c && git vault hooks install >/dev/null 2>&1 &&
	echo "locals { b = var.nope }" >live/prod/c.tf && commit c &&
	test_must_fail git push origin main 2>$T/err &&
	test_grep "nothing is pushed: these files do not fit together" $T/err &&
	test_grep "live/prod/c.tf:1: the variable .nope." $T/err &&
	test_grep ! "remote:" $T/err &&
	printf "check: {push: \"off\", protected: [ci/**]}\n" >.gitvault.yaml && commit off &&
	refused git push origin main && test_grep "remote:" $T/err && anew
'

test_expect_success 'a broken baseline switches nothing off' '
	cd c && printf "check: {push: error, protected: [ci/**], baseline: base.txt}\n" >.gitvault.yaml &&
	echo broken >base.txt && commit broken && taken git push origin main &&
	echo "locals { b = var.nope }" >live/prod/c.tf && commit c &&
	test_must_fail git push origin main 2>$T/err &&
	test_grep "nothing is pushed: these files do not fit together" $T/err &&
	test_expect_code 1 git vault check >$T/out 2>$T/err &&
	test_grep "the variable .nope. is not defined" $T/out &&
	refused git push --no-verify origin main &&
	test_grep "the variable .nope. is not defined" $T/err && anew &&
	git rm -q base.txt && printf "check:\n  push: error\n  protected: [ci/**]\n" >.gitvault.yaml &&
	commit "no baseline" && taken git push origin main
'

test_expect_success 'names of files do not reach the terminal raw' '
	cd c && odd=$(printf "live/prod/a\033[2J.tf") && echo "locals { d = var.nope }" >"$odd" &&
	commit odd && test_must_fail git push --no-verify origin main 2>$T/err &&
	test_grep "a.033\[2J.tf\":1: the variable" $T/err && anew
'

test_expect_success 'warnings refuse a push where the policy says so' '
	cd c && printf "check:\n  push: warning\n" >.gitvault.yaml && commit warn &&
	taken git push --no-verify origin main &&
	printf "variable \"left\" {}\n" >>modules/net/main.tf && commit left &&
	refused git push --no-verify origin main &&
	test_grep "needs the variable .left., which has no default \[tf/unset-var\]" $T/err
'

test_expect_success 'a link is looked at as in the working tree' '
	cd c && anew && ln -s ../../modules/net live/prod/net && ln -s ../../ci/run live/prod/run &&
	commit links && taken git push --no-verify origin main &&
	ln -s ../../ci/none live/prod/none && ln -s ../../../x live/prod/out && commit dangling &&
	refused git push --no-verify origin main &&
	test_grep "live/prod/none: this link leads to .ci/none., which does not exist" $T/err &&
	test_grep "live/prod/out: this link leads out of the repository" $T/err &&
	test_grep ! "live/prod/run" $T/err
'

test_done
