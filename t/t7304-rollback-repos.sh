#!/bin/sh

test_description='a rollback of what has repositories inside

They are left to git; one that is not where the snapshot has it is named.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_expect_success 'a repository inside that is elsewhere is named, and no record says that all went back' '
	git init -q ../net && (
		cd ../net && echo one >f && git add f && git commit -q -m one
	) && git init -q ../subs && (
		cd ../subs && git -c protocol.file.allow=always submodule \
			-q add "$PWD/../net" net && echo a >f && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && good=$(git rev-parse :net) &&
		(cd net && git commit -q --allow-empty -m bad) &&
		git commit -q -a -m bad && bad=$(git rev-parse :net) &&
		test_expect_code 3 git vault rollback prod >../out 2>../err &&
		test_grep "warning: net is .* at commit $(echo $bad | cut -c1-12);" ../err &&
		test_grep "to move it to $(echo $good | cut -c1-12)" ../err &&
		test_grep "nothing else differs" ../err && echo b >f &&
		test_expect_code 3 git vault rollback -n prod 2>../err &&
		test_grep "warning: net is" ../err &&
		test_expect_code 3 git vault rollback --json prod >../json 2>../err &&
		test_grep "{\"path\":\"net\",\"commit\":\"$good\",\"now\":\"$bad\"}" \
			../json && test_grep "\"candidate\":null" ../json &&
		git -C net checkout -q $good && echo c >f &&
		git vault rollback --scope config,secrets prod 2>../err &&
		git vault rollback prod >../out 2>../err &&
		test_grep "a candidate" ../err && test_grep ! "net is" ../err &&
		rm -rf net && echo d >f &&
		test_expect_code 3 git vault rollback prod >../out 2>../err &&
		test_grep "net should be .* at commit $(echo $good | cut -c1-12);" ../err &&
		test_grep "the rollback is incomplete, so no record" ../err
	)
'

test_expect_success 'a rollback by a commit says where git takes them to by it' '
	git init -q ../commits && (
		cd ../commits && git -c protocol.file.allow=always submodule \
			-q add "$PWD/../net" net && echo a >f && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && good=$(git rev-parse :net) &&
		(cd net && git commit -q --allow-empty -m bad) && echo b >f &&
		git commit -q -a -m bad && bad=$(git rev-parse :net) &&
		git vault rollback -n --as-commit prod 2>../err &&
		test_grep "net is .* stays at commit $(echo $bad | cut -c1-12);" ../err &&
		git vault rollback --as-commit prod >../out 2>../err &&
		test_grep "stays at commit $(echo $bad | cut -c1-12);" ../err &&
		test_grep "has it at $(echo $good | cut -c1-12); to move it there: git s" ../err &&
		test_cmp_rev HEAD:net $good && test_cmp_rev HEAD^{tree} HEAD~2^{tree} &&
		git submodule -q update --init && test_cmp_rev HEAD:net $(
			git -C net rev-parse HEAD) &&
		git vault rollback --json --undo "$(sed -n "s/^undo //p" ../out)" \
			>../json 2>../err && test_grep "net is .* stays" ../err &&
		test_grep "{\"path\":\"net\",\"commit\":\"$bad\",\"now\":\"$good\"}" \
			../json && git submodule -q update && rm -rf net/* net/.git &&
		git vault rollback --as-commit prod 2>../err &&
		test_grep "net is .* and is not here; the commit has" ../err
	)
'

test_expect_success 'an undo of which a part is left goes on' '
	git init -q ../part && (
		cd ../part && git -c protocol.file.allow=always submodule \
			-q add "$PWD/../net" net && echo a >f && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && good=$(git rev-parse :net) &&
		echo b >f && git vault rollback prod >../out &&
		undo=$(sed -n "s/^undo //p" ../out) && test "$(cat f)" = a &&
		git -C net commit -q --allow-empty -m bad &&
		test_expect_code 3 git vault rollback --undo $undo 2>../err &&
		test_grep "the rollback is incomplete, so no record" ../err &&
		test "$(cat f)" = b && git -C net checkout -q $good &&
		git vault rollback --undo $undo 2>../err &&
		test_expect_code 128 git vault rollback --undo $undo 2>../err &&
		test_grep "taken back already" ../err
	)
'

test_expect_success 'also of one that git is told to ignore it is said' '
	git init -q ../ignoring && (
		cd ../ignoring && git -c protocol.file.allow=always submodule \
			-q add "$PWD/../net" net && echo a >f && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod &&
		(cd net && git commit -q --allow-empty -m bad) &&
		git commit -q -a -m bad && bad=$(git rev-parse :net) &&
		git config submodule.net.ignore all &&
		git vault rollback --as-commit prod >../out 2>../err &&
		test_grep "^M net" ../out &&
		test_grep "net is .* stays at commit $(echo $bad | cut -c1-12);" ../err
	)
'

test_expect_success 'how the user wants pathspecs is no matter of it' '
	git init -q ../specs && (
		cd ../specs && echo a >f && git add . && git commit -q -m one &&
		git vault -q snapshot && git vault -q good mark prod &&
		for how in literal glob noglob icase
		do
			echo $how >f && git commit -q -a -m bad &&
			git --$how-pathspecs vault rollback --as-commit prod \
				>../out 2>../err && test "$(cat f)" = a || exit 1
		done
	)
'

test_done
