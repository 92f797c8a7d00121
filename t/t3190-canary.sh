#!/bin/sh
# shellcheck disable=SC2154,SC2046

test_description='no planted value leaves its file, whatever the command and however it ends

Values of all kinds stand in a repository. All commands run on it, also those
that fail, are killed or have no key; after each of them the values are looked
for in every object, ref, log and file that is ours, in all that was said,
written or called, and in the temporary and home directories.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-canary.sh"

# A repository is elsewhere, so that no scan sees what is noted here.
out=$canary/out

fill () {
	mkdir -p live/prod live/dev k8s large lib &&
	printf "%s\n" .env "*.tfvars" "*.tfstate" kubeconfig "*.jks" >.gitignore &&
	echo "password: $(plant committed)" >committed.yaml &&
	echo plain >plain.txt &&
	theirs git add . && test_tick && theirs git commit -q -m first &&
	printf "DB_PASSWORD=%s\nURL=postgres://u:%s@db.internal/x\nP%s=%s\n" \
		"$(plant env1)" "$(plant env2)" "$(plant env3)" x >.env &&
	printf "users: [{name: %s, user: {token: %s}}]\n" \
		"$(plant user)" "$(plant kube)" >kubeconfig &&
	printf "region = \"%s\"\n" "$(plant tfvars)" >live/prod/prod.tfvars &&
	printf "{\"version\": 4, \"serial\": 1, \"x\": \"%s\"}\n" "$(plant state)" \
		>live/prod/terraform.tfstate &&
	head -c 3000 /dev/urandom >live/prod/store.jks &&
	block .env && block kubeconfig && block live/prod/prod.tfvars &&
	block live/prod/terraform.tfstate && block live/prod/store.jks &&
	printf "db:\n  password: %s\n  token: %s\n" "$(plant y1)" "$(plant y2)" \
		>live/prod/app.yaml &&
	printf "db:\n  password: %s\n" "$(plant y3)" >live/dev/app.yaml &&
	printf "{\"client_secret\": \"%s\", \"n\": 1}\n" "$(plant json)" >lib/d.json &&
	printf "variable \"secret\" {\n  default = \"%s\"\n}\n" "$(plant hcl)" >lib/e.tf &&
	printf "kind: Secret\napiVersion: v1\ndata:\n  password: %s\n" \
		"$(plant k8s | base64)" >k8s/secret.yaml &&
	printf "password: %s\n" "$(plant utf16)" |
		iconv -f UTF-8 -t UTF-16 >lib/h.yaml &&
	printf "\000\001password=\"%s\"\000" "$(plant binary)" >lib/i.bin &&
	printf "password: %s\n" "$(plant allowed-not)" >lib/j.yaml &&
	{
		test_seq 1 1100000 && echo "password: $(plant large)" &&
			test_seq 1 300000
	} >large/large.yaml &&
	test "$(wc -c <large/large.yaml)" -gt 8388608 &&
	{
		test_seq 1 40000 && echo "password: $(plant chunked)" &&
			test_seq 1 40000
	} >large/chunked.yaml &&
	echo "password: $(plant staged)" >staged.yaml && theirs git add staged.yaml &&
	echo "password: $(plant unstaged)" >staged.yaml &&
	mkdir -p .git/hooks &&
	printf "#!/bin/sh\nTOKEN=ghp_%s%s\n" "$(plant hook)" "$(plant hook | cut -c1-12)" \
		>.git/hooks/pre-push &&
	git init -q nested && (
		cd nested && echo "password: $(plant nested)" >n.yaml &&
		git add . && git commit -q -m nested &&
		echo "password: $(plant nested2)" >n.yaml
	) && git config vault.chunkThreshold 256k
}

# What a policy allows is clear by somebody's leave, so no canary.
allow () {
	printf "password: %s\n" known-to-all-4711xyz >allowed.yaml &&
	cat >.gitvault.yaml <<-\END
	scan:
	  allow:
	  - {path: allowed.yaml, reason: known}
	END
}

