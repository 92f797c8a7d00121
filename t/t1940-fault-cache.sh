#!/bin/sh
# shellcheck disable=SC2154

test_description='everything under .git/vault is a cache: lost or damaged it costs time

Each file is deleted, cut at every length, has every byte flipped (every so
many-th of a large one, unless GIT_VAULT_TEST_LONG is set) and is given another
version. Whatever is read from it, the answer is that of a run without it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

fault_at_most 5

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
whole=$TRASH_DIRECTORY/whole
samples=${GIT_VAULT_TEST_LONG:+100000000}
samples=${samples:-30}
flipped=0 files=

flip () {
	byte_=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') &&
		printf "\\$(printf %o $((255 - byte_)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# What is answered, without a word of what it was answered from.
answers () {
	git -C "$repo" vault status --json >"$1" &&
		git -C "$repo" vault status --porcelain g >>"$1" &&
		git -C "$repo" vault list --json >>"$1" &&
		git -C "$repo" vault snapshot --dry-run --json |
		sed "s/\"change\":\"[a-z]*\"//g" >>"$1"
}

# What is made: a snapshot's files and metadata, and what a restore brings.
makes () {
	rm -rf copy restored && cp -a "$repo" copy &&
		git -C copy vault -q snapshot --force >id &&
		git -C copy rev-parse "refs/vault/snapshots/$(cat id):tree" \
			>"$1" &&
		tool_in copy manifest "$(git -C copy rev-parse \
			"refs/vault/snapshots/$(cat id):meta/manifest")" >>"$1" &&
		git -C copy show -s --format=%B \
			"refs/vault/snapshots/$(cat id)" |
		grep -v "^Vault-Id" >>"$1" &&
		git -C copy vault -q restore latest --to "$PWD/restored" &&
		test_list_tree restored >>"$1"
}

tool_in () {
	(cd "$1" && shift && test-tool "$@")
}

# each FILE STEP FUNCTION: FUNCTION after each kind of damage of .git/vault/FILE
each () {
	file=$repo/.git/vault/$1 step_=$2 n_=0 &&
		cp "$file" "$whole" && size_=$(wc -c <"$whole") &&
		rm "$file" && $3 gone || return 1
	at_=0
	while test $at_ -lt "$size_"
	do
		head -c $at_ "$whole" >"$file" && $3 "cut at $at_" &&
			cp "$whole" "$file" && flip "$file" $at_ &&
			$3 "flipped at $at_" || return 1
		at_=$((at_ + step_)) n_=$((n_ + 2)) flipped=$((flipped + 1))
	done
	case " $files " in *" $1 "*) ;; *) files="$files $1" ;; esac
	cat "$whole" "$whole" >"$file" && $3 twice &&
		printf x >>"$whole" && cp "$whole" "$file" && $3 longer &&
		cp "$whole.version" "$file" && $3 'of another version' &&
		count=$((n_ + 4))
}

test_expect_success 'a repository with work of every kind' '
	test_create_repo "$base" && (
		cd "$base" && mkdir -p a/b empty && test_seq 50 >a/b/f &&
		echo x >g && ln -s g link && echo .env >.gitignore &&
		echo A=1 >.env && git add . && test_tick &&
		git commit -q -m base && git vault -q snapshot &&
		test_tick && echo y >>g && git vault -q snapshot && echo z >>g &&
		touch new && git rm -q --cached a/b/f
	) && test_tick && test_tick && test_tick && cp -a "$base" "$repo"
'

check_index () {
	answers actual && test_cmp expect actual || {
		echo "the index, $1"
		return 1
	}
}

test_expect_success 'the index: what is answered' '
	answers cached && cp "$repo/.git/vault/index" cache &&
	rm "$repo/.git/vault/index" && answers expect &&
	test_cmp expect cached && cp cache "$repo/.git/vault/index" &&
	sed "1s/^.......[0-9]/GVINDEX9/" cache >whole.version &&
	size=$(wc -c <cache) && each index $((size / samples + 1)) check_index
'
test_tally "$count" "kinds of damage of index, asked for status, list and a dry run"

check_made () {
	makes actual && test_cmp made actual || {
		echo "the index, $1"
		return 1
	}
}

test_expect_success 'the index: what is made' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	cp "$repo/.git/vault/index" cache &&
	makes cached && rm "$repo/.git/vault/index" && makes made &&
	test_cmp made cached && cp cache "$repo/.git/vault/index" &&
	each index $((size * 3 / samples + 1)) check_made
