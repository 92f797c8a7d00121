#!/bin/sh
# shellcheck disable=SC2154 # the first test sets them

test_description='git vault audit verify: whoever touches a chain is found out'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-resign.sh"

T=$TMPDIR
ends=.git/vault/audit-end-

# forget: what was seen before
forget () {
	rm -f $ends* .git/vault/audit-at-*
}

# tell [REASON]: one event more
tell () {
	n_=$((${n_:-0} + 1)) &&
		git vault restore -q --no-secrets --reason "${1:-event $n_}" \
			$id --to "$T/to$n_" file
}

# events: the chain's, the oldest first
events () {
	git rev-list --reverse $ref
}

# rebuild COMMIT…: a chain of these events in this order, as plain git makes
# it: the same bytes but for the parent; $FILTER goes over the rest
rebuild () {
	parent_= &&
		for commit_ in "$@"
		do
			parent_=$(git cat-file commit $commit_ |
				sed -e '/^parent /d' \
					-e "1s/\$/${parent_:+\\nparent $parent_}/" \
					-e "${FILTER:-}" |
				git hash-object -t commit -w --stdin) || return 1
		done &&
		git update-ref $ref $parent_
}

# faulty WORDS [OPTION…]: verify says no, and in these words
faulty () {
	words_=$1 && shift &&
		test_expect_code 1 git vault audit verify "$@" >out 2>err &&
		test_grep "^faulty $host" out &&
		test_grep "$words_" out &&
		test_expect_code 1 git vault audit verify --json "$@" \
			>out.json 2>err &&
		test_grep "\"intact\":false" out.json
}

mend () {
	git update-ref $ref $tip && git vault audit verify >out 2>err
}

test_expect_success 'there is a chain of eight events, signed by an owner' '
	test_tick &&
	echo A=Zk3vQ9xLr7WbT2mY >.env && echo /.env >.gitignore &&
	echo one >file && git add .gitignore file && git commit -q -m one &&
	git vault snapshot -q && id=$(git vault list --id-only) &&
	: "the first is that of the keyring" && n_=1 && for i in 2 3 4 5 6 7 8
	do
		tell || return 1
	done &&
	ref=$(git for-each-ref --format="%(refname)" refs/vault/audit) &&
	host=${ref#refs/vault/audit/} &&
	tip=$(git rev-parse $ref) &&
	git vault audit verify >out &&
	test_grep "^whole $host: 8 events, 8 signed" out &&
	set -- $(events) && test $# = 8 &&
	old_tip=$4
'

test_expect_success 'an event that was removed: seen by what was signed, without a memory' '
	set -- $(events) &&
	rebuild $1 $2 $3 $5 $6 $7 $8 && forget &&
	faulty "signature [0-9a-f]*: its signature does not match" &&
	test_grep "number [0-9a-f]*: event 5 comes after event 3: the events" \
		out &&
	forget && mend
'

test_expect_success 'an event that was removed, signatures and all: seen by the numbers' '
	set -- $(events) &&
	FILTER=/^Vault-Signature/d rebuild $1 $2 $3 $5 $6 $7 $8 &&
	forget &&
	faulty "number [0-9a-f]*: event 5 comes after event 3: the events" &&
	mend
'

test_expect_success 'an event that was removed and all others numbered anew: seen by the end' '
	set -- $(events) &&
	i=0 && all= &&
	for c in $1 $2 $3 $5 $6 $7 $8
	do
		i=$((i + 1)) &&
		all="$all $(git cat-file commit $c |
			sed -e "s/^Vault-Number: .*/Vault-Number: $i/" \
				-e /^Vault-Signature/d |
			git hash-object -t commit -w --stdin)" || return 1
	done &&
	rebuild $all &&
	faulty "end $tip: this was its last event, and is missing now" &&
	faulty "unsigned [0-9a-f]*: nobody has signed it" --signed &&
	mend
'

