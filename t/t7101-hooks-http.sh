#!/bin/sh

test_description='the hooks of a server behind nginx and git http-backend'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-push.sh"

http_or_skip

snapshots=refs/vault/snapshots

test_expect_success 'the repository is served, and takes a clean push' '
	push_server srv.git && git -C srv.git config http.receivepack true &&
	git -C srv.git config vault.receive.name web &&
	http_start "$PWD" carol && push_clone "$http_url/srv.git" c &&
	git -C srv.git rev-parse --verify refs/heads/main
'

test_expect_success 'a planted secret is refused: file, line, rule, commit' '
	(
		cd c && git checkout -q -b bad && commit_as a two &&
		commit_as deploy/prod.env "# prod" "API=$token" &&
		bad=$(git rev-parse HEAD) && commit_as a three &&
		refused git push origin bad &&
		test_grep "deploy/prod.env:2: github-pat, ghp_.*(40 bytes), in commit $bad" $T/err
	) && copies
'

test_expect_success 'also in a pack of many objects, which is not unpacked' '
	(
		cd c && mkdir many && for i in $(test_seq 150)
		do
			echo "line $i" >many/$i || return 1
		done && git add many && git commit -q -m many &&
		refused git push origin bad &&
		git checkout -q -b clean main && git checkout bad -- many &&
		git commit -q -m many && taken git push origin clean
	) && copies
'

test_expect_success 'a snapshot is taken, with a receipt for who pushed it' '
	(
		cd c && git checkout -q main && git branch -q -D bad &&
		echo more >>a && id=$(git vault snapshot --json | jq -r .id) &&
		taken git push origin $snapshots/$id &&
		test_grep "remote: git-vault: 1 snapshot received" $T/err &&
		git -C ../srv.git cat-file -p \
			refs/vault/server/web:$(echo $id | cut -c1-6)/$id >$T/receipt &&
		test_grep "^pusher carol$" $T/receipt &&
		git fetch -q origin "refs/vault/server/*:refs/vault/server/*" &&
		test_cmp_rev refs/vault/server/web \
			$(git -C ../srv.git rev-parse refs/vault/server/web)
	) && copies
'

test_expect_success 'pushes that come at once each have their receipts' '
	for n in 1 2 3 4
	do
		git clone -q $http_url/srv.git d$n && (
			cd d$n && for i in 1 2 3
			do
				echo $n $i >f && git vault snapshot -q || return 1
			done
		) || return 1
	done &&
	pids= && for n in 1 2 3 4
	do
		git -C d$n push -q origin "$snapshots/*:$snapshots/*" 2>$T/err$n &
		pids="$pids $!"
	done &&
	for pid in $pids
	do
		wait $pid || return 1
	done &&
	git -C srv.git for-each-ref --format="%(refname:lstrip=3)" $snapshots |
		sort >expect &&
	git -C srv.git ls-tree -r --name-only refs/vault/server/web |
		sed "s,.*/,," | sort >actual &&
	test_cmp expect actual && test_line_count = 13 actual &&
	git -C srv.git rev-list refs/vault/server/web >$T/out &&
	test_line_count = 5 $T/out && copies
'

test_expect_success 'a forced or deleted ref of ours is refused' '
	(
		cd c && id=$(git for-each-ref --count=1 --format="%(refname)" $snapshots) &&
		refused git push origin :$id &&
		refused git push origin +main:$id &&
		test_must_fail git push origin +main:refs/vault/server/web 2>$T/err &&
		test_grep "hidden ref" $T/err
	) && copies
'

# whether of the group of that number none runs; that nobody has waited for one
# is no matter
is_gone () {
	for try in $(test_seq 100)
	do
		cat /proc/[0-9]*/stat 2>/dev/null | sed "s/.*) //" |
			awk -v group="$1" '$3 == group && $1 != "Z"' >$T/left
		test -s $T/left || return 0
		sleep 0.1
	done
	return 1
}

test_expect_success 'nobody serves it after that' '
	test -n "$http_cgi_" && group=$http_cgi_ && http_stop && is_gone $group
'

http_stop
test_done