'
test_tally "$count" "kinds of damage of index, then a snapshot and a restore"

check_verified () {
	git -C "$repo" vault list --json >actual && test_cmp expect actual || {
		echo "the dates, $1"
		return 1
	}
}

test_expect_success 'the dates of verifications' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	git -C "$repo" vault list --json >expect &&
	git -C "$repo" vault verify && git -C "$repo" vault list --json >dated &&
	! test_cmp expect dated &&
	sed "1s/1/2/" "$repo/.git/vault/verified" >whole.version &&
	each verified 1 check_verified
'
test_tally "$count" "kinds of damage of verified, asked for list"

# The rest of a round: all of it where the cursor is of no use.
check_cursor () {
	rm -f "$repo/.git/vault/verified" &&
		git -C "$repo" vault verify --max-time 1h --json >actual &&
		test_cmp expect actual || {
		echo "the cursor, $1"
		return 1
	}
}

# The bytes of hexadecimal numbers, one a line.
bytes () {
	while read -r hex_
	do
		printf "\\$(printf %o "0x$hex_")" || return 1
	done
}

# A cursor of 1970 that has seen one of the snapshots, and is believed where it is
# whole: gzip ends in the sum of what it holds, the last byte first.
put_cursor () {
	{
		printf "GVVERIF1\0\0\0\0\0\0\0\001" &&
			git -C "$repo" for-each-ref \
				--format="%(objectname)" refs/vault/snapshots |
			head -n 1 | cut -c1-16 | fold -w 2 | bytes
	} >cursor &&
		gzip -c cursor | tail -c 8 | od -An -v -tx1 -w1 -N 4 | tac |
		tr -d " " | bytes >sum && cat sum >>cursor &&
		cp cursor "$repo/.git/vault/verifying"
}

test_expect_success 'how far a verification came' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	git -C "$repo" vault verify --max-time 1h --json >expect &&
	put_cursor && ! check_cursor whole && put_cursor &&
	sed "1s/1/2/" cursor >whole.version && each verifying 1 check_cursor
'
test_tally "$count" "kinds of damage of verifying, asked for the rest of the round"

# Forty snapshots of one tree, so that what their commits said is kept; by
# their ids the last in $1 is the newest.
many () {
	cp -a "$base" "$1" && git -C "$1" pack-refs --all &&
	(
		cd "$1" && awk -v base="$(git rev-parse HEAD)" -v root="$(
			git rev-parse "$(git vault -q list --id-only -n 1 |
				sed "s,^,refs/vault/snapshots/,")^{tree}")" \
			-v tag="$2" "
		BEGIN {
			for (i = 10; i < 50; i++) {
				id = \"20000101T0000\" i \"Z-0123abcd\"
				text = \"number \" i \"\\n\\nVault-Format: 4\\n\" \\
					\"Vault-Id: \" id \"\\nVault-Host: \" tag \\
					\"\\nVault-Secrets: 1\\nVault-Tag: \" tag i \"\\n\"
				print \"commit refs/vault/snapshots/\" id
				print \"committer a <b> \" 946684800 + i \" +0000\"
				print \"data \" length(text) \"\\n\" text
				print \"from \" base \"\\nM 040000 \" root \" \\\"\\\"\\n\"
			}
		}" | git fast-import --quiet && git vault list >/dev/null &&
		test_path_is_file .git/vault/records
	)
}

# What is asked of all snapshots.
asks () {
	git -C "$repo" vault list --json >"$1" &&
		git -C "$repo" vault list -v --tag tag33 >>"$1" &&
		git -C "$repo" vault list -n 3 --host tag >>"$1" &&
		git -C "$repo" vault show tag:tag10 >>"$1" &&
		git -C "$repo" vault log a/b/f >>"$1"
}