test_expect_success 'an event that was changed: its signature, and all behind it' '
	set -- $(events) &&
	i=0 && all= &&
	for c
	do
		i=$((i + 1)) &&
		if test $i = 4
		then
			c=$(git cat-file commit $c |
				sed "s/^Vault-Reason: .*/Vault-Reason: nothing/" |
				git hash-object -t commit -w --stdin)
		fi &&
		all="$all $c" || return 1
	done &&
	rebuild $all && forget &&
	faulty "signature $(git rev-parse $ref~4): its signature does not" &&
	test $(grep -c "^  signature" out) = 5 &&
	test_grep "\"faults_total\":5" out.json &&
	forget && mend
'

test_expect_success 'an unsigned event that was changed: seen by the end' '
	set -- $(events) &&
	FILTER="/^Vault-Signature/d" rebuild "$@" && forget &&
	git vault audit verify >out 2>err &&
	test_grep "8 of 8 events are unsigned" err &&
	set -- $(events) &&
	FILTER="s/^Vault-Reason: event 3/Vault-Reason: other/" rebuild "$@" &&
	faulty "and is missing now: somebody rewrote the chain" &&
	test_grep "remove .*/$ends$host" out &&
	forget && mend
'

test_expect_success 'a chain that was cut: how much, and how it comes back' '
	git update-ref $ref $ref~3 &&
	faulty "end $tip: 3 events were cut off its end, and this was the last" &&
	{ git vault doctor >doctor || :; } &&
	test_grep "^warning: the audit chain $ref ended in .* has lost that event" doctor &&
	$(sed -n "s/.*\(git update-ref refs[^ ]* [0-9a-f]*\) brings.*/\1/p" out) &&
	test $(git rev-parse $ref) = $tip &&
	git vault audit verify >out
'

test_expect_success 'one that was cut and goes on is another one' '
	git update-ref $ref $ref~3 && tell other 2>err &&
	test_grep "warning: the audit chain $ref ended in .* and has lost that event" \
		err && tell other && git update-ref $ref $ref~1 && tell third &&
	test $(cat $ends$host) = $tip &&
	faulty "end $tip: this was its last event, and is missing now" &&
	mend
'

test_expect_success 'a chain of which nothing is left is missed' '
	git update-ref -d $ref &&
	faulty "end $tip: the whole chain is missing" &&
	mend
'

test_expect_success 'one that is begun anew says so, and the old one can be kept' '
	git update-ref -d $ref && { git vault doctor >doctor || :; } &&
	test_grep "^warning: the audit chain $ref ended in .* and is missing" doctor &&
	tell anew 2>err &&
	test_grep "warning: the audit chain $ref ended in .* and is missing, so" err &&
	tell anew 2>err && test_grep "verify --host $host. tells more" err &&
	faulty "end $tip: this was its last event, .* or deleted it and began again" &&
	$(sed -n "s/.*\(git update-ref refs[^ ]* [0-9a-f]*\) keeps.*/\1/p" out) &&
	test $(git rev-parse $ref-before) = $tip && rm $ends$host &&
	git vault audit verify >out && test_line_count = 2 out &&
	tell on 2>err && test_must_be_empty err && { git vault doctor >doctor || :; } &&
	test_grep ! "audit chain" doctor &&
	git update-ref -d $ref-before && forget && mend
'

test_expect_success 'each event is the memory of its chain, without a verify' '
	tell last && last=$(git rev-parse $ref) &&
	git update-ref $ref $ref~1 &&
	faulty "end $last: 1 event was cut off" &&
	git update-ref $ref $last && tip=$last
'

test_expect_success 'a beginning that was taken away' '
	set -- $(events) && shift 3 &&
	FILTER=/^Vault-Signature/d rebuild "$@" && forget &&
	faulty "root [0-9a-f]*: the chain begins with event 4" &&
	mend
'

test_expect_success 'events in another order: with signatures and without' '
	set -- $(events) &&
	rebuild $1 $2 $4 $3 $5 $6 $7 $8 $9 && forget &&
	faulty "signature [0-9a-f]*: its signature does not match" &&
	test_grep "number [0-9a-f]*: event 3 comes after event 4: they were" \
		out &&
	FILTER=/^Vault-Signature/d rebuild $1 $2 $4 $3 $5 $6 $7 $8 $9 &&
	faulty "number [0-9a-f]*: event 3 comes after event 4: they were" &&
	mend
