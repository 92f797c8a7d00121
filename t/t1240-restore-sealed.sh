#!/bin/sh

test_description='git vault restore, cat, archive: values that are sealed'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-given.sh"

if ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

# no value of ours in these files
no_value () {
	! grep -r -a -e hunter2 -e dev-token-0001 -e alpha-secret \
		-e beta-secret -e all-of-this-file -e run-secret "$@"
}

test_expect_success 'a snapshot withholds values' '
	age-keygen -o nobody.key 2>/dev/null &&
	test_create_repo work && cd work && given_setup && given_take &&
	cd .. && echo $snapshot >id && cp id id.first &&
	test_line_count -eq 8 given.list &&
	git -C work cat-file -p refs/vault/snapshots/$snapshot:tree/.env >env &&
	test_grep "^GITVAULT.file:[0-9a-f]*.$" env &&
	test -f "$HOME"/.config/git-vault/identity
'

test_expect_success 'with the key all comes back, byte for byte, with its modes' '
	git -C work vault restore $(cat id) --to ../full 2>err &&
	given_cmp full &&
	! grep -i sealed err
'

test_expect_success 'without one placeholders stand for them, and it is said' '
	test_expect_code 5 given_as nobody \
		git -C work vault restore $(cat id) --to ../none 2>err &&
	no_value none && cmp none/plain.txt given.clear/plain.txt &&
	test_grep "GITVAULT.password:" none/envs/prod/db.tf &&
	test_grep "envs/dev/api.tf is incomplete: 1 secret of scope dev stays encrypted" err &&
	test_grep "shared.conf is incomplete: 2 secrets of scope shared stay encrypted" err &&
	test_grep "6 files are incomplete: 7 secrets are not decryptable here (4 of shared, 1 of dev, 2 of prod)" err &&
	test_expect_code 5 given_as nobody \
		git -C work vault --json restore $(cat id) --to ../none2 >json &&
	test_grep "\"path\": *\"envs/prod/db.tf\"" json &&
	test_grep "\"scope\": *\"prod\"" json
'

test_expect_success '--no-secrets does it on purpose' '
	git -C work vault restore $(cat id) --to ../purpose --no-secrets 2>err &&
	diff -r none purpose &&
	test_grep "6 files have placeholders for 7 values, as asked for" err
'

test_expect_success 'a dry run says it too' '
	test_expect_code 5 given_as nobody \
		git -C work vault restore $(cat id) --to ../dry -n 2>err &&
	test_path_is_missing dry &&
	test_grep "6 files are incomplete" err &&
	git -C work vault restore $(cat id) --to ../dry -n 2>err &&
	! grep "incomplete" err
'

test_expect_success 'in place without a key such files are left alone' '
	rm -rf there && cp -a work there &&
	echo mine >there/envs/prod/db.tf && rm there/.env && echo other >there/plain.txt &&
	test_expect_code 5 given_as nobody \
		git -C there vault restore $(cat id) --in-place 2>err >out &&
	echo mine >expect && test_cmp expect there/envs/prod/db.tf &&
	test_path_is_missing there/.env &&
	cmp there/plain.txt given.clear/plain.txt &&
	test_grep "envs/prod/db.tf is left as it is: 1 secret of scope prod" err &&
	test_grep "[.]env is left as it is" err
'

test_expect_success 'in place with the key all is as it was' '
	git -C there vault restore $(cat id) --in-place 2>err >out &&
	cmp there/.env given.clear/.env &&
	diff -r -x .git there given.clear &&
	git -C there vault restore $(cat id) --in-place 2>err &&
	test_grep "nothing differs" err
'

test_expect_success 'in place a change of a value is seen, whatever the time' '
	sed s/hunter2/hunter3/ given.clear/envs/prod/db.tf >there/envs/prod/db.tf &&
	touch -r given.clear/envs/prod/db.tf there/envs/prod/db.tf &&
	git -C there vault restore $(cat id) --in-place -n >out &&
	test_write_lines "M envs/prod/db.tf" >expect && test_cmp expect out &&
	git -C there vault restore $(cat id) --in-place &&
	cmp there/envs/prod/db.tf given.clear/envs/prod/db.tf
'

test_expect_success 'a mode is never loosened where something secret stands' '
	chmod 600 there/envs/prod/db.tf && echo x >>there/envs/prod/db.tf &&
	chmod 600 there/run.sh && chmod 666 there/.env &&
	git -C there vault restore $(cat id) --in-place &&
	stat -c %a there/envs/prod/db.tf there/run.sh there/.env >actual &&
	test_write_lines 600 700 600 >expect && test_cmp expect actual &&
	cmp there/envs/prod/db.tf given.clear/envs/prod/db.tf
'

test_expect_success 'over another directory nothing is replaced by placeholders' '
	rm -rf over && mkdir over && echo old >over/.env &&
	test_expect_code 5 given_as nobody git -C work vault restore \
		$(cat id) --to ../over --overwrite always 2>err &&
	echo old >expect && test_cmp expect over/.env &&
	test_grep "GITVAULT" over/shared.conf &&
	test_grep "[.]env is left as it is" err
'

test_expect_success 'cat prints placeholders, with --secrets values' '
	cd work && git vault cat $snapshot:shared.conf >../actual &&
	no_value ../actual && git vault cat --secrets $snapshot:shared.conf >../actual &&
	cd .. && cmp actual work/shared.conf &&
	git -C work vault cat --secrets $(cat id) envs/prod/store.jks >actual &&
	cmp actual work/envs/prod/store.jks &&
	test_expect_code 5 given_as nobody \
		git -C work vault cat --secrets $(cat id) shared.conf >actual 2>err &&
	test_must_be_empty actual && test_grep "no key here opens 2 values of scope shared" err
