#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='what rules of access and the commands that they ask may take

A command has 10 seconds and 64 KiB, and whatever else it does is a refusal.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

# by WHO REFSPEC…: as the host knows who it is; err has what the server said
by () {
	GL_USER=$1 && export GL_USER && shift && as bob git push -q --no-verify origin "$@" 2>err
	by_=$?
	unset GL_USER
	return $by_
}
refused () {
	! by "$@" && test "$(git -C remote rev-parse main)" = "$main"
}

test_expect_success 'set up: a server that asks commands' '
	team && rules "
	  - {paths: [\"config/prod*\"], keys: [db.**], approvals: 1, by: [dba]}
	  - {env: prod, roles: [sre, dba]}" &&
	as alice sh -c "printf \"  authorize: sh $top/authorize\n  identity: sh $top/identity\n\" >>.gitvault.yaml &&
		git commit -q -a -m ask && git push -q origin main" &&
	as bob sh -c "git pull -q && git remote set-head origin main && git switch -q -c pool &&
		sed -i s/5/8/ config/prod.yaml && git commit -q -a -m pool" &&
	git -C remote vault hooks install >/dev/null && main=$(git -C remote rev-parse main) &&
	git -C remote config vault.policy $(git -C remote rev-parse main:.gitvault.yaml) &&
	echo "echo bob" >identity && echo "echo {\\\"allowed\\\": true}" >authorize
'

test_expect_success 'one that does not read what it gets may answer all the same' '
	by bob pool:refs/heads/try && by bob pool:main && cat err && git -C remote update-ref refs/heads/main $main
'

test_expect_success 'one that never ends is ended, with all that it started, and refuses' '
	echo "trap \"\" TERM; sleep 61 & sleep 61; echo {\\\"allowed\\\": true}" >authorize && began=$(date +%s) &&
	refused bob pool:main && took=$(($(date +%s) - began)) && echo "it took $took s" &&
	test $took -ge 9 && test $took -lt 30 &&
	test_grep "access.authorize gave no answer within 10 seconds" err &&
	! pgrep -f "^sleep 61$" && echo "echo {\\\"allowed\\\": true}" >authorize
'

test_expect_success 'one who says who pushes, and does not end, says nobody' '
	echo "sleep 61; echo bob" >identity && refused bob pool:main &&
	test_grep "access.identity gave no answer within 10 seconds" err &&
	test_grep "nobody knows who changes it" err && echo "echo bob" >identity
'

test_expect_success 'one that leaves something behind that could write is not waited for' '
	echo "echo {\\\"allowed\\\": true}; sleep 5 &" >authorize && began=$(date +%s) && by bob pool:main &&
	test $(($(date +%s) - began)) -lt 5 && git -C remote update-ref refs/heads/main $main
'

test_expect_success 'an answer without end takes no memory, and refuses at once' '
	echo "echo {\\\"allowed\\\": true}; yes" >authorize && began=$(date +%s) && (
		{ test_have_prereq SANITIZERS || ulimit -v 2000000; } && refused bob pool:main
	) && test $(($(date +%s) - began)) -lt 9 &&
	test_grep "answer of access.authorize is larger than 64 KiB" err &&
	echo "echo {\\\"allowed\\\": true}; yes >&2 & sleep 1; kill \$!" >authorize && by bob pool:main &&
	git -C remote update-ref refs/heads/main $main && echo "echo {\\\"allowed\\\": true}" >authorize
'

test_expect_success 'the command says who pushes to each branch, whatever its policy had' '
	as alice sh -c "git switch -q -c old main~2 &&
		printf \"access: {branches: [main, old], rules: [{paths: [a], roles: [owner]}]}\" >.gitvault.yaml &&
		git add . && git commit -q -m old" && git -C remote fetch -q ../alice/clone old:refs/heads/old && as alice sh -c "git switch -q main && sed -i \"s/^access:/access:\\n  branches: [main, old]/\" .gitvault.yaml &&
		git commit -q -a -m branches" &&
	git -C remote fetch -q ../alice/clone main && git -C remote update-ref refs/heads/main FETCH_HEAD &&
	git -C remote config vault.policy $(git -C remote rev-parse main:.gitvault.yaml) &&
	main=$(git -C remote rev-parse main) && echo "echo dan" >identity &&
	as bob sh -c "git fetch -q && git switch -q -c older origin/old && sed -i s/5/9/ config/prod.yaml &&
		git commit -q -a -m nine" && refused bob older:old && cat err && test_grep "dan does not have that role" err &&
	echo "echo bob" >identity && by bob older:old
'

test_expect_success 'a step of more commits than are looked at for authors is refused' '
	as bob sh -c "git switch -q -c many origin/main && sed -i s/db1/db7/ config/prod.yaml && git commit -q -a -m seven" &&
	as bob git push -q --no-verify origin many:refs/heads/many && {
		echo "reset refs/heads/side" && echo "from $(git -C bob/clone rev-parse many)" && echo &&
		awk "BEGIN { for (i = 0; i < 10001; i++)
			printf \"commit refs/heads/side\ncommitter x <x@x> 1763800000 +0000\ndata 1\nx\n\n\" }"
	} >stream && as bob git fast-import --quiet <stream &&
	as bob sh -c "git switch -q -c both origin/main && git merge -q --no-ff -m both side" &&
	refused bob both:main && cat err && test_grep "more than 10000 commits" err
'

test_done
