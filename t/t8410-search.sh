#!/bin/sh

test_description='a text in all that was ever saved or committed, and what became of it'
. "$(dirname "$0")/test-lib.sh"

# told: the first word of each event in out, and "still"
told () {
	sed -n "s/^    \([a-z]*\) .*/\1/p" out | tr "\n" " "
}

# save MESSAGE: a snapshot; times differ by a minute
save () {
	test_tick && git vault -q snapshot -m "$1" >>ids
}

test_expect_success 'set up: a text comes, moves, changes and goes' '
	mkdir r && mv .git r && cd r && echo ids >.git/info/exclude &&
	test_must_fail git vault search x 2>err && test_grep "no snapshot to search" err &&
	printf "a\nint open_db(void)\n" >db.c && printf "x\0open_db\n" >blob && git add . && test_tick &&
	git commit -q -m "add db" && save first && mkdir lib && git mv db.c lib/store.c && save moved &&
	printf "a\n\nint open_db(int x)\nopen_db_later()\n" >lib/store.c && save changed &&
	test_tick && git commit -q -a -m "change db" && echo gone >lib/store.c && save removed
'

test_expect_success 'the story of a line: with time, snapshot and author' '
	cd r && git vault search open_db >out && test "$(told)" = "introduced moved modified removed " &&
	test_grep "^lib/store.c:3: int open_db(int x) (2 lines)$" out &&
	test_grep "^    moved .* in $(sed -n 2p ids) from db.c, .*: moved$" out &&
	git vault search -w open_db >out && test_grep "open_db(int x)$" out &&
	test_expect_code 1 git vault search --regex "a\\s+int" 2>err &&
	git vault search --regex "^int .*db[(]v" >out && test "$(told)" = "introduced moved removed " &&
	git vault search --path "*.c" --removed open_db >out && test_line_count = 5 out &&
	test_expect_code 1 git vault search --path "*.h" open_db 2>err && test_grep "nothing found" err &&
	git vault search gone >out && test "$(told)" = "introduced still " &&
	test_expect_code 1 git vault search --removed gone 2>err &&
	test_expect_code 1 git vault search --since 2005-04-07T22:17:30Z "open_db(void)" 2>err &&
	git vault search --since 2005-01-01 gone >out
'

test_expect_success 'of a symbol only what defines it; definitions come first' '
	test_create_repo defined && cd defined && mkdir vendor && echo ids >.git/info/exclude &&
	printf "int use(void)\n{\n\treturn find_it(1);\n}\n" >a.c && cp a.c vendor/a.c &&
	printf "int find_it(int x)\n{\n\treturn x;\n}\n" >z.c && printf "find_it: 1\nsee: find_it_all\n" >conf.yaml &&
	echo find_it_all >part && save all && git vault search --symbol find_it >out && test_grep "^z.c:1: int find_it(int x)$" out &&
	test_grep "^conf.yaml:1: find_it: 1$" out && test_grep ! "^a.c\|^part" out && git vault search find_it >out &&
	grep "^[^ ].*:[0-9]*: " out | cut -d: -f1 | tr "\n" " " >order && printf "%s" "conf.yaml z.c a.c vendor/a.c part " >expect &&
	test_cmp expect order && git vault search --json --symbol find_it >out && test_grep "\"definition\":true,\"foreign\":false" out &&
	printf "int found(int x)\n{\n\treturn x;\n}\n" >z.c && save renamed && git vault search --symbol --removed find_it >out &&
	test_grep "^z.c:1: int find_it" out && test_grep "removed .*: renamed" out && test_grep ! conf out &&
	test_expect_code 1 git vault search --symbol fin 2>err && git vault search --symbol --regex "f[a-z]*d" >out && test_grep "found(int" out
'

# a ctags that says it can be used, and then does what is given
fake () {
	rm -rf bin && mkdir bin && printf "#!/bin/sh\ncase \$2 in\n--list-features) printf \"x\\\\ninteractive y\\\\nsandbox y\\\\n\";;\n*) %s;;\nesac\n" "$1" >bin/ctags && chmod +x bin/ctags
}

test_expect_success 'a ctags that hangs, floods, lies or is of the repository does no harm' '
	(cd defined && git vault search --symbol "f[a-z]*d" --regex) >expect && fake "sleep 60" &&
	(cd defined && GIT_VAULT_TEST_TICK=3300 PATH=$TRASH_DIRECTORY/bin:$PATH git vault search --symbol --regex "f[a-z]*d") >out 2>err &&
	test_cmp expect out && test_grep "warning: ctags failed" err && for what in "yes flood" "exit 3" "kill -9 \$\$" "echo junk"
	do
		fake "$what" && (cd defined && PATH=$TRASH_DIRECTORY/bin:$PATH git vault search --symbol --regex "f[a-z]*d") >out &&
		test_cmp expect out || return 1
	done && fake "echo ran >$TRASH_DIRECTORY/ran" && mv bin defined/bin &&
	(cd defined && PATH=$PWD/bin:$PATH git vault search --symbol found) >out && test_path_is_missing ran && rm -r defined/bin