'

test_expect_success 'and so does archive' '
	git -C work vault archive $(cat id) >a.tar 2>err && mkdir a &&
	tar xpf a.tar -C a && no_value a && test_grep "has 7 encrypted secrets" err &&
	git -C work vault archive --secrets -o ../b.tar $(cat id) && mkdir b &&
	tar xpf b.tar -C b && diff -r -x .git b given.clear &&
	test "$(stat -c %a b.tar)" = 600 &&
	test_expect_code 5 given_as nobody \
		git -C work vault archive --secrets $(cat id) >c.tar 2>err &&
	mkdir c && tar xpf c.tar -C c && diff -r a c &&
	test_grep "incomplete" err
'

test_expect_success 'what looks like a placeholder stays itself' '
	cmp full/.plain/looks-like-one given.clear/.plain/looks-like-one
'

# A restore in place opens the safe twice.
test_expect_success 'an identity may come in on stdin' '
	rm -rf there in && cp -a work there && rm there/.env &&
	given_as nobody git -C there vault restore $(cat id) --identity - --in-place \
		<"$HOME/.config/git-vault/identity" 2>err && test_grep ! warning err &&
	cmp work/.env there/.env &&
	given_as nobody git -C there vault restore $(cat id) --identity - --to ../in \
		<"$HOME/.config/git-vault/identity" && cmp work/.env in/.env
'

test_expect_success 'one that is named and is none is refused, and no value called lost' '
	rm -rf out && : >empty && mkdir -p folder && printf "# none\nAGE-SECRET-KEY-1QQ\n" >cut &&
	for file in /dev/null "$PWD/folder" "$PWD/empty" "$PWD/cut"
	do
		test_expect_code 128 git -C work vault restore $(cat id) \
			--to ../nowhere --identity "$file" 2>err &&
		test_grep "$file" err && test_grep ! "lost\|git vault repair" err &&
		test_path_is_missing nowhere || return 1
	done
'

test_expect_success 'the usual one that is damaged opens nothing, and it is told why' '
	own=$HOME/.config/git-vault/identity && mv "$own" kept &&
	test_when_finished "mv kept $own; rm -rf out" && cp cut "$own" &&
	test_expect_code 5 git -C work vault restore $(cat id) --to ../out 2>err &&
	no_value out && cmp out/plain.txt given.clear/plain.txt &&
	test_grep "the identity $own opens nothing: line 2: " err &&
	test_grep ! "lost\|git vault repair" err && cmp cut "$own"
'

test_expect_success 'an identity that others can read is warned of' '
	chmod 644 $HOME/.config/git-vault/identity &&
	git -C work vault cat --secrets $(cat id) shared.conf >actual 2>err &&
	test_grep "others can read the identity .*chmod 600" err &&
	chmod 600 $HOME/.config/git-vault/identity &&
	git -C work vault cat --secrets $(cat id) shared.conf >actual 2>err &&
	test_grep ! "others can read" err && cmp actual work/shared.conf
'

# One by git vault itself, whose index differs from HEAD and from the files.
test_expect_success 'what was staged is staged again with its value' '
	test_create_repo staged && cd staged && mkdir -p envs/prod &&
	echo "size = 1" >envs/prod/a.tf && git add . && git commit -q -m base &&
	printf "db_password = \"%s\"\n" Zk93hfTQ82xLm0aPw7 >envs/prod/a.tf &&
	git add . && git rev-parse :envs/prod/a.tf >../expect &&
	echo "size = 2" >envs/prod/a.tf &&
	git vault snapshot >../id 2>../err &&
	git cat-file -p refs/vault/snapshots/$(cat ../id):index/envs/prod/a.tf \
		>../actual && test_grep GITVAULT ../actual &&
	git reset -q --hard && rm -rf .git/logs && git prune --expire=now &&
	test_must_fail git cat-file -e $(cat ../expect) &&
	git vault restore $(cat ../id) --in-place --index 2>../err &&
	git rev-parse :envs/prod/a.tf >../actual && test_cmp ../expect ../actual &&
	git cat-file -p :envs/prod/a.tf >../actual &&
	test_grep Zk93hfTQ82xLm0aPw7 ../actual && cd ..
'

test_expect_success 'without a key it is staged as HEAD has it, and that is said' '
	cd staged && git reset -q --hard &&
	test_expect_code 5 given_as nobody git vault restore $(cat ../id) \
		--in-place --index 2>../err &&
	test_grep "envs/prod/a.tf is left as it is" ../err &&
	git diff --cached --quiet && git vault verify && cd ..
'

test_expect_success 'one that is killed leaves nothing clear behind the next command' '
	rm -rf there && cp -a work there && cd there &&
	rm .env envs/prod/db.tf shared.conf run.sh && git vault snapshot -q &&
	rm -rf ../kept && cp -a . ../kept &&
	n=0 && hit=0 &&
	while test $n -lt 40
	do
		n=$((n + 1)) && rm -rf ../there && cp -a ../kept ../there &&
		cd ../there && {
			timeout --foreground -s KILL 0.0$(printf %02d $n) \
				git-vault restore $(cat ../id.first) --in-place \
				>/dev/null 2>&1 || hit=$((hit + 1))
		} &&
		{ git vault list >/dev/null 2>&1; git vault status >/dev/null 2>&1 || :; } &&
		git vault restore $(cat ../id.first) --in-place -n \
			>/dev/null 2>&1 &&
		test_path_is_missing .git/vault/restore || return 1
	done && cd .. && test $hit -gt 0
'

test_done