edit () {
	echo "# more" >>live/prod/app.yaml && echo "TOKEN=$(plant env4)" >>.env &&
	block .env && sed -i "s/^  password: .*/  password: $(plant y4)/" \
		live/dev/app.yaml && rm lib/d.json && mv lib/e.tf lib/f.tf &&
	echo more >>plain.txt
}

test_expect_success 'what is looked for would be found' '
	git init -q probe && cd probe && echo "password: $(plant probe)" >x &&
	look && git hash-object -w x >/dev/null && test_must_fail look >$out &&
	test_grep "leaked in an object" $out && rm -rf .git/objects/??/ && look &&
	head -c 300 /dev/urandom >y && block y && look &&
	tail -c +100 y | head -c 12 | git hash-object -w --stdin &&
	test_must_fail look >$out && test_grep "block.0, byte 99" $out &&
	rm -rf .git/objects/??/ && look &&
	base64 x | git hash-object -w --stdin && test_must_fail look >$out &&
	rm -rf .git/objects/??/ &&
	iconv -t UTF-16BE x | git hash-object -w --stdin && test_must_fail look >$out &&
	rm -rf .git/objects/??/ && look &&
	cp x .git/vault.x && test_must_fail look >$out && rm .git/vault.x &&
	cp x "$TMPDIR" && test_must_fail look >$out && rm "$TMPDIR/x" &&
	cp x "$HOME" && test_must_fail look >$out && rm "$HOME/x" &&
	git update-ref "refs/vault/$(plant probe)" \
		$(git commit-tree -m x $(git mktree </dev/null)) &&
	test_must_fail look >$out && test_grep "leaked in a name" $out &&
	git update-ref -d "refs/vault/$(plant probe)" && look
'

test_lazy_prereq PROC 'test -r /proc/self/environ'

test_expect_success PROC 'also what is told to a process that is there' '
	cd probe && v=$(plant probe) && mkfifo fifo && {
		X=$v sh -c "read -r end" <fifo &
	} && exec 8>fifo && rm fifo && test_must_fail look >$out &&
	test_grep "leaked in a process" $out &&
	exec 8>&- && wait && look
'

test_expect_success STRACE 'also what is said, written, or told to a program' '
	cd probe && v=$(plant probe) &&
	run_watched_ execve,write sh -c "/bin/true $v" && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look &&
	run_watched_ execve,write env A=$v true && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look &&
	run_watched_ execve,write sh -c "
		sed p x >gone; rm gone" && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look
'

test_expect_success 'a repository with values of all kinds' '
	rm -rf probe && : >"$canary/values" && : >"$canary/blocks" &&
	git init -q repo && cd repo && fill && allow
'

test_expect_success 'the first snapshot, and the next ones' '
	cd repo && watched snapshot && look && watched -v snapshot --json --force && look &&
	edit && watched snapshot -m again && look &&
	git cat-file -p $(git for-each-ref --sort=-refname --count=1 \
		--format="%(objectname)" refs/vault/snapshots):tree/allowed.yaml >$out &&
	test_cmp allowed.yaml $out
'

test_expect_success 'with nothing cached, too, and of some paths only' '
	cd repo && rm -f .git/vault/index .git/vault/facts .git/vault/scanned &&
	watched snapshot --force && look &&
	echo more >>plain.txt && watched snapshot --only live && look &&
	watched snapshot --dry-run && watched snapshot --force && look
'

cat >"$canary/ways" <<\END
list
list --json
show latest
show --json latest
diff -p latest~1 latest
diff -p latest
diff --json latest~2 latest
log -p live/dev/app.yaml
log -p .env
log --json live/prod/app.yaml
cat latest:.env
cat latest:live/prod/app.yaml
cat latest:lib/h.yaml
ls -R latest
ls --json latest
archive latest
status
status --json
status --explain .env
verify --all --deep
verify --all --deep --json
scan
scan --json
scan --all-history
doctor
doctor --json
repair
repair -n
tag latest kept
pin latest~1
secret list
secret list --json
secret list --reuse
secret list --scope prod
key list
key list --json
key list nobody
init
unpin latest~1
completion bash
version
restore latest --in-place -n
list --no-such-option
restore no-such-snapshot --to nowhere
key show
key rotate
key reseal
fold
fold --reclaim --expire now
prune --keep-last 2 -n
prune --keep-last 2
prune --keep-last 1 --reclaim
verify --all --deep
help
END