'

test_expect_success 'a signature that was forged: bits of it, or another event.s' '
	set -- $(events) &&
	git cat-file commit $2 >second &&
	theirs=$(sed -n "s/^Vault-Signature: //p" second) &&
	git cat-file commit $1 | sed "s|^\(Vault-Signature: \).*|\1$theirs|" |
		git hash-object -t commit -w --stdin >forged &&
	git update-ref $ref $(cat forged) && forget &&
	faulty "signature $(cat forged): its signature does not match" &&
	git cat-file commit $1 |
		sed "s|^\(Vault-Signature: \).*|\1AAAA|" |
		git hash-object -t commit -w --stdin >forged &&
	git update-ref $ref $(cat forged) &&
	faulty "signature $(cat forged): its signature does not match" &&
	mend
'

# What is signed well by nobody knows whom is no forgery yet; one looks the same.
unsure () {
	words_=$1 && shift &&
		test_expect_code 1 git vault audit verify "$@" >out 2>err &&
		test_grep "^unsure $host" out &&
		test_grep "$words_" out &&
		test_expect_code 1 git vault audit verify --json "$@" \
			>out.json 2>err &&
		test_grep "\"intact\":false" out.json
}

test_expect_success 'a signature that was forged: by a key of the forger.s own' '
	ssh-keygen -q -t ed25519 -N "" -C mallory -f mallory &&
	set -- $(events) &&
	git cat-file commit $tip |
		sed "s/^Vault-Reason: .*/Vault-Reason: nothing/" |
		resign mallory >event &&
	forged=$(git hash-object -t commit -w event) &&
	git update-ref $ref $forged && forget &&
	print=$(ssh-keygen -l -f mallory.pub | cut -d" " -f2) &&
	unsure "unknown $forged: it is signed by the key $print, which was never in the keyring (1 event," &&
	test_grep "\"signer_is\":\"nobody\"" out.json &&
	test_grep "\"faults_total\":1,\"unknown\":1" out.json &&
	test_grep "1 event signed by $print, nobody knows whose" out &&
	test_expect_code 128 $(sed -n "s/.*\(git vault key signer\) NAME .*/\1/p" out) \
		nobody "$(cut -d" " -f1,2 mallory.pub)" 2>err &&
	test_grep "no recipient .nobody" err &&
	git vault audit verify -v --signer mallory.pub >out &&
	test_grep "1 event signed by $print, given by --signer" out &&
	git vault audit verify --signer "$(cat mallory.pub)" &&
	forget && mend &&
	test_expect_code 129 git vault audit verify --signer age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq 2>err &&
	test_grep "cannot sign: give the second line that" err
'

test_expect_success 'who was an owner is known by name, and not once he is one no more' '
	test_tick &&
	HOME=$T/bob XDG_CONFIG_HOME= git vault key generate -o bob.key >bob.pub &&
	git vault key add --name bob --role owner --signer "$(sed -n 2p bob.pub)" \
		"$(sed -n 1p bob.pub)" &&
	GIT_VAULT_IDENTITY=$PWD/bob.key && export GIT_VAULT_IDENTITY &&
	tell "by bob" && unset GIT_VAULT_IDENTITY &&
	git vault audit verify -v >out &&
	test_grep "1 event signed by SHA256:[^ ]* bob, of the keyring" out &&
	test_tick && git vault key remove bob && test_tick &&
	git vault audit verify -v >out &&
	test_grep "1 event signed by SHA256:[^ ]* bob, once of the keyring" out &&
	tip=$(git rev-parse $ref) &&
	GIT_VAULT_IDENTITY=$PWD/bob.key && export GIT_VAULT_IDENTITY &&
	tell "by bob again" && unset GIT_VAULT_IDENTITY &&
	faulty "signer [0-9a-f]*: it is signed by the key SHA256:[^ ]* of bob, which was removed" &&
	forget && mend