'

test_expect_success 'the lines that ctags names may come in any order' '
	test_create_repo order && cd order && printf "find_it 1\nfind_it 2\nfind_it 3\nfind_it 4\n" >a.c && echo id >.git/info/exclude &&
	git vault -q snapshot >id && cd .. && printf "{\"_type\": \"tag\", \"name\": \"find_it\", \"line\": %s}\n" 4 1 3 >tags &&
	echo "{\"_type\": \"completed\", \"command\": \"generate-tags\"}" >>tags && fake "cat $TRASH_DIRECTORY/tags" &&
	(cd order && PATH=$TRASH_DIRECTORY/bin:$PATH git vault search --symbol find_it) >out && test_grep "a.c:1: find_it 1 (3 lines)" out
'

ctags --options=NONE --list-features 2>/dev/null | grep -q ^sandbox && test_set_prereq CTAGS

test_expect_success CTAGS 'ctags knows what a line alone does not tell' '
	cd defined && printf "static int\n  spaced_out (int x)\n{\n\treturn 1;\n}\nint a = 1,\n\tsecond_one = 2;\n" >c.c && save ctags &&
	git vault search --symbol spaced_out >out && test_grep "^c.c:2: spaced_out (int x)" out &&
	git vault search --symbol second_one >out && test_grep "^c.c:7: second_one = 2" out
'

test_expect_success 'commits tell what no snapshot has, and nothing twice' '
	cd r && git vault search --commits open_db >out && test_grep "commit .*: add db" out &&
	test "$(told)" = "introduced moved modified removed " &&
	echo only_committed >x && git add x && test_tick && git commit -q -m only && git rm -q x &&
	test_tick && git commit -q -m less && git vault search --commits only_committed >out &&
	test "$(told)" = "introduced removed " && test_expect_code 1 git vault search only_committed 2>err
'

test_expect_success 'what only a merge brought, or took, is of that commit' '
	test_create_repo merged && cd merged && echo base >m && echo both >n && git add . && git commit -q -m base && git checkout -q -b side &&
	echo s >s && git add s && git commit -q -m side && git checkout -q - && echo o >o && git add o && git commit -q -m other &&
	test_tick && git merge -q --no-commit --no-ff side && echo evil_word >>m && git rm -q n && git add m && git commit -q -m "the merge" &&
	git vault search --commits evil_word >out && test "$(told)" = "introduced still " && test_grep "introduced .*: the merge" out &&
	git vault search --commits both >out && test_grep "removed .*: the merge" out &&
	test_tick && echo base >m && git commit -q -a -m gone && git vault search --commits evil_word >out && test "$(told)" = "introduced removed "
'

test_expect_success 'files in UTF-8, UTF-16, with a mark and with CRLF; all the same with an index' '
	test_create_repo encoded && cd encoded && printf "na\303\257ve caf\303\251\n" >u && printf "alpha_end\r\nbeta\r\n" >c.c &&
	printf "\357\273\277first_word int\n" >b.c && printf "\377\376z\0\344\0b\0r\0a\0\r\0\n\0" >w.ps1 && printf "a\0b\0" >bin && echo "na\357ve" >l1 &&
	printf "tas\342\204\252\n" >k && git add . && save all && test_expect_code 1 git vault search -v absent 2>err &&
	test_grep "1 version of a file is no text, and was not searched" err && for again in 1 2
	do
		for e in na.ve "na[iï]ve" "\bcafé\b" "(?i)CAFÉ" "^z.bra$" "alpha_end$" "^first" "(?i)^TASK$"
		do
			git vault search --regex "$e" >out || { echo "no $e" && return 1; }
		done && test_expect_code 1 git vault search --regex "na..ve" 2>err && git vault search zäbra >out && test_grep "^w.ps1:1: zäbra$" out &&
		git vault search first_word >out && test_grep "^b.c:1: first_word int$" out && git vault fold 2>err || return 1
	done
'

test_expect_success 'a secret is never shown, in snapshots nor in commits' '
	cd r && secret=Zk29sLqpz8Tn4vRw7YxB1cQe && echo "api_token = \"$secret\"" >conf.py && git add conf.py &&
	test_tick && git commit -q -m "oh no" && save with &&
	git vault search api_token >out 2>&1 && test_grep "conf.py:1:" out && test_grep ! $secret out &&
	test_expect_code 1 git vault search $secret 2>err && git vault search --commits $secret >out 2>err &&
	test_grep "conf.py:1: (not shown" out && test_grep ! $secret out err &&
	git vault search --json --commits $secret >out && test_grep "\"text\":null,\"withheld\":true" out &&
	test_grep ! $secret out
'