test_expect_success 'all that looks, and all that tidies' '
	cd repo && echo "later: $(plant later)" >>.env && block .env &&
	sed -i "s/^  password: .*/  password: $(plant y5)/" live/dev/app.yaml &&
	while read -r way
	do
		watched $way </dev/null
		case $? in
		0 | 1 | 128 | 129) ;;
		*)
			echo "$way: $?" && cat "$canary"/said/$said_.*err
			return 1
			;;
		esac
	done <"$canary/ways" && look && watched snapshot && look
'

test_expect_success 'what is given out is where it was asked for, and nowhere else' '
	cd repo && rm -rf $out && mkdir $out && giving restore latest --to $out/to && look &&
	cmp .env $out/to/.env && cmp live/prod/store.jks $out/to/live/prod/store.jks &&
	cmp large/large.yaml $out/to/large/large.yaml &&
	cmp large/chunked.yaml $out/to/large/chunked.yaml &&
	giving cat --secrets latest:.env && cmp .env "$canary/stdout" && look &&
	giving archive --secrets latest && look &&
	echo broken >live/dev/app.yaml && rm .env &&
	giving restore latest --in-place && look && cmp .env $out/to/.env &&
	watched restore latest --to $out/no --no-secrets && look &&
	giving secret export --format json && look &&
	id=$(git vault secret list --scope dev --json | grep -o "\"id\": *\"[0-9a-f]*" |
		sed "s/.*\"//" | sed -n 1p) && test -n "$id" &&
	watched secret show $id && watched secret history $id &&
	giving secret show --reveal --output $out/value --reason why $id &&
	test_file_not_empty $out/value && look
'

gives () {
	cat <<-\END
	cat --secrets latest:.env
	cat --secrets latest:large/large.yaml
	archive --secrets latest
	secret export --format json
	secret export --format k8s
	diff -p latest~1 latest
	END
}

test_expect_success 'whose stdout has no room, or leads to nobody, says none elsewhere' '
	cd repo && watched snapshot && gives >$out/gives && test_when_finished "canary_out=\$canary/stdout" &&
	while read -r way
	do
		canary_out=/dev/full && test_expect_code 128 giving $way &&
		test_grep "stdout\|standard output" $canary/said/$said_.*.err &&
		canary_out=$out/fifo && rm -f $out/fifo && mkfifo $out/fifo &&
		{ head -c 1 <$out/fifo >/dev/null & } &&
		test_might_fail giving $way && wait || return 1
	done <$out/gives && look
'

test_expect_success 'values that come and go by the secret command' '
	cd repo && printf "A_TOKEN=%s\n" "$(plant import)" >$out/in &&
	watched secret import --scope prod $out/in && look &&
	id=$(sed -n "s/^\([0-9a-f]*\) A_TOKEN.*/\1/p" "$canary"/seen/$said_.*.out) &&
	plant rotated >$out/in &&
	watched secret rotate --value-from $out/in --reason due $id && look &&
	watched secret revoke --reason lost $id && look &&
	plant y4 >$out/in && watched secret purge -n --stdin <$out/in && look &&
	watched secret purge --stdin <$out/in && look
'

test_expect_success 'one is purged with what sealed it' '
	cd repo && id=$(git vault secret list --scope prod --json |
		grep -o "\"id\": *\"[0-9a-f]*" | sed "s/.*\"//" | sed -n 1p) &&
	giving secret export --format age --output $out/bundle.age $id && look &&
	watched secret purge -n --forget $id && look &&
	watched delete -n latest && look