# Forty snapshots, each with another tree; at a/b/f it changes four times, and
# once it is gone.
changing () {
	cp -a "$base" "$1" && (
		cd "$1" && git config fastimport.unpackLimit 10000 &&
			awk -v base="$(git rev-parse HEAD)" -v meta="$(
			git rev-parse "$(git vault -q list --id-only -n 1 |
				sed "s,^,refs/vault/snapshots/,"):meta")" "
		function file(path, text) {
			printf \"M 100644 inline tree/%s\\ndata %d\\n%s\\n\", \\
				path, length(text), text
		}
		BEGIN {
			for (i = 10; i < 50; i++) {
				id = \"20000101T0000\" i \"Z-0123abcd\"
				text = \"number \" i \"\\n\\nVault-Format: 1\\n\" \\
					\"Vault-Id: \" id \"\\n\"
				print \"commit refs/vault/snapshots/\" id
				print \"committer a <b> \" 946684800 + i \" +0000\"
				print \"data \" length(text) \"\\n\" text
				print \"from \" base \"\\ndeleteall\"
				print \"M 040000 \" meta \" meta\"
				file(\"a/g\", i)
				if (i != 33)
					file(\"a/b/f\", int(i / 10))
				if (i > 20 && i % 3)
					file(\"c/.env\", i)
				print \"\"
			}
		}" | git fast-import --quiet
	)
}

# What is asked of a path.
asks_path () {
	git -C "$repo" vault list --json --path a/b/f >"$1" &&
		git -C "$repo" vault log --json a/b/f >>"$1" &&
		git -C "$repo" vault log a/b >>"$1"
}

check_paths () {
	asks_path actual && test_cmp expect actual || {
		echo "the paths, $1"
		return 1
	}
}

test_expect_success 'the paths: what is answered of forty snapshots' '
	rm -rf "$repo" && changing "$repo" && rm -r "$repo/.git/vault" &&
	asks_path expect && test_path_is_missing "$repo/.git/vault" &&
	mkdir "$repo/.git/vault" && asks_path actual &&
	test_path_is_file "$repo/.git/vault/paths" &&
	asks_path cached && test_cmp expect cached &&
	test_grep "20000101T000020Z" expect && test_grep "removed" expect &&
	cp "$repo/.git/vault/paths" cache &&
	sed "1s/^GVPATHS1/GVPATHS2/" cache >whole.version &&
	size=$(wc -c <cache) && each paths $((size * 2 / samples + 1)) check_paths
'
test_tally "$count" "kinds of damage of paths, asked for a list and logs"

# Most trees are gone: the answer can come from nowhere else.
test_expect_success 'the paths: no tree is opened' '
	rm -rf kept && cp -a "$repo" kept && repo_=$repo && repo=$PWD/kept &&
	git -C kept vault list --path a/b/f --id-only >expect.ids &&
	for n in 11 12 13 35 47
	do
		tree=$(git -C kept rev-parse "refs/vault/snapshots/20000101T0000${n}Z-0123abcd:tree") &&
		rm -f "kept/.git/objects/$(echo $tree | sed "s,..,&/,")" || return 1
	done && git -C kept vault list --path a/b/f --id-only >actual &&
	test_cmp expect.ids actual && rm kept/.git/vault/paths &&
	test_expect_code 3 git -C kept vault list --path a/b/f 2>err &&
	test_grep "20000101T000035Z" err && repo=$repo_
'

# What doctor says of files in clear; of a damaged cache it says more.
asks_clear () {
	test_might_fail git -C "$repo" vault doctor >"$1.all" &&
		sed -n "/ in plaintext, /p" "$1.all" >"$1" && test_line_count -eq 1 "$1"
}

check_clear () {
	asks_clear actual && test_cmp expect actual || {
		echo "what is in clear, $1"
		return 1
	}
}

test_expect_success 'what is in clear: doctor asked of forty snapshots' '
	rm -rf "$repo" && changing "$repo" && asks_clear expect &&
	test_grep "19 snapshots hold .* 20000101T000049Z-0123abcd:c/.env" expect &&
	test_path_is_file "$repo/.git/vault/clear" &&
	asks_clear cached && test_cmp expect cached &&
	cp "$repo/.git/vault/clear" cache &&
	sed "1s/^GVCLEAR1/GVCLEAR2/" cache >whole.version &&
	size=$(wc -c <cache) && each clear $((size * 2 / samples + 1)) check_clear
'
test_tally "$count" "kinds of damage of clear, asked by doctor"

# The trees are gone: the answer can come from nowhere else.
test_expect_success 'what is in clear: no tree is opened twice' '
	rm -rf kept && cp -a "$repo" kept && cp cache kept/.git/vault/clear &&
	repo_=$repo && repo=$PWD/kept &&
	for n in 11 12 13 35 47
	do
		tree=$(git -C kept rev-parse "refs/vault/snapshots/20000101T0000${n}Z-0123abcd:tree") &&
		rm -f "kept/.git/objects/$(echo $tree | sed "s,..,&/,")" || return 1
	done && check_clear "of trees that are gone" &&
	rm kept/.git/vault/clear && asks_clear actual &&
	test_grep "17 snapshots hold" actual && repo=$repo_
'

test_expect_success 'what is in clear: a snapshot that goes' '
	rm -rf "$repo" && changing "$repo" && asks_clear before &&
	git -C "$repo" vault -q delete 20000101T000049Z-0123abcd &&
	asks_clear actual && test_grep "18 snapshots hold .*T000047Z" actual
'

check_records () {
	asks actual && test_cmp expect actual || {
		echo "the records, $1"
		return 1
	}
}

test_expect_success 'the records: what is answered of forty snapshots' '
	rm -rf "$repo" && many "$repo" tag && rm "$repo/.git/vault/own" &&
	asks cached &&
	cp "$repo/.git/vault/records" cache &&
	rm -r "$repo/.git/vault" && asks expect &&
	test_path_is_missing "$repo/.git/vault" && test_cmp expect cached &&
	mkdir "$repo/.git/vault" &&
	cp cache "$repo/.git/vault/records" &&
	sed "1s/^GVRECOR4/GVRECOR3/" cache >whole.version &&
	size=$(wc -c <cache) && each records $((size * 2 / samples + 1)) check_records
'
test_tally "$count" "kinds of damage of records, asked for lists and logs"

test_expect_success 'the records of another repository' '
	many other gat && cp other/.git/vault/records "$repo/.git/vault/" &&
	check_records "of another repository" &&
	check_records "and written anew"
'

test_expect_success 'where the records cannot be kept' '
	rm "$repo/.git/vault/records" && mkdir "$repo/.git/vault/records" &&
	check_records "in the way" 2>err && test_must_be_empty err &&
	test_write_lines records >names && ls "$repo/.git/vault" >actual &&
	test_cmp names actual
'

test_expect_success 'a commit that is gone is told of, though its record is kept' '
	cp -a other lost && (
		cd lost && mkdir ../packs && mv .git/objects/pack/* ../packs &&
		for pack in ../packs/*.pack
		do
			git unpack-objects -q <$pack || return 1
		done &&
		commit=$(git rev-parse \
			refs/vault/snapshots/20000101T000022Z-0123abcd) &&
		rm -f ".git/objects/$(echo $commit | sed "s,..,&/,")" &&
		test_expect_code 3 git vault list --id-only >../actual 2>../err &&
		test_grep "20000101T000022Z-0123abcd is damaged" ../err &&
		git for-each-ref --format="%(refname:lstrip=3)" \
			refs/vault/snapshots | grep -v 20000101T000022Z |
		sort >../expect && sort ../actual | test_cmp ../expect - &&
		test_path_is_file .git/vault/records
	)
'

# A lie that no checksum finds. What decides on data does not ask the cache.
test_expect_success PYTHON 'the records, forged: nothing is deleted by them' '
	rm -rf "$repo" && cp -a other "$repo" && (
		cd "$repo" && git vault prune -n --keep-tag gat22 --json \
			>../expect && python3 -c "if 1:
			import zlib
			data = open(\".git/vault/records\", \"rb\").read()[:-4]
			data = data.replace(b\"gat22\", b\"lie!!\")
			data = data.replace(b\"gat33\", b\"gat22\")
			data += zlib.crc32(data).to_bytes(4, \"big\")
			open(\".git/vault/records\", \"wb\").write(data)
		" && cp .git/vault/records ../forged &&
		git vault list --tag "lie!!" --id-only >../actual &&
		echo 20000101T000022Z-0123abcd >../id &&
		test_cmp ../id ../actual &&
		test_expect_code 128 git vault show "tag:lie!!" &&
		test_expect_code 128 git vault restore "tag:gat22" --to ../no &&
		test_expect_code 128 git vault delete "tag:gat22" &&
		git vault verify --all &&
		git vault prune -n --keep-tag gat22 --json >../actual &&
		test_cmp ../expect ../actual &&
		test_cmp ../forged .git/vault/records &&
		git vault prune --keep-tag gat22 &&
		git vault list --id-only >../actual
	) && test_grep 20000101T000022Z actual &&
	test_grep ! 20000101T000033Z actual
'
test_tally "$flipped" "bytes flipped in$files"

# What a scan of all history says, and a snapshot of what is new.
says () {
	rm -rf copy && cp -a "$repo" copy && (
		cd copy && test_might_fail git vault scan --all-history --json |
			sed "s/\"files\":.*//" && echo "a: {password: $secret}" >n.yaml &&
			git vault snapshot --json 2>/dev/null |
			sed "s/.*\(\"findings\":[^,]*\).*/\1/"
	) >"$1"
}

check_facts () {
	says actual && test_cmp expect actual || {
		echo "the facts, $1"
		return 1
	}
}

test_expect_success 'the facts: what a scan and a snapshot say' '
	rm -rf "$repo" && cp -a "$base" "$repo" && secret=Tr0ub4dor8xQz71 && (
		cd "$repo" && echo "password: $secret" >s.yaml && git add s.yaml &&
		git commit -q -m s && test_expect_code 1 git vault scan &&
		echo "a: {password: $secret}" >n.yaml && echo clean >clean &&
		git vault -q snapshot && git vault delete -q --no-trash latest &&
		rm n.yaml &&
		git gc -q --prune=now
	) && says cached && test_grep "\"findings\":2" cached &&
	test_grep s.yaml cached && cp "$repo/.git/vault/facts" cache &&
	rm "$repo/.git/vault/facts" && says expect && test_cmp expect cached &&
	cp cache "$repo/.git/vault/facts" &&
	sed "1s/^GVFACTS2/GVFACTS3/" cache >whole.version &&
	size=$(wc -c <cache) && each facts $((size * 2 / samples + 1)) check_facts
'
test_tally "$count" "kinds of damage of facts, asked for a scan and a snapshot"

# split MANY RECENT: facts and facts-recent as after a scan of many files: what is
# in facts goes to the latter, and each gets so many that found nothing.
split () {
	python3 - "$repo/.git/vault/facts" "$@" <<-\END
	import hashlib, sys, zlib
	path, old = sys.argv[1], open(sys.argv[1], "rb").read()
	number = lambda b: int.from_bytes(b, "big")
	n, at, rows = number(old[28:32]), 0, {}
	text = 32 + 32 * n
	for i in range(n):
	    row = old[32 + 32 * i:64 + 32 * i]
	    rows[row[:28]] = old[text + at:text + number(row[28:])]
	    at = number(row[28:])
	def put(name, rows, some):
	    rows.update((hashlib.sha256(b"%d" % i).digest()[:28], b"") for i in some)
	    body, end = b"", 0
	    for key in sorted(rows):
	        end += len(rows[key])
	        body += key + end.to_bytes(4, "big")
	    body = old[:28] + len(rows).to_bytes(4, "big") + body
	    body += b"".join(rows[key] for key in sorted(rows))
	    open(name, "wb").write(body + zlib.crc32(body).to_bytes(4, "big"))
	many, few = int(sys.argv[2]), int(sys.argv[3])
	put(path, {}, range(many))
	put(path + "-recent", rows, range(many, many + few))
	END
}

# Less than 256 KiB is written as a whole, and so is all once an eighth is recent.
test_expect_success PYTHON 'the recent facts, next to many others' '
	cp cache "$repo/.git/vault/facts" && split 8500 0 && says actual &&
	test_cmp expect actual && test_path_is_file copy/.git/vault/facts-recent &&
	cmp "$repo/.git/vault/facts" copy/.git/vault/facts &&
	cp "$repo/.git/vault/facts-recent" cache-recent &&
	sed "1s/^GVFACTS2/GVFACTS3/" cache-recent >whole.version &&
	size=$(wc -c <cache-recent) &&
	each facts-recent $((size * 5 / samples + 1)) check_facts &&
	cp cache-recent "$repo/.git/vault/facts-recent" &&
	sed "1s/^GVFACTS2/GVFACTS3/" "$repo/.git/vault/facts" >whole.version &&
	size=$(wc -c <"$repo/.git/vault/facts") &&
	each facts $((size * 10 / samples + 1)) check_facts
'

# With 1,200 the next one that is found makes them too many. What is made then
# is whole or not there, and what a run says is true whatever is left.
again () {
	rm -rf "$repo" && cp -a many "$repo" && {
		git -C "$repo" vault scan --all-history --json >out 2>err
		status_=$?
		test $status_ -le 1 || return $status_
	}
}

check_left () {
	scan_status=$(git -C "$repo" vault scan --all-history --json >out 2>err
		echo $?) && test "$scan_status" = 1 &&
		sed "s/\"files\":.*//" out >actual && test_cmp expect.scan actual
}

test_expect_success PYTHON 'recent facts are added, and joined with the others: killed at every call, or it fails' '
	for few in 0 1200
	do
		rm -rf many "$repo" && cp -a "$base" "$repo" && (
			cd "$repo" && echo "password: $secret" >s.yaml &&
			git add s.yaml && git commit -q -m s &&
			test_expect_code 1 git vault scan --all-history
		) >out && split 8500 $few && (
			cd "$repo" && echo "a: {password: $secret}" >n.yaml &&
			git add n.yaml && git commit -q -m n
		) && cp -a "$repo" many && again &&
		sed "s/\"files\":.*//" out >expect.scan && case $few in
		0) cmp many/.git/vault/facts "$repo/.git/vault/facts" &&
			test_path_is_file "$repo/.git/vault/facts-recent" ;;
		*) ! cmp -s many/.git/vault/facts "$repo/.git/vault/facts" &&
			test_path_is_missing "$repo/.git/vault/facts-recent" ;;
		esac && for kind in eio full kill tear
		do
			for_each_fault $kind again check_left || return 1
		done || return 1
	done
