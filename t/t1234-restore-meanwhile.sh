#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault restore: what others do while it goes on is not lost'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

work=$TRASH_DIRECTORY/work to=$TRASH_DIRECTORY/to

# Start over.
fresh () {
	rm -rf "$work" "$to" && cp -a "$TRASH_DIRECTORY/base" "$work" &&
		cp -a "$TRASH_DIRECTORY/base.to" "$to" && cd "$work" || return 1
}

# amid CALL CHANGE COMMAND…: CHANGE is made in $work behind the first call of
# COMMAND that is like CALL. A file that is a moment old is read once more, so two
# runs may differ in what is before it: then both are done again.
amid () {
	call=$1 log=$TRASH_DIRECTORY/fault.log
	GV_FAULT_RUN=$TRASH_DIRECTORY/change && export GV_FAULT_RUN || return 1
	printf "#!/bin/sh\ncd \"%s\" && %s && : >.git/came\n" "$work" "$2" \
		>"$GV_FAULT_RUN" && chmod +x "$GV_FAULT_RUN" && shift 2
	for try_ in 1 2 3 4 5 6 7 8 9 10
	do
		run_amid_ count:0 "$@"
		at=$(grep -n "$call" "$log" | sed -n "1s/:.*//p")
		run_amid_ run:$((at + 1)) "$@"
		status_=$?
		sed -n "${at}p" "$log" | grep -q "$call" || continue
		test -e "$work/.git/came" && return $status_
	done
	echo "no two runs make the same calls: $*" >&2
	return 99
}

run_amid_ () {
	fresh && rm -f "$log" && : >"$log" && chmod 666 "$log" &&
		faulty "$@" >"$TRASH_DIRECTORY/out" 2>"$TRASH_DIRECTORY/err"
	status_=$?
	cd "$TRASH_DIRECTORY" && return $status_
}

test_expect_success 'directories stand where the snapshot has files' '
	test_create_repo base && mkdir base.to base.to/e &&
	cd base && echo 1 >x && echo 1 >other && echo 1 >e && git add . &&
	git commit -q -m 1 && id=$(git vault snapshot) && rm x other e &&
	mkdir x x/sub other && echo one >x/f && echo one >x/g &&
	echo one >x/sub/h && echo one >other/f
'

change="echo precious >x/new && echo edited >x/f"

for delete in "" --delete
do
	test_expect_success "what comes into one meanwhile stays $delete" '
		test_expect_code 3 amid "^mkdir .*restore/files" "$change" \
			git vault restore $id --in-place $delete &&
		test_grep "x/f is not restored: it changed meanwhile" err &&
		test_grep "x is not restored: it changed meanwhile" err &&
		grep -c "is not restored" err >actual && echo 2 >expect &&
		test_cmp expect actual &&
		echo precious >expect && test_cmp expect work/x/new &&
		echo edited >expect && test_cmp expect work/x/f &&
		test_path_is_missing work/x/g && test_path_is_missing work/x/sub &&
		test_path_is_file work/other && test_path_is_file work/e &&
		test_path_is_missing work/.git/vault/restore
	'
done

test_expect_success 'also where the directory was empty, of any tree' '
	test_expect_code 3 amid "^mkdir .*git-vault-restore/files" \
		"echo precious >$to/e/new" \
		git vault restore $id --to "$to" --overwrite always &&
	test_grep "e is not restored: it changed meanwhile" err &&
	echo precious >expect && test_cmp expect to/e/new &&
	test_path_is_file to/x && test_path_is_missing to/.git-vault-restore
'

# As somebody whom locks stop.
test_expect_success SETPRIV 'one that stays is locked as it was' '
	chmod 555 base/x/sub base/x && chown -R 65534:65534 base &&
	test_expect_code 3 amid "^mkdir .*restore/files" \
		"chmod 755 x && echo precious >x/new && chmod 555 x" \
		test_as_nobody git-vault restore $id --in-place &&
	test_path_is_file work/x/new && echo 555 >expect &&
	stat -c %a work/x >actual && test_cmp expect actual &&
	test_path_is_missing work/x/sub
'

test_expect_success SETPRIV 'of the lock of one that goes nothing is said' '
	fresh && test_as_nobody git-vault restore $id --in-place --delete \
		2>../err &&
	test_grep ! "not restored" ../err && test_path_is_file x
'

