#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: the audit, known-good records and notes

verify reads what their refs lead to and names the ref at fault, repair brings it
back from a remote, and where it is lost for good git gc goes on, with what could
be read kept beside what is damaged.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-lose.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
good=refs/vault/good/prod/1 notes=refs/notes/vault

# tell: one event more
tell () {
	n_=$((${n_:-0} + 1)) && test_tick &&
		git vault restore -q --reason "event $n_" $id --to "$TMPDIR/to$n_" f
}

test_expect_success 'a chain of events, records and notes, all loose' '
	test_create_repo "$base" && cd "$base" && echo 1 >f && git add f &&
	test_tick && git commit -q -m one && git vault -q snapshot >../id &&
	id=$(cat ../id) && for i in 1 2 3 4 5 6
	do
		tell || return 1
	done && git vault -q good mark --approver Ann prod &&
	test_tick && git vault -q good mark --approver Bob prod &&
	git vault -q artifact record app=sha256:$(printf "%064d" 1) &&
	echo 2 >f && test_tick && git vault -q snapshot >../two && two=$(cat ../two) &&
	chain=$(git for-each-ref --format="%(refname)" refs/vault/audit) &&
	unpack && git vault verify --all && git clone -q --mirror . ../far.git
'

all_is_well () {
	git fsck --strict --no-dangling --no-reflogs >../fsck 2>&1 &&
		test_must_be_empty ../fsck && git vault verify --all &&
		git vault repair >../again && test_grep "nothing to repair" ../again &&
		git gc -q && tell && git vault -q delete --force $two
}

test_expect_success 'verify names the ref, and a remote has it' '
	for what in $chain $chain~1 $chain~5 $good $notes $notes^{tree} $notes~1
	do
		fresh && o=$(git rev-parse $what) && lose $what &&
		ref=${what%%[~^]*} && test_expect_code 1 git vault verify --all >../out &&
		test_grep "^damaged $ref: .*$o" ../out &&
		git vault repair --remote ../far.git >../out &&
		test_grep "^repaired [a-z]* $o: remote" ../out &&
		git cat-file -e $o && all_is_well || return 1
	done
'

test_expect_success 'verify reads each byte of them' '
	for what in $chain~2 $good $notes:$(git ls-tree --name-only $notes | head -n 1)
	do
		fresh && o=$(git rev-parse $what) && f=$(loose $o) && chmod u+w $f &&
		printf "\377\377" | dd of=$f bs=1 seek=9 conv=notrunc 2>/dev/null &&
		test_expect_code 1 git vault verify --all >../out &&
		test_grep "^damaged ${what%%[~:]*}" ../out || return 1
	done
'

test_expect_success 'a chain goes back to the newest whole event' '
	for lost in $chain $chain~3
	do
		fresh && was=$(git rev-parse $chain) &&
		before=$(git rev-parse $lost~1) && lose $lost &&
		test_expect_code 1 git vault repair >../said 2>../err &&
		test_grep "^lost $chain: " ../said &&
		test_grep "^stepped back $chain: to $before of 20" ../said &&
		test_grep "^put aside $chain -> .*-$was.txt" ../said &&
		test_grep "events of $chain since 20.* left the chain" ../err &&
		git rev-list $chain >../chain && test_grep $before ../chain &&
		test_grep ! $was ../chain && all_is_well || return 1
	done &&
	: "and what stood behind the gap is kept in words" &&
	test_grep "^$was commit " .git/vault/damaged/*-$was.txt &&
	test_grep "^Vault-Reason: event 6" .git/vault/damaged/*-$was.txt
'

test_expect_success 'the words are those of the commit' '
	cd "$base" && git cat-file --batch >../expect <<-END &&
	$was
	END
	cd "$repo" && n=$(wc -l <../expect) && grep -a -A $((n - 1)) "^$was commit" \
		.git/vault/damaged/*-$was.txt >../actual && test_cmp ../expect ../actual
'

test_expect_success 'a chain that lost its first event begins anew' '
	fresh && first=$(git rev-list --reverse $chain | head -n 1) && lose $first &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^removed $chain: " ../said &&
	test_grep "all events of $chain left the chain" ../err && all_is_well
'

test_expect_success 'no chain goes on with the events of another' '
	fresh && git update-ref refs/vault/audit/other $(
		echo | git hash-object -w --stdin >/dev/null &&
		git cat-file commit $(git rev-list --reverse $chain | head -n 1) |
		sed "s/^Vault-User: .*/Vault-User: a@other/" |
		git hash-object -t commit -w --stdin
	) && git vault verify --all && before=$(git rev-parse $chain~1) &&
	far=$(git cat-file commit $chain | sed -e "/^parent/d" \
		-e "1a parent $(git rev-parse refs/vault/audit/other)" \
		-e "s/^Vault-User: .*/Vault-User: a@other/" \
		-e "s/^Vault-Number: .*/Vault-Number: 50/" |
		git hash-object -t commit -w --stdin) &&
	next=$(git cat-file commit $far | sed -e "s/^parent .*/parent $far/" \
		-e "s/: 50$/: 51/" | git hash-object -t commit -w --stdin) &&
	git update-ref refs/vault/audit/other $next && git vault verify --all &&
	lose $chain $next && test_expect_code 1 git vault repair >../said &&
	test_grep "^stepped back $chain: to $before" ../said &&
	test_grep "^stepped back refs/vault/audit/other: to $far" ../said &&
	all_is_well
