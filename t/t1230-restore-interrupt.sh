#!/bin/sh
# shellcheck disable=SC2154

test_description='a restore that is killed, or whose disk is full or fails'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-restore.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

test_expect_success 'a tree, and one that differs from it in everything' '
	test_create_repo work &&
	(
		cd work && restore_setup &&
		git vault snapshot >../id
	) &&
	first=$(cat id) && cp -a work first &&
	(
		cd work &&
		echo changed >envs/prod/main.tf && rm docs/plain &&
		rm -r modules && echo file >modules && rm run.sh &&
		mkdir run.sh && echo x >run.sh/x && echo new >new &&
		ln -sf run.sh current && touch docs/binary && rmdir empty/deep &&
		git vault snapshot >../id2
	) &&
	second=$(cat id2) && cp -a work second
'

# Start over.
# All its changes are old enough for every restore to trust its stamps alike.
fresh () {
	rm -rf "$TRASH_DIRECTORY/out" "$TRASH_DIRECTORY"/out.git-vault-* \
		"$TRASH_DIRECTORY/work" &&
		cp -a "$TRASH_DIRECTORY/second" "$TRASH_DIRECTORY/work" &&
		sleep 0.05 &&
		{ cd "$TRASH_DIRECTORY/work" || return 1; }
}

# After a failure that was told: nothing of it is to be seen.
check_to_failed () {
	if test $fault_status = 0
	then
		restore_cmp first out
		return
	fi
	test $fault_status = 128 && test_path_is_missing out &&
		test -z "$(find . -maxdepth 1 -name "out.git-vault-*")"
}

for mode in enospc eio
do
	test_expect_success "--to leaves nothing behind where a call says $mode" '
		for_each_fault $mode \
			"fresh && git vault restore $first --to ../out" \
			check_to_failed
	'
done

# After a kill: the directory is there whole, or not at all; and the next
# restore tidies up.
check_to_killed () {
	if test -e out
	then
		restore_cmp first out || return 1
	fi
	rm -rf out &&
		git -C work vault restore $first --to "$TRASH_DIRECTORY/out" &&
		restore_cmp first out &&
		test -z "$(find . -maxdepth 1 -name "out.git-vault-*")"
}

for mode in kill tear
do
	test_expect_success "--to is whole or nothing after a $mode" '
		for_each_fault $mode \
			"fresh && git vault restore $first --to ../out" \
			check_to_killed
	'
done