'

test_expect_success 'what is no event, or a merge, is told, and the way goes on' '
	set -- $(events) &&
	odd=$(git commit-tree -p $tip -m "no event" $(git mktree </dev/null)) &&
	git update-ref $ref $odd && forget &&
	faulty "form $odd: it does not record what was done, who did it and when" &&
	test_grep "^faulty $host: $# events" out &&
	merge=$(git cat-file commit $tip |
		sed "/^parent /s/.*/&\nparent $1/" |
		git hash-object -t commit -w --stdin) &&
	git update-ref $ref $merge &&
	faulty "form $merge: it is no event but a merge" &&
	test_grep "^faulty $host: $(($# - 1)) events" out &&
	mend
'

test_expect_success 'times that run backwards are told, and no fault' '
	GIT_VAULT_IDENTITY=$T/none && export GIT_VAULT_IDENTITY && tell late &&
	unset GIT_VAULT_IDENTITY &&
	git cat-file commit $ref |
		sed "s/^Vault-Time: ..../Vault-Time: 2001/; /^Vault-Told: /d" |
		git hash-object -t commit -w --stdin >early &&
	git update-ref $ref $(cat early) && forget &&
	git vault audit verify >out 2>err &&
	test_grep "times run backwards at 1 place, the newest of them event $(cat early)" err &&
	forget && mend
'

test_expect_success 'a memory that is damaged is told, and written anew' '
	echo junk >$ends$host &&
	git vault audit verify 2>err &&
	test_grep "says where the chain ended .* is damaged" err &&
	git vault audit verify 2>err &&
	test_must_be_empty err
'

test_expect_success 'the copy on a remote: none yet, behind, the same' '
	git init -q --bare remote && git remote add origin remote &&
	git vault audit verify --remote origin 2>err &&
	test_grep "the remote .origin. does not have it" err &&
	git push -q origin $ref~2:$ref &&
	git vault audit verify --remote origin 2>err &&
	test_grep "does not have the last 2 of them yet" err &&
	git push -q origin $ref &&
	git vault audit verify --remote origin 2>err &&
	test_must_be_empty err
'

test_expect_success 'a copy that was cut, or is gone, is found' '
	git -C remote update-ref $ref $tip~1 &&
	faulty "remote $tip: the remote .origin. had the chain up to this event, and has lost or rewritten it" \
		--remote origin &&
	git -C remote update-ref -d $ref &&
	faulty "remote $tip: the remote .origin. had the chain, up to this event, and has it no" \
		--remote origin &&
	git push -q origin $ref &&
	git vault audit verify --remote origin
'

test_expect_success 'a chain of a name that no host has hides no other one' '
	odd="refs/vault/audit/a\$b" && git update-ref "$odd" $tip~2 && git -C remote update-ref "$odd" $tip~2 &&
	git vault audit verify --remote origin >out && git -C remote update-ref $ref $tip~1 &&
	faulty "remote $tip: the remote .origin. had the chain up to this event, and has lost or rewritten it" \
		--remote origin &&
	git push -q origin $ref && git update-ref -d "$odd" && git -C remote update-ref -d "$odd"
'

test_expect_success 'a copy that was written anew is found, and fetched for that' '
	git clone -q --mirror remote forger &&
	git -C forger cat-file commit $tip |
		sed -e "s/^Vault-Reason: .*/Vault-Reason: nothing/" \
			-e /^Vault-Signature/d >event &&
	git -C forger update-ref $ref \
		$(git -C forger hash-object -t commit -w ../event) &&
	git -C forger push -q ../remote +$ref:$ref &&
	git show-ref >before &&
	faulty "remote $tip: the remote .origin. had the chain up to this event" \
		--remote origin &&
	forget &&
	faulty "neither this chain nor that on the remote .origin., .* continues the other" \
		--remote origin &&
	git show-ref >after && test_cmp before after &&
	git push -qf origin $ref && git vault audit verify --remote origin
'

