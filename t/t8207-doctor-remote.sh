#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault doctor REMOTE: what a remote does with refs of ours'
. "$(dirname "$0")/test-lib.sh"

top=$PWD

# hook NAME <script: of the remote
hook () {
	cat >"$top/remote/hooks/$1" && chmod +x "$top/remote/hooks/$1"
}

unhook () {
	rm -f "$top"/remote/hooks/*
}

# probes: what of probes the remote has
probes () {
	git -C "$top/remote" for-each-ref --format='%(refname)' refs/vault/probe \
		refs/heads/vault/probe
}

# leaves_none: nothing of a probe is on the remote
leaves_none () {
	probes >"$top/probes" && test_must_be_empty "$top/probes"
}

# finds CODE GRADE KIND: it is found, with that exit status
finds () {
	test_expect_code "$1" git vault doctor --json origin >"$top/json" &&
		test_grep "\"grade\":\"$2\",\"kind\":\"$3\"" "$top/json"
}

# told WORD VALUE: what is told of the remote
told () {
	test_grep "\"$1\":$2[,}]" "$top/json"
}

test_expect_success 'a remote with which all is well' '
	git init -q --bare remote && rm -f remote/hooks/* &&
	test_create_repo repo && cd repo && echo x >f && git add f && test_tick &&
	git commit -q -m one && git config core.fsync committed,reference &&
	git remote add origin "$top/remote" && git push -q origin HEAD &&
	git vault -q snapshot && git init -q --bare ../copy &&
	git remote add copy "$top/copy" && git vault -q sync copy &&
	git vault doctor origin >../out &&
	sed -n 1p ../out >../first && tail -n +2 ../out >../rest &&
	test_grep "^[0-9]* checks, nothing found$" ../first &&
	test_grep "^origin: git/.*, takes refs, shows them" ../rest &&
	test_line_count = 1 ../rest &&
	git vault doctor --json origin >../json && told name "\"origin\"" &&
	told reached true && told protocol 2 && told takes_refs true &&
	told shows_refs true && told deletes_refs true && told atomic true &&
	told push_options false && told hooks false && told receipts false &&
	told agent "\"git/[0-9.a-z]*\"" && told snapshots 0 && leaves_none
'

test_expect_success 'without a remote none is asked' '
	cd repo && mv ../remote ../away && git vault doctor --json >../json && mv ../away ../remote &&
	test_grep ! "\"remote\"" ../json && test_grep "\"checks\":53" ../json
'

test_expect_success 'a line says what it does, but for -q' '
	cd repo && git -C ../remote config receive.advertisePushOptions true &&
	git vault -q doctor origin >../out && test_grep ! "^origin: " ../out &&
	git vault doctor origin >../out &&
	test_grep "^origin: git/.*, protocol 2, no snapshots, takes refs, shows them, lets them go, atomic pushes, push options$" \
		../out && leaves_none
'

test_expect_success 'a remote that does not exist, and one that cannot be asked' '
	cd repo && test_expect_code 129 git vault doctor nowhere 2>../err &&
	test_grep "there is no remote .nowhere." ../err &&
	test_expect_code 129 git vault doctor origni 2>../err && test_grep "there is no remote .origni.; did you mean .origin." ../err &&
	mv ../remote ../away && finds 1 error remote_unreached && told reached false &&
	test_expect_code 1 git vault doctor origin >../out &&
	test_grep "cannot be asked: .*remote" ../out && mv ../away ../remote
'

test_expect_success 'one that takes branches alone is told, with what mends it' '
	cd repo && hook update <<-\EOF &&
	#!/bin/sh
	case $1 in
	refs/heads/?* | refs/tags/?*) exit 0 ;;
	esac
	echo "prohibited, only branches" >&2
	exit 1
	EOF
	finds 1 error ref_refused && told takes_refs false && leaves_none &&
	test_expect_code 1 git vault doctor origin >../out &&
	test_grep "may accept branches: .*hook declined.*prohibited, only branches" \
		../out &&
	sed -n "s/^    //p" ../out >../command && test_line_count -eq 1 ../command &&
	sh ../command && finds 0 note fetch_brings_vault && leaves_none &&
	told takes_refs true
'

test_expect_success 'a probe leaves no branch here, either' '
	cd repo && git for-each-ref refs/remotes >../out && test_grep ! vault ../out &&
	test_grep ! vault_as_branches ../json
'

test_expect_success 'a fetch that would bring the vault as branches is told, and what mends it' '
	cd repo && git push -q origin HEAD:refs/heads/vault/marks &&
	git update-ref -d refs/remotes/origin/vault/marks &&
	git vault doctor >../out && test_grep "git vault init" ../out &&
	sed -n "s/^    //p" ../out >../command && test_line_count -eq 1 ../command &&
	sh ../command && git fetch -q && git vault doctor origin >../out &&
	test_grep "nothing found" ../out &&
	git for-each-ref refs/remotes >../out && test_grep ! vault ../out &&
	git config remote.origin.fetch >../out && sh ../command &&
	git config --get-all remote.origin.fetch "\^" >../out && sort -u ../out >../once &&
	test_cmp ../once ../out
'

test_expect_success 'branches of the vault that have come before are told' '
	cd repo && git update-ref refs/remotes/origin/vault/marks HEAD &&
	finds 0 note vault_as_branches && git vault doctor >../out &&
	sed -n "s/^    //p" ../out >../command && test_line_count -eq 1 ../command &&
	sh ../command && test -z "$(git for-each-ref refs/remotes/origin/vault)" &&
	git push -q origin :refs/heads/vault/marks
'

test_expect_success 'a prefix that is none is told, whether a remote is named or not' '
	cd repo && git config vault.origin.prefix heads/vault &&
	test_expect_code 1 git vault doctor --json >../json &&
	test_grep "\"grade\":\"error\",\"kind\":\"prefix_bad\"" ../json &&
	finds 1 error prefix_bad &&
	test_expect_code 1 git vault doctor >../out &&
	sed -n "s/^    //p" ../out >../command && sh ../command &&
	git vault doctor origin >../out && test_grep "nothing found" ../out &&
	unhook && git config --unset vault.origin.prefix
'

test_expect_success 'one of another hash is told as such, and no prefix is named' '
	git init -q --bare --object-format=sha256 other && cd repo &&
	git remote add other "$top/other" && for prefix in "" refs/heads/vault/
	do
		git config vault.other.prefix "$prefix" &&
		{ test "$prefix" || git config --unset vault.other.prefix; } &&
		test_expect_code 1 git vault doctor other >../out &&
		test_grep "^error: the remote .other. can keep nothing .*by SHA-256" \
			../out && test_grep ! "git config vault" ../out || return 1
	done &&
	git config --unset vault.other.prefix &&
	git init -q --object-format=sha256 ../third && test_tick &&
	git -C ../third commit -q --allow-empty -m x &&
	git -C ../third push -q "$top/other" HEAD:refs/vault/marks &&
	test_expect_code 1 git vault doctor other >../out &&
	test_grep "^error: the remote .other. can keep nothing .*by SHA-256" ../out &&
	test_expect_code 128 git vault sync other 2>../err &&
	test_grep "the remote names its objects by SHA-256" ../err &&
	git remote remove other
'

test_expect_success 'refs that it takes and does not show' '
	cd repo && git -C ../remote config uploadpack.hideRefs refs/vault &&
	finds 1 error ref_hidden && told shows_refs false && told deletes_refs true &&
	leaves_none && git -C ../remote config --unset uploadpack.hideRefs
'

test_expect_success 'refs that it hides from pushes, too, are refused' '
	cd repo && git -C ../remote config transfer.hideRefs refs/vault &&
	finds 1 error ref_refused && test_grep "hidden" ../json && leaves_none &&
	git -C ../remote config --unset transfer.hideRefs
'

test_expect_success 'one that has a ref where those of the vault have a folder' '
	cd repo && git -C ../remote update-ref refs/vault/state HEAD &&
	finds 1 error ref_in_the_way && test_grep "refs/vault/state," ../json &&
	test_expect_code 1 git vault doctor origin >../out &&
	sed -n "s/^    \(git push\)/\1/p" ../out >../command && sh ../command &&
	git vault doctor origin >../out && test_grep "nothing found" ../out
'

test_expect_success 'one that lets no ref go has one of a probe, and no more of them' '
	cd repo && hook update <<-\EOF &&
	#!/bin/sh
	case $3 in
	0000000*) echo "nothing goes here" >&2 && exit 1 ;;
	esac
	EOF
	finds 1 warning ref_kept && told deletes_refs false &&
	test_grep "nothing goes here" ../json && probes >../first &&
	test_line_count -eq 1 ../first &&
	finds 1 warning ref_kept && told shows_refs true &&
	test_grep "nothing goes here" ../json && probes >../second &&
	test_cmp ../first ../second &&
	GIT_VAULT_TEST_TIME=$((GIT_VAULT_TEST_TIME + 7200)) finds 1 warning ref_kept &&
	probes >../second && test_cmp ../first ../second
'

test_expect_success 'when it lets them go the next one takes it away' '
	cd repo && unhook && GIT_VAULT_TEST_TIME=$((GIT_VAULT_TEST_TIME + 7200)) \
		finds 0 note probe_left && leaves_none
'

test_expect_success 'one of another clone is let be until it is old' '
	cd repo && other=$(git -C ../remote commit-tree -m probe \
		4b825dc642cb6eb9a060e54bf8d69288fbee4904 </dev/null) &&
	git -C ../remote update-ref \
		"refs/vault/probe/$GIT_VAULT_TEST_TIME-00000001" "$other" &&
	git vault doctor --json origin >../json && test_grep ! probe_left ../json &&
	probes >../actual && test_line_count -eq 1 ../actual &&
	GIT_VAULT_TEST_TIME=$((GIT_VAULT_TEST_TIME + 7200)) \
		finds 0 note probe_left && leaves_none
'

test_expect_success 'one of this clone that was killed is taken away by the next' '
	cd repo && hook update <<-EOF &&
	#!/bin/sh
	case \$3 in
	0000000*)
		>"$top/hangs"
		while ! test -e "$top/go"
		do
			sleep 0.05
		done
		exit 1 ;;
	esac
	EOF
	git config --add remote.origin.fetch \
		"+refs/vault/*:refs/vault-remote/origin/*" &&
	rm -f ../hangs ../go && { git-vault doctor origin >../out 2>&1 & } && pid=$! &&
	while ! test -e ../hangs
	do
		kill -0 $pid && sleep 0.05 || return 1
	done &&
	kill -9 $pid && { wait $pid || :; } && >../go && unhook &&
	probes >../left && test_line_count -eq 1 ../left &&
	test -z "$(git for-each-ref refs/vault-remote)" &&
	git config --unset remote.origin.fetch vault-remote &&
	find .git/vault -name "probe-*" >../files && test_line_count -eq 1 ../files &&
	touch -d "2 hours ago" "$(cat ../files)" &&
	finds 0 note probe_left && leaves_none &&
	find .git/vault -name "probe-*" >../files && test_must_be_empty ../files
'

test_expect_success 'two at once do not disturb each other' '
	cd repo && hook update <<-EOF &&
	#!/bin/sh
	case \$3 in
	0000000*)
		mkdir "$top/first" 2>/dev/null || exit 0
		while ! test -e "$top/on"
		do
			sleep 0.05
		done ;;
	esac
	EOF
	rm -rf ../first ../on && { git-vault doctor --json origin >../json1 2>../err1 & } &&
	pid=$! && while ! test -d ../first
	do
		kill -0 $pid && sleep 0.05 || return 1
	done &&
	probes >../one && test_line_count -eq 1 ../one &&
	git vault doctor --json origin >../json && told takes_refs true &&
	told shows_refs true && told deletes_refs true &&
	test_grep ! probe_left ../json && probes >../still && test_cmp ../one ../still &&
	>../on && wait $pid && unhook && cp ../json1 ../json &&
	told takes_refs true && told shows_refs true && told deletes_refs true &&
	test_grep ! "probe_left\|ref_kept" ../json && leaves_none &&
	ls .git/vault >../out && test_grep ! probe ../out
'

test_expect_success 'nor does one that is swept by two' '
	cd repo && other=$(git -C ../remote commit-tree -m probe \
		4b825dc642cb6eb9a060e54bf8d69288fbee4904 </dev/null) &&
	old=refs/vault/probe/$((GIT_VAULT_TEST_TIME - 7200))-00000001 &&
	git -C ../remote update-ref $old $other &&
	hook update <<-EOF &&
	#!/bin/sh
	test "\$1" != $old || git update-ref -d $old
	EOF
	git vault doctor --json origin >../json 2>../err && told deletes_refs true &&
	test_grep ! ref_kept ../json && unhook && leaves_none
'

test_expect_success 'a remote without atomic pushes, and an old protocol' '
	cd repo && git -C ../remote config receive.advertiseAtomic false &&
	finds 0 note not_atomic && told atomic false && leaves_none &&
	git -C ../remote config --unset receive.advertiseAtomic &&
	git config protocol.version 0 && finds 0 note protocol_old && told protocol 0 &&
	git vault doctor origin >../out && sed -n "s/^    //p" ../out >../command &&
	sh ../command && git vault doctor origin >../out && test_grep "nothing found" ../out
'

test_expect_success 'a snapshot there from the future tells of a clock' '
	cd repo && git -C ../remote update-ref refs/vault/snapshots/20200101T000000Z-00000001 \
		"$(git rev-parse HEAD)" &&
	finds 1 warning clock_apart && told snapshots 1 &&
	git -C ../remote update-ref -d refs/vault/snapshots/20200101T000000Z-00000001
'

test_expect_success 'hooks of ours on the server answer, and let it come and go' '
	cd repo && (cd ../remote && git vault hooks install >../out) &&
	git vault doctor --json origin >../json && told hooks true &&
	told takes_refs true && told deletes_refs true && leaves_none
'

test_expect_success 'who has no name is told' '
	cd repo && git vault doctor --json >../json && test_grep ! no_name ../json &&
	(
		unset GIT_AUTHOR_NAME && finds 0 note no_name &&
		git config user.name Ann && git vault doctor --json >../json &&
		test_grep ! no_name ../json
	)
'

test_done