# Whatever stands of a file is the old or the new one, never a part.
check_parts () {
	find work -path work/.git -prune -o -type f ! -name "*line*" \
		! -name "new?line" -print >files &&
	while IFS= read -r file
	do
		name=${file#work/}
		test -f "first/$name" && cmp -s "$file" "first/$name" ||
			cmp -s "$file" "second/$name" || {
			echo "$name is neither the old one nor the new one"
			return 1
		}
	done <files
}

whole () {
	git -C work vault verify &&
		git -C work fsck --no-dangling >fsck 2>&1 &&
		test_grep ! "^error\|missing" fsck &&
		test_path_is_missing work/.git/vault/restore
}

# A failure that was told: nothing was touched, or the next command goes on.
check_in_place () {
	check_parts &&
		cp -p work/.git/index index.before &&
		git -C work vault restore $first --in-place --delete &&
		restore_cmp first work && cmp index.before work/.git/index &&
		whole
}

# What is staged has a number for a name, which no rule for a secret ignores.
check_hidden () {
	test ! -d over/.git-vault-restore/files || echo seen >>seen
	git -C over add -A -n . >added && test_grep ! "git-vault-restore" added
}

for mode in enospc eio kill
do
	test_expect_success "what is staged in a tree git does not add: $mode" '
		rm -f seen &&
		for_each_fault $mode "fresh && rm -rf ../over &&
			git init -q ../over && git vault restore $first \
				--to ../over --overwrite always" check_hidden &&
		{ test $mode != kill || test_path_is_file seen; }
	'
done

for mode in enospc eio kill tear
do
	test_expect_success "--in-place is finished or undone after: $mode" '
		for_each_fault $mode "fresh &&
			git vault restore $first --in-place --delete" \
			check_in_place
	'
done

option=--delete

# counted COMMAND…: sets $at to the number of the call that makes the journal
# count
counted () {
	rm -f "$TRASH_DIRECTORY/fault.log" && : >"$TRASH_DIRECTORY/fault.log" &&
		faulty "$@" git vault restore $first --in-place $option
	status_=$?
	at=$(grep -n "^rename *journal *$" "$TRASH_DIRECTORY/fault.log" |
		cut -d: -f1)
	return $status_
}

# Where it is at its end all was done, whatever is still to be cleaned up.
check_sentence () {
	restore_list work >list.actual
	(cd work && git vault status 2>../err >/dev/null)
	cmp -s list.second list.actual ||
		test_grep ! "changed nothing yet" err && whole
}

test_expect_success 'what is said of an interrupted one is true' '
	restore_list second >list.second &&
	for_each_fault kill "fresh &&
		git vault restore $first --in-place --delete" check_sentence
'

# interrupt N: killed at the N-th call behind that one, which is number 0. A
# file that is a moment old is read once more, so two runs may differ in what is
# before it: then both are done again.
interrupt () {
	for try_ in 1 2 3 4 5 6 7 8 9 10
	do
		fresh && counted count:0 && number_=$at && fresh || return 1
		counted kill:$((number_ + $1))
		test $? = 137 && cd "$TRASH_DIRECTORY" || return 1
		test "$at" != "$number_" || return 0
	done
	echo "no two runs of a restore make the same calls" >&2
	return 1
}

test_expect_success 'what had touched nothing is undone, and that is said' '
	interrupt 0 &&
	test_path_is_dir work/.git/vault/restore &&
	(cd work && git vault restore $second --in-place 2>../err) &&
	test_grep "had changed nothing yet" err &&
	restore_cmp second work && whole
'

test_expect_success 'what was in place is cleaned up, and that is said' '
	fresh && counted count:0 && cd "$TRASH_DIRECTORY" &&
	end=$(($(sed -n "$at,\$p" fault.log |
		grep -n "journal.done" | tail -n 1 | cut -d: -f1) - 1)) &&
	interrupt $end && test_path_is_missing work/.git/vault/restore/journal &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "interrupted when all was in place" err &&
	restore_cmp first work && whole
'

test_expect_success 'what had begun is finished, and that is said' '
	interrupt 8 &&
	test_path_is_file work/.git/vault/restore/journal &&
	(cd work && git vault restore $first --in-place 2>../err) &&
	test_grep "finished the interrupted restore of snapshot $first" err &&
	test_grep "the previous content is in snapshot" err &&
	restore_cmp first work && whole
'

test_expect_success 'in a tree that was moved meanwhile it is not finished, and that is said' '
	interrupt 8 && was=$(cd work && pwd) && mv work moved &&
	(cd moved && test_expect_code 128 git vault list 2>../err) &&
	test_grep "the journal is for $was, but the tree is at .*/moved now; move it back, or remove .* to abandon" err &&
	mv moved work && (cd work && git vault list >out 2>../err) &&
	test_grep "finished the interrupted restore of snapshot $first" err && whole
'

# told: the results of restores of $first in the audit chain, each on a line
told () {
	git -C work vault audit list --json --kind restore |
		jq -r ".events[] | select(.snapshot == \"$first\") | .result"
}

test_expect_success 'the audit is told of what the next command has finished' '
	interrupt 0 && told >actual && test_must_be_empty actual &&
	for n in 2 5 8 11
	do
		interrupt $n && (cd work && git vault list >out 2>../err) &&
		test_grep "finished the interrupted restore" err &&
		told >actual &&
		if grep -q ", except " err
		then
			echo part
		else
			echo done
		fi >expect && test_cmp expect actual || return 1
	done && echo done >expect &&
	fresh && counted count:0 && cd "$TRASH_DIRECTORY" &&
	end=$(($(sed -n "$at,\$p" fault.log |
		grep -n "journal.done" | tail -n 1 | cut -d: -f1) - 1)) &&
	interrupt $end && (cd work && git vault list >out 2>../err) &&
	test_grep "interrupted when all was in place" err && told >actual &&
	test_cmp expect actual && git -C work vault audit verify &&
	interrupt 8 && (cd work && echo mine >envs/prod/main.tf &&
		git vault list >out 2>../err) && test_grep except err &&
	told >actual && echo part >expect && test_cmp expect actual
'

test_expect_success 'finishing never touches what was changed meanwhile' '
	interrupt 1 &&
	test_path_is_file work/.git/vault/restore/journal &&
	echo "my latest" >work/new && echo "my latest" >work/envs/prod/main.tf &&
	(cd work && git vault restore $first --in-place -n docs 2>../err) &&
	(cd work && git vault restore $first --in-place docs) &&
	echo "my latest" >expect &&
	test_cmp expect work/envs/prod/main.tf && test_cmp expect work/new &&
	test_grep "except .*main.tf: it changed meanwhile" err && whole
'

test_expect_success 'nor gives it the time and mode of the snapshot' '
	interrupt 1 && file=work/docs/binary &&
	test_path_is_file work/.git/vault/restore/journal &&
	printf X | dd of=$file conv=notrunc 2>dd && chmod 600 $file &&
	stat -c "%a %s %.Y" $file >expect && cp $file mine &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "except .*docs/binary: it changed meanwhile" err &&
	stat -c "%a %s %.Y" $file >actual && test_cmp expect actual &&
	cmp mine $file &&
	(cd work && git vault restore $first --in-place --delete) &&
	restore_cmp first work && whole
'

test_expect_success 'a time that was set before the kill is no change' '
	interrupt 1 && file=work/docs/binary &&
	touch -r first/docs/binary $file &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep ! except err && restore_cmp first work && whole
'

# What a version that had no such step has left.
test_expect_success 'a journal that only knows to set a time is played' '
	interrupt 1 && journal=work/.git/vault/restore/journal &&
	sed -n "2,\$s/^[0-9a-f]* //p" $journal |
		sed "s/^touch [^ ]* /meta /" >lines &&
	test_grep "^meta 100.*binary" lines && {
		echo "git-vault restore 1" &&
		while IFS= read -r line
		do
			echo "$(restore_crc "$line") $line" || return 1
		done <lines
	} >old && ! cmp -s old $journal && cp old $journal &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "finished the interrupted" err && test_grep ! except err &&
	restore_cmp first work && whole
'

test_expect_success 'nor drops what was staged meanwhile' '
	option=--index && interrupt 1 && option=--delete &&
	test_path_is_file work/.git/vault/restore/journal &&
	echo mine >work/mine && git -C work add mine &&
	git -C work ls-files -s >expect &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "except .*the index: something was staged meanwhile" err &&
	git -C work ls-files -s >actual && test_cmp expect actual && whole
'

test_expect_success 'nor what another git stages while the index is held' '
	option=--index && interrupt 1 && option=--delete &&
	: >work/.git/index.lock &&
	(cd work && test_expect_code 4 git vault status 2>../err >/dev/null) &&
	test_grep "another git holds .*index.lock" err &&
	rm work/.git/index.lock && echo mine >work/mine &&
	git -C work add mine && git -C work ls-files -s >expect &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "except .*the index: something was staged meanwhile" err &&
	git -C work ls-files -s >actual && test_cmp expect actual && whole
'

test_expect_success 'but an index that git only refreshed is finished' '
	option=--index && interrupt 1 && option=--delete &&
	git -C work status --short >/dev/null &&
	(cd work && git vault status 2>../err >/dev/null) &&
	test_grep "finished the interrupted" err && test_grep ! except err &&
	git -C work ls-files -s >actual && git -C first ls-files -s >expect &&
	test_cmp expect actual && whole
'

test_expect_success 'a damaged journal is told, and nothing is done' '
	interrupt 1 &&
	cp -a work before &&
	sed "5s/./x/12" work/.git/vault/restore/journal >j &&
	cp j work/.git/vault/restore/journal &&
	(
		cd work &&
		test_expect_code 128 git vault restore $first --in-place 2>../err
	) &&
	test_grep "line 5 of the journal is damaged" err &&
	restore_cmp before work && rm -rf before
'

test_expect_success 'a running restore locks out another one' '
	fresh && cd "$TRASH_DIRECTORY" &&
	test_expect_code 4 flock work sh -c "
		cd work && git vault restore $first --in-place" 2>err &&
	test_grep "under way" err &&
	restore_cmp second work
'

# Moments that nobody chose: between the start and well after the end.
moments=${fault_max:-60}
test -z "$GIT_VAULT_TEST_LONG" || moments=1000

# killed_at_some_moment COMMAND…: one of them, the next in a fixed row. In the
# background timeout would die itself of the signal, and nobody wait for the
# command, which lives on for a moment on a busy machine.
seed=7
killed_at_some_moment () {
	seed=$((seed * 1103515245 % 2147483647))
	timeout --foreground -s KILL "$(printf "0.%03d" $((seed % 45 + 4)))" "$@"
	moment_status_=$?
	test_tally 1 "moments of kill -9"
	test $moment_status_ != 137 ||
		test_tally 1 "of them before the command had ended"
	return $moment_status_
}

test_expect_success "in place, killed at $moments moments by the clock" '
	for i in $(test_seq $moments)
	do
		fresh && {
			killed_at_some_moment git-vault \
				restore $first --in-place --delete
			cd "$TRASH_DIRECTORY"
		} && check_in_place || return 1
	done
'

test_expect_success "--to, killed at $moments moments by the clock" '
	for i in $(test_seq $moments)
	do
		fresh && {
			killed_at_some_moment git-vault \
				restore $first --to ../out
			fault_status=$?
			cd "$TRASH_DIRECTORY"
		} && check_to_killed || return 1
	done
'

test_done