'

test_expect_success 'keys that come and go' '
	cd repo && canary_keys=$canary/bob.key && look &&
	git vault key generate -o $canary/bob.key >$out/bob.pub &&
	watched key add --name bob --scope dev "$(head -n 1 $out/bob.pub)" && look &&
	watched secret list && watched key show bob && look &&
	watched key remove bob && look &&
	giving key escrow -o $out/escrow --passphrase-file plain.txt && look &&
	watched key recover -o $canary/back.key --passphrase-file plain.txt \
		$out/escrow && canary_keys="$canary_keys $canary/back.key" && look &&
	watched key generate -o $canary/other.key &&
	canary_keys="$canary_keys $canary/other.key" && look &&
	watched snapshot --force && look
'

test_expect_success 'the keyring of a team takes the place of our own' '
	cp -a repo kept && test_when_finished "rm -rf repo && mv kept repo" &&
	git init -q $out/team && test_env GIT_VAULT_IDENTITY=$canary/other.key \
		git -C $out/team vault init &&
	print=$(git -C $out/team vault key list | sed -n "1s/.* //p") &&
	cd repo && git remote add team $out/team &&
	git fetch -q team "+refs/vault/*:refs/vault-remote/team/*" &&
	test_must_fail watched key adopt SHA256:none && look &&
	for name in bob escrow
	do
		test_might_fail watched key remove $name || return 1
	done && watched key adopt "$print" && look && watched snapshot --force && look
'

test_expect_success 'nobody has a key' '
	cd repo && git vault key generate -o $canary/none.key >$out/none.pub &&
	GIT_VAULT_IDENTITY=$canary/none.key && export GIT_VAULT_IDENTITY &&
	test_when_finished "unset GIT_VAULT_IDENTITY" &&
	test_expect_code 5 watched restore latest --to $out/none && look &&
	test_expect_code 5 watched restore latest --to $out/none --overwrite always &&
	test_expect_code 5 watched cat --secrets latest:.env && look &&
	test_expect_code 5 watched archive --secrets latest && look &&
	test_expect_code 5 watched secret export && look &&
	rm live/dev/app.yaml && test_expect_code 5 watched restore latest --in-place && look &&
	watched verify --all --deep && look &&
	echo "password: $(plant no-key)" >new.yaml && test_might_fail watched snapshot && look
'

# An identity that is none, with what could be a key in it.
bad_keys () {
	key=$(grep "^AGE-SECRET-KEY-1" "$identity") &&
	printf "%s\n" "AGE-SECRET-KEY-1$(plant bad1)" >$canary/bad1.key &&
	printf "%s\n" "${key%??????}" >$canary/bad2.key &&
	printf "%s\n" "${key%????}QQQQ" >$canary/bad3.key &&
	printf "%s\n" "$key$(plant bad2)" >$canary/bad4.key &&
	printf -- "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END" \
		"$(plant bad3)" >$canary/bad5.key &&
	printf -- "-----BEGIN AGE ENCRYPTED FILE-----\n%s\n" \
		"$(plant bad4)" >$canary/bad6.key &&
	printf "AGE-PLUGIN-%s-1%s\n" NONE "$(plant bad5)" >$canary/bad7.key &&
	plant bad6 >$canary/bad8.key && : >$canary/bad9.key &&
	chmod 600 $canary/bad?.key
	echo "${key%??????}" >>"$canary/values"
}

test_expect_success 'whose key is damaged is told so without it' '
	cd repo && bad_keys && test_when_finished "unset GIT_VAULT_IDENTITY" &&
	for n in 1 2 3 4 5 6 7 8 9
	do
		GIT_VAULT_IDENTITY=$canary/bad$n.key && export GIT_VAULT_IDENTITY &&
		for way in "restore latest --to $out/bad$n" "cat --secrets latest:.env" \
			"secret export" "key rotate" "snapshot --force" \
			"key add --name x --identity $canary/bad$n.key $canary/bad$n.key"
		do
			test_might_fail watched $way || return 1
		done && ! test -e $out/bad$n/.env || ! cmp .env $out/bad$n/.env ||
			return 1
	done && unset GIT_VAULT_IDENTITY && look