'

test_expect_success PYTHON 'recent facts are joined with the others by four processes at once' '
	for round in 1 2 3
	do
		rm -rf "$repo" && cp -a many "$repo" && pids= && for n in 1 2 3 4
		do
			{
				git -C "$repo" vault scan --all-history --json |
					sed "s/\"files\":.*//" >"by.$n"
			} & pids="$pids $!"
		done && wait $pids && for n in 1 2 3 4
		do
			test_cmp expect.scan "by.$n" || return 1
		done && check_left || return 1
	done
'

check_policy () {
	git -C "$repo" vault policy show --json >actual &&
		test_cmp expect actual || {
		echo "the policy of the keyring, $1"
		return 1
	}
}

test_expect_success 'the policy: what the keyring accepts' '
	rm -rf "$repo" && cp -a "$base" "$repo" && (
		cd "$repo" && git vault init -q &&
		echo "scan: {allow: [{path: a/**, reason: test}]}" >.gitvault.yaml &&
		accept_policy && rm -f .git/vault/policy
	) && git -C "$repo" vault policy show --json >expect &&
	git -C "$repo" vault policy show >actual &&
	test_grep "accepted for all clones" actual &&
	rm "$repo/.git/vault/policy-keyring" &&
	check_policy "before there is a file of it" &&
	sed "1s/1/2/" "$repo/.git/vault/policy-keyring" >whole.version &&
	size=$(wc -c <"$repo/.git/vault/policy-keyring") &&
	each policy-keyring $((size / samples + 1)) check_policy