test_expect_success 'bad patterns are refused, names of files are printed safely' '
	cd r && test_expect_code 129 git vault search "" 2>err && test_grep "is empty" err &&
	test_expect_code 129 git vault search --regex "(" 2>err && test_grep "regular expression" err &&
	long=$(printf "%65537s" x) && test_expect_code 129 git vault search "$long" 2>err &&
	test_grep "65536 at most" err &&
	name=$(printf "odd\033[31m") && printf "find_me \033]0;x\007\n" >"$name" && save odd &&
	git vault search find_me >out && ! LC_ALL=C grep "$(printf "[\033\007]")" out && rm "$name"
'

test_expect_success 'in all projects, and outside of any' '
	git init -q two && (cd two && echo open_db >f && git vault -q snapshot) >/dev/null &&
	git init -q three && (cd three && echo nothing >f && git vault -q snapshot) >/dev/null &&
	git vault project add r two three >/dev/null && git vault search -A open_db >out 2>err &&
	test_grep "^two:$" out && test_grep "^r:$" out && test_grep "three: .*nothing found" err &&
	test_expect_code 1 git vault search -A --word absent_text >out 2>err && test_must_be_empty out &&
	git vault search --in two open_db >out &&
	git vault search --in project:two open_db >same && test_cmp out same && test_grep "^two:$" out && test_grep ! "^r:$" out &&
	test_expect_code 1 git vault search --in three open_db 2>err && test_expect_code 129 git vault search -A --in two x 2>err &&
	test_expect_code 128 git vault search --in four open_db 2>err && test_grep four err &&
	(cd / && GIT_DIR=/nowhere test_expect_code 128 git vault search x 2>&1) >out &&
	test_grep "to search in all projects, add -A" out && git vault -A --json search open_db >out && test_line_count = 3 out &&
	git vault search -A --json open_db >same && sort same >same.sorted && sort out >out.sorted && test_cmp same.sorted out.sorted &&
	test_expect_code 1 git vault -A search absent_text 2>err && test_expect_code 129 git vault -A search --in two x 2>err
'

test_expect_success 'a damaged content is counted, and all else is searched' '
	cd two && echo damaged_text >d && git vault -q snapshot >/dev/null && mkdir ../aside &&
	mv .git/objects/pack/* ../aside && for p in ../aside/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && f=$(git hash-object d | sed "s,..,.git/objects/&/,") && chmod u+w "$f" && echo x >"$f" &&
	test_expect_code 3 git vault search open_db >out 2>err && test_grep "^f:1: open_db" out &&
	test_grep "1 version of a file is missing or damaged" err &&
	: "the bytes of another file under its name" &&
	cp "$(git hash-object f | sed "s,..,.git/objects/&/,")" "$f" && test_expect_code 3 git vault search open_db >again 2>err &&
	test_cmp out again && test_grep "1 version of a file is missing or damaged" err
'

# Who reads takes one line, so the search waits in the middle of what it has found
# by then; what goes away meanwhile is missing only if it was not read before.
test_expect_success 'of very many contents, results are written before all are read' '
	test_create_repo many && cd many && seq 8300 | sed "s/^/needle /" | split -l 1 -a 4 - f &&
	git vault -q snapshot >/dev/null && ls .git/objects/pack >../packs && echo late needle >late &&
	git vault -q snapshot >/dev/null && for p in .git/objects/pack/*.pack
	do
		grep -q "^$(basename "$p")$" ../packs || { mv "$p" ../new.pack && git unpack-objects -q <../new.pack; } || return 1
	done && git vault search needle >../all && grep -c "^[^ ].*needle" ../all >../count && echo 8301 >../expect && test_cmp ../expect ../count &&
	late=$(git hash-object late | sed "s,..,.git/objects/&/,") && test_path_is_file "$late" && mkfifo ../pipe &&
	{ { code=0; git vault search needle >../pipe 2>../err || code=$?; echo $code >../code; } & } &&
	exec 9<../pipe && read -r first <&9 && rm -f "$late" && cat <&9 >../rest && exec 9<&- && wait $! &&
	case $first in f*:1:\ needle*) ;; *) false ;; esac && echo 3 >../expect && test_cmp ../expect ../code &&
	test_grep "1 version of a file is missing" ../err && { echo "$first"; cat ../rest; } | sort >../some &&
	sed "/^late:/,/still there/d" ../all | sort >../expect && test_cmp ../expect ../some
'

test_expect_success 'snapshots of which none can be read are named' '
	test_create_repo unread && cd unread && echo some_text >f && git add f && git commit -q -m x &&
	id=$(git vault -q snapshot) && c=$(git rev-parse refs/vault/snapshots/$id) &&
	rm -f .git/objects/pack/* ".git/objects/$(echo $c | sed "s,..,&/,")" &&
	test_expect_code 3 git vault search some_text 2>err &&
	test_grep "warning: snapshot $id is damaged" err && test_grep ! "no snapshot to search" err
'

test_done