'

# damage REF: another byte in the middle of the first file of its tree
damage () {
	entry=$(git ls-tree -r "$1" | sed -n 1p) && o=${entry#* * } &&
		o=${o%%	*} && path=${entry#*	} &&
		git cat-file blob $o >$out/blob &&
		printf x | dd of=$out/blob bs=1 seek=60 conv=notrunc 2>/dev/null &&
		new=$(git hash-object -w $out/blob) &&
		GIT_INDEX_FILE=$out/index && export GIT_INDEX_FILE &&
		git read-tree "$1" &&
		git update-index --add --cacheinfo "100644,$new,$path" &&
		tree=$(git write-tree) && unset GIT_INDEX_FILE &&
		git update-ref "$1" $(git commit-tree -p "$1" -m x $tree)
}

test_expect_success 'what is damaged' '
	cat >$out/ways <<-END &&
	watched verify --all --deep
	giving restore latest --to $out/bad
	giving restore latest --in-place
	watched secret list
	giving secret export
	watched key list
	watched doctor
	watched repair
	watched snapshot --force
	END
	for ref in refs/vault/secrets/prod refs/vault/secrets/shared refs/vault/keyring
	do
		rm -rf bad && cp -a repo bad && (
			cd bad && damage $ref && rm -rf $out/bad &&
			while read -r how way
			do
				$how $way
				code=$?
				test $code -le 128 || {
					echo "$way: $code"
					return 1
				}
			done <$out/ways && look
		) || return 1
	done
'

test_expect_success SANITY 'where nothing can be written' '
	rm -rf bad && cp -a repo bad && cd bad && echo "password: $(plant ro)" >ro.yaml &&
	chmod -R a-w .git && test_when_finished "chmod -R u+w bad/.git" &&
	test_must_fail watched snapshot && look
'

test_expect_success 'no command is left out' '
	cat "$canary"/seen/*.command >$out/run && git vault help >$out/help &&
	for name in $(sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p" $out/help)
	do
		test_grep "^git-vault\( -[^ ]*\)* $name\b" $out/run || return 1
	done && git vault completion bash >$out/bash &&
	for command in key secret
	do
		sed -n "s/.*$command:0) echo words:\(.*\) ;;/\1/p" $out/bash |
			tr , "\n" >$out/verbs && test_file_not_empty $out/verbs &&
		for verb in $(cat $out/verbs)
		do
			test_grep "^git-vault $command $verb\b" $out/run || return 1
		done
	done
'

strikes=3
test -z "$GIT_VAULT_TEST_LONG" || strikes=1000

test_expect_success 'the disk is full, or it is killed: a few moments' '
	git init -q few && cp -r repo/live repo/lib repo/k8s repo/.gitignore few &&
	(cd few && watched -q snapshot && look) &&
	for mode in full kill tear
	do
		n=1 total=1 && while test $n -le $total
		do
			rm -rf bad && cp -a few bad && (
				cd bad && echo "password: $(plant fault)" >fault.yaml &&
				echo "X=$(plant fault2)" >>.env && block .env &&
				: >"$TRASH_DIRECTORY/fault.log" &&
				faulty $mode:$n git-vault snapshot \
					>"$canary/said/fault.out" 2>"$canary/said/fault.err"
				look && git vault -q snapshot >$out/id && look
			) || return 1
			test $n != 1 || {
				rm -rf bad && cp -a few bad &&
				: >fault.log && (
					cd bad && echo "X=1" >>.env &&
					faulty count:0 git-vault -q snapshot
				) && total=$(fault_calls)
			} || return 1
			test_tally 1 "calls struck: $mode" &&
			n=$((n + 1 + total / strikes)) || return 1
		done
	done
'

test_done