'

test_expect_success 'a record that is lost goes' '
	fresh && lose $good && test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^removed $good: " ../said &&
	test_grep "the record prod/1 is missing.*good mark" ../err &&
	test_must_fail git rev-parse -q --verify $good &&
	git rev-parse -q --verify refs/vault/good/prod/2 &&
	all_is_well
'

test_expect_success 'so does one of a commit that is lost, and its words are kept' '
	fresh && tag=$(git rev-parse $good) && lose $good^{} &&
	git cat-file tag $good >../words && test_expect_code 1 git vault repair >../said &&
	test_grep "^removed $good: " ../said &&
	tail -n +3 .git/vault/damaged/*-$tag.txt >../actual &&
	test_cmp ../words ../actual
'

test_expect_success 'notes go back, or begin anew, and git gc goes on' '
	for lost in $notes $notes^{tree}
	do
		fresh && before=$(git rev-parse $notes~1) && lose $lost &&
		test_expect_code 1 git vault repair >../said 2>../err &&
		test_grep "^stepped back $notes: to $before of 20" ../said &&
		test_grep "notes of commits since 20.* are missing" ../err &&
		all_is_well || return 1
	done
'

test_expect_success 'not as long as a remote may have it' '
	fresh && git remote add origin ../nowhere.git && lose $chain $good &&
	for remote in "" "--remote nowhere"
	do
		test_expect_code 1 git vault repair $remote >../said 2>../err &&
		test_grep "$chain stays unchanged, since a remote" ../err &&
		test_grep "$good stays unchanged, since a remote" ../err || return 1
	done && git vault repair --remote ../far.git &&
	git for-each-ref >../refs && test_grep $chain ../refs &&
	test_grep $good ../refs
'

test_expect_success 'a dry run moves nothing' '
	fresh && lose $chain $good && test_expect_code 1 git vault repair -n >../said &&
	test_grep "^would step back $chain: to" ../said &&
	test_grep "^would remove $good: " ../said &&
	test_path_is_missing .git/vault/damaged &&
	git vault repair --remote ../far.git && all_is_well
'

test_expect_success 'doctor names the ref and the command' '
	for ref in $chain $good $notes
	do
		fresh && lose $ref && test_expect_code 1 git vault doctor >../said &&
		test_grep "$ref cannot be read, so that no more events are" ../said &&
		test_grep "^    git vault repair$" ../said || return 1
	done
'

# ---- interrupted ------------------------------------------------------------

# That something is lost is no failure here.
mend () {
	fresh && lose $chain~3 $good $notes || return
	git vault -q repair >../said 2>../err
	s_=$?
	test $s_ = 1 || return $s_
}

# Where it was cut off, once more goes on: the refs lead to what is whole, and the
# words of what went are kept.
check_mended () {
	case $fault_status in
	0 | 137) ;;
	*) grep -q "^git-vault: [a-zA-Z]" "$TRASH_DIRECTORY/err" ;;
	esac &&
		let_days_pass "$repo" && cd "$repo" &&
		{ git vault -q repair >../said 2>../err || test $? = 1; } &&
		git rev-list $chain >../chain && test_grep $whole ../chain &&
		test_grep ! $tip ../chain && test_must_fail git rev-parse -q --verify $good &&
		test_grep "^$tip commit " .git/vault/damaged/*-$tip.txt &&
		git vault verify --all && git fsck --no-dangling --no-reflogs &&
		git gc -q
}

test_expect_success 'what it was, and what stays of it' '
	fresh && tip=$(git rev-parse $chain) && whole=$(git rev-parse $chain~4)
'

for kind in kill eio full
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind mend check_mended
	'
done

test_done