test_expect_success 'a chain that was cut here is found by the copy, without a memory' '
	git update-ref $ref $tip~2 && forget &&
	faulty "end $tip: the remote .origin. has 2 events more of this very host" \
		--remote origin &&
	git update-ref -d $ref && forget &&
	faulty "has this chain of this host, but here it is missing" \
		--remote origin &&
	forget && mend
'

# attack N: what somebody does who has no key, but may write all refs
attack () {
	all_=$(events) && set -- "$1" $all_ &&
		case $1 in
		removed) rebuild $2 $3 $4 $6 $7 $8 $9 ;;
		changed)
			FILTER="s/^Vault-Reason: event 4/Vault-Reason: x/" \
				rebuild $all_
			;;
		cut) git update-ref $ref $6 ;;
		gone) git update-ref -d $ref ;;
		order) rebuild $2 $3 $5 $4 $6 $7 $8 $9 ;;
		bare)
			FILTER="/^Vault-Signature/d; s/^Vault-Reason: event 4/Vault-Reason: x/" \
				rebuild $all_
			;;
		esac
}

test_expect_success 'who writes refs is found by what was seen, who writes all of .git by the copy' '
	for way in removed changed cut gone order bare
	do
		attack $way &&
		test_expect_code 1 git vault audit verify >out 2>err &&
		test_grep "^faulty $host" out &&
		forget &&
		test_expect_code 1 git vault audit verify --remote origin \
			>out 2>err &&
		test_grep "^faulty $host" out && forget && {
			test $way = gone || {
				git rev-parse $ref >$ends$host &&
					test_expect_code 1 git vault audit verify \
						--remote origin >out 2>err
			}
		} && forget && mend &&
		git vault audit verify --remote origin >out 2>err || return 1
	done
'

test_expect_success 'where signatures stop is said' '
	set -- $(events) && n=$# && p=$3 && shift 3 &&
	for c
	do
		p=$(git cat-file commit $c | sed -e "s/^parent .*/parent $p/" \
			-e /^Vault-Signature/d |
			git hash-object -t commit -w --stdin) || return 1
	done &&
	git update-ref $ref $p && forget && git vault audit verify >out 2>err &&
	test_grep "the last $((n - 3)) of them are unsigned, unlike those before" err &&
	test_expect_code 1 git vault audit verify --remote origin >out 2>err &&
	forget && mend
'

test_expect_success 'the chain of another host may be ahead there' '
	git push -q origin $tip:refs/vault/audit/other &&
	git update-ref refs/vault/audit/other $tip~1 &&
	git vault audit verify --remote origin --host other 2>err &&
	test_grep "the remote .origin. has 1 event more" err &&
	git update-ref -d refs/vault/audit/other && forget &&
	git vault audit verify --remote origin --host other >out 2>err &&
	test_grep "only the remote .origin. has it" err &&
	test_grep "^whole other: " out &&
	git -C remote update-ref refs/vault/audit/other $tip~1 &&
	test_expect_code 1 git vault audit verify --remote origin >out &&
	test_grep "^faulty other" out &&
	test_grep "^whole $host" out &&
	git -C remote update-ref -d refs/vault/audit/other && forget
'

test_expect_success 'a part of a chain says so, and names of a remote that are no hosts are left' '
	git -C remote update-ref refs/vault/audit/x/y $tip &&
	git vault audit verify --remote origin >out &&
	! grep x/y out &&
	git init -q part &&
	git -C part fetch -q --depth 2 ../remote $ref:$ref &&
	test_expect_code 1 git -C part vault audit verify >out 2>err &&
	test_grep "lost [0-9a-f]*: it is missing here, .* is shallow; fetch the whole chain" out
'

test_expect_success 'a remote that does not answer is an error, and no answer' '
	test_expect_code 128 git vault audit verify --remote nowhere 2>err &&
	test_grep "cannot ask the remote .nowhere" err
'

test_expect_success 'one that shares the chain of a host checks it without the key' '
	git clone -q --mirror . mirror &&
	git -C mirror vault audit verify -v >out 2>err &&
	test_grep "^whole $host" out
'

test_done