'
test_tally "$count" "kinds of damage of policy-keyring, asked for the policy"

# What is not among these holds nothing that could lie.
test_expect_success 'there is no other file' '
	rm -rf "$repo" && cp -a "$base" "$repo" && (
		cd "$repo" && git vault -q snapshot --force &&
		git vault -q fold && git vault -q verify &&
		git vault -q verify --max-time 1h && git vault -q repair &&
		git vault -q restore latest --in-place &&
		git vault -q prune --keep-last 1 --reclaim
	) && for name in $(cd "$repo/.git/vault" && find . -type f)
	do
		case $name in
		./clear | ./facts | ./index | ./paths | ./policy-keyring | \
			./records | ./verified | ./verifying) ;;
		./keyring | ./keyring-next) ;; # no cache: see t3004
		./own) ;;                      # likewise: see t/unit/t-own
		./policy) ;;                   # likewise: see t5000
		./undo) ;;                     # likewise: see t1280
		./search/*.seg) ;;             # likewise: see t/unit/t-segment
		./search/extent) ;;            # likewise: see t/unit/t-extent
		./search/pathlog) ;;           # likewise: see t/unit/t-pathlog
		./audit-end-*) ;;              # likewise: see t3401
		./lock | ./fold | ./keyring-lock | ./own-lock | ./auto-lock | ./search/lock)
			test_must_be_empty "$repo/.git/vault/$name" ;;
		*)
			echo "nobody has flipped a byte of $name"
			return 1 ;;
		esac || return 1
	done
'

# All but which keyring was seen, which snapshots are own and which policy is
# accepted: no caches.
caches () {
	find "$repo/.git/vault" -type f ! -name "keyring*" ! -name own \
		! -name policy
}

test_expect_success 'all of it at once: gone, empty, full of nonsense' '
	for how in gone empty nonsense
	do
		rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault verify && case $how in
		gone) find "$repo/.git/vault" -type f ! -name own -delete ;;
		empty) for f in $(caches)
			do
				: >"$f" || return 1
			done ;;
		nonsense) for f in $(caches)
			do
				head -c 5000 /dev/urandom >"$f" || return 1
			done ;;
		esac && makes actual && test_cmp made actual || return 1
	done
'

test_done