# at_read_tree BEFORE AFTER: a git that runs these around its reading of the
# index; as the first in the PATH it is found by git-vault
at_read_tree () {
	mkdir -p "$TRASH_DIRECTORY/first" &&
		cat >"$TRASH_DIRECTORY/first/git" <<-END &&
	#!/bin/sh
	PATH=$PATH
	case " \$* " in
	*" read-tree --reset "*) $1; git "\$@" && $2 ;;
	*) exec git "\$@" ;;
	esac
	END
		chmod +x "$TRASH_DIRECTORY/first/git"
}

restore_index () (
	PATH=$TRASH_DIRECTORY/first:$PATH
	git-vault restore $id --in-place --index 2>"$TRASH_DIRECTORY/err"
)

test_expect_success 'what another git stages before we have the index is kept' '
	test_create_repo staged && cd staged && echo 1 >f && git add f &&
	git commit -q -m 1 && echo 2 >f && git add f && echo new >new &&
	git add -N new && git ls-files -s >../expect.staged &&
	id=$(git vault snapshot) && git reset -q --hard &&
	at_read_tree ": >.git/index.lock" : &&
	test_expect_code 4 restore_index && test_grep "index.lock" ../err &&
	rm .git/index.lock && echo mine >mine && git add mine &&
	git ls-files -s >../expect && git vault status 2>../err &&
	test_grep "except .*the index: something was staged meanwhile" ../err &&
	git ls-files -s >../actual && test_cmp ../expect ../actual &&
	test_path_is_missing .git/vault/restore
'

test_expect_success 'also what it stages while files are restored' '
	rm -rf base && cp -a staged base && cd base && rm mine &&
	git reset -q --hard && cd .. &&
	test_expect_code 3 amid "^rename *journal *$" \
		"echo mine >mine && git add mine" \
		git vault restore $id --in-place --index &&
	test_grep "warning: not restored: the index: something was staged" err &&
	git -C work diff --cached --name-only >actual && echo mine >expect &&
	test_cmp expect actual && echo 2 >expect && test_cmp expect work/f &&
	test_path_is_missing work/.git/vault/restore
'

test_expect_success 'and where it staged nothing the index is written' '
	cd staged && git reset -q --hard &&
	at_read_tree ": >.git/index.lock" : &&
	test_expect_code 4 restore_index && rm .git/index.lock &&
	git vault status 2>../err && test_grep "finished" ../err &&
	test_grep ! except ../err && git ls-files -s >../actual &&
	test_cmp ../expect.staged ../actual
'

test_expect_success 'nobody is taken for another who was killed at it' '
	cd staged && git reset -q --hard &&
	at_read_tree : "kill -KILL \$PPID" &&
	test_expect_code 137 restore_index &&
	test_path_is_file .git/vault/restore/journal.index &&
	git vault status 2>../err && test_grep "finished" ../err &&
	test_grep ! except ../err && git ls-files -s >../actual &&
	test_cmp ../expect.staged ../actual
'

test_expect_success 'nor is what we made out of a sparse checkout for staged' '
	test_create_repo cone && cd cone && mkdir in out && echo 1 >in/a &&
	echo 1 >out/b && git add . && git commit -q -m 1 && echo 2 >in/a &&
	git add in/a && git ls-files -s >../expect && id=$(git vault snapshot) &&
	git reset -q --hard && git sparse-checkout set --cone in &&
	at_read_tree "kill -KILL \$PPID; exit 1" : &&
	test_expect_code 137 restore_index && test_path_is_file out/b &&
	git vault status 2>../err && test_grep "finished" ../err &&
	test_grep ! except ../err && git ls-files -s >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success SETPRIV 'a step that may not be taken is named' '
	rm -rf base base.to && mkdir base.to && test_create_repo base && cd base &&
	mkdir -p d/sub e && echo 1 >d/sub/f && echo 1 >e/f && git add . &&
	git commit -q -m 1 && id=$(git vault snapshot) && echo 2 >e/f &&
	chmod 700 d/sub && mkdir d/new && echo 1 >d/new/f && cd .. &&
	chown -R 65534:65534 base &&
	test_expect_code 3 amid "^rename *journal" "chmod 000 d" \
		test_as_nobody git-vault restore $id --in-place --delete &&
	test_grep "d/sub is not restored: Permission denied" err &&
	test_grep "d/new/f is not restored: Permission denied" err &&
	echo 1 >expect && test_cmp expect work/e/f &&
	test_path_is_missing work/.git/vault/restore
'

test_expect_success SETPRIV 'and taken by the next restore' '
	cd work && chmod 755 d &&
	test_as_nobody git-vault restore $id --in-place --delete &&
	test_path_is_missing d/new && echo 755 >../expect &&
	stat -c %a d/sub >../actual && test_cmp ../expect ../actual
'

test_done
