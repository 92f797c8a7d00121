#!/bin/sh

test_description='git vault ls'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# What is printed goes there, so that it is in no snapshot.
T=$TMPDIR

test_expect_success 'set up' '
	mkdir -p env/prod env/dev empty/inner "a b" &&
	echo prod >env/prod/main.tf && echo dev >env/dev/main.tf &&
	echo s=1 >.env && echo s=2 >env/prod/.env && echo .env >.gitignore &&
	echo "{}" >env/prod/terraform.tfstate && ln -s main.tf env/prod/link &&
	echo run >tool && chmod 751 tool && mkfifo env/pipe &&
	touch -d "2001-02-03 04:05:06.123456789Z" tool env/dev &&
	git add . && test_tick && git commit -q -m first &&
	git init -q nested && test_commit -C nested inner &&
	one=$(git vault snapshot 2>$T/err)
'

test_expect_success 'the top directory of the newest snapshot' '
	cat >$T/expect <<-END &&
	.env  (ignored, saved: environment file)
	.gitignore
	a b/
	empty/
	env/
	nested  (repository at $(git -C nested rev-parse HEAD | cut -c1-10))
	tool
	END
	git vault ls >$T/actual && test_cmp $T/expect $T/actual &&
	git vault ls $one >$T/actual && test_cmp $T/expect $T/actual &&
	git vault ls latest: >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'a directory, from the top or from here' '
	cat >$T/expect <<-\END &&
	.env  (ignored, saved: environment file)
	link
	main.tf
	terraform.tfstate  (1 secret encrypted)
	END
	git vault ls $one:env/prod >$T/actual && test_cmp $T/expect $T/actual &&
	git vault ls $one:env/prod/ >$T/actual && test_cmp $T/expect $T/actual &&
	(
		cd env && git vault ls $one:env/prod >$T/actual &&
		test_cmp $T/expect $T/actual &&
		git vault ls $one:./prod >$T/actual
	) && test_cmp $T/expect $T/actual &&
	git vault ls $one:env >$T/actual &&
	test_write_lines dev/ "pipe  (not stored: fifo)" prod/ >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'all below, as find sees it' '
	find . -path ./.git -prune -o -path "./nested/*" -prune -o \
		-mindepth 1 -printf "%P\n" | sort >$T/expect &&
	git vault ls -R | sed "s/  (.*//; s,/\$,," | sort >$T/actual &&
	test_cmp $T/expect $T/actual &&
	git vault ls -R $one:empty >$T/actual && echo inner/ >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault ls $one:empty/inner >$T/actual && test_must_be_empty $T/actual &&
	git vault ls $one:env/pipe >$T/actual &&
	echo "pipe  (not stored: fifo)" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'what is listed is there for the others, too' '
	echo "directory $one:empty" >$T/expect && echo >>$T/expect &&
	git vault cat $one empty >$T/actual && test_cmp $T/expect $T/actual &&
	git vault show $one:empty >$T/actual && test_cmp $T/expect $T/actual &&
	test_expect_code 128 git vault cat $one env/pipe 2>$T/err &&
	test_grep "holds no .env/pipe., which was not stored: fifo" $T/err
'

test_expect_success 'modes, owners, sizes and times' '
	me="$(id -un):$(id -gn)" &&
	git vault ls -l $one:tool | tr -s " " >$T/actual &&
	test_write_lines "MODE OWNER SIZE MODIFIED NAME" \
		"-rwxr-x--x $me 4 bytes 2001-02-03T04:05:06Z tool" >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault ls -l $one:env | tr -s " " >$T/actual &&
	test_grep "^drwxr-xr-x $me - 2001-02-03T04:05:06Z dev/" $T/actual &&
	test_grep "^?--------- .* pipe not stored: fifo" $T/actual &&
	git vault ls -l $one:env/prod >$T/actual &&
	test_grep "^lrwxrwxrwx .* link  *-> main.tf" $T/actual &&
	test_grep "^-rw-r--r-- .* \\.env  *ignored, saved: environment" $T/actual &&
	git vault ls -l >$T/actual && test_grep "^g.* nested  *repository at" \
		$T/actual
'

test_expect_success 'a tracked file is not precious, a staged one neither' '
	git vault ls $one:env/prod >$T/actual &&
	test_grep "^terraform.tfstate  (1 secret encrypted)\$" $T/actual &&
	echo "{}" >new.tfstate && git vault snapshot 2>$T/err >$T/id &&
	git vault ls >$T/actual &&
	test_grep "^new.tfstate  (ignored, saved: " $T/actual &&
	git add new.tfstate && git vault snapshot 2>$T/err >$T/id &&
	git vault ls >$T/actual && test_grep "^new.tfstate  (1 secret encrypted)\$" $T/actual
'

test_expect_success JQ 'the JSON document' '
	git vault ls --json $one:env/prod >$T/out &&
	jq -r ".snapshot, .path" $T/out >$T/actual &&
	test_write_lines $one env/prod >$T/expect &&
	test_cmp $T/expect $T/actual &&
	jq -c ".entries[] | [.path, .type, .mode, .bytes, .target, .precious, .reason]" \
		$T/out >$T/actual &&
	cat >$T/expect <<-\END &&
	[".env","file","100644",null,null,"environment file",null]
	["link","link","120000",7,"main.tf",null,null]
	["main.tf","file","100644",5,null,null,null]
	["terraform.tfstate","file","100644",null,null,null,null]
	END
	test_cmp $T/expect $T/actual &&
	jq -r ".entries[2].object" $T/out >$T/actual &&
	git hash-object env/prod/main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault ls --json $one:tool >$T/out &&
	jq -c ".entries[] | [.mode, .mtime, .mtime_ns, .user, .xattrs]" \
		$T/out >$T/actual &&
	echo "[\"100751\",\"2001-02-03T04:05:06Z\",123456789,\"$(id -un)\",false]" \
		>$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault ls --json $one:env | jq -c ".entries[1] | [.type, .mode, .object, .reason]" \
		>$T/actual &&
	echo "[\"skipped\",null,null,\"fifo\"]" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'a repository that has no commit yet' '
	git init -q env/unborn && test_when_finished "rm -r env/unborn" &&
	id=$(git vault snapshot 2>$T/err) &&
	echo "unborn  (repository without a commit)" >$T/expect &&
	git vault ls $id:env | grep unborn >$T/actual && test_cmp $T/expect $T/actual &&
	git vault ls $id:env/unborn >$T/actual && test_cmp $T/expect $T/actual &&
	git vault ls -R | grep "^env/unborn  (rep" &&
	git vault ls -l $id:env >$T/actual &&
	test_grep "^g.* unborn  *repository without a commit$" $T/actual &&
	git vault ls --json $id:env >$T/out &&
	test_grep "\"unborn\",\"type\":\"repository\",\"mode\":\"160000\",\"object\":null," $T/out
'

test_expect_success 'names of any bytes' '
	odd=$(printf "tab\there\n\"\377") && mkdir "$odd" && echo x >"$odd/$odd" &&
	git vault snapshot >$T/id 2>$T/err && git vault ls >$T/actual &&
	test_grep "^\"tab\\\\there\\\\n\\\\\"\\\\377/\"\$" $T/actual &&
	git vault ls --json "latest:$odd" >$T/actual &&
	test_grep -a "path_base64.*$(printf "%s" "$odd" | base64)" $T/actual &&
	rm -r "$odd"
'

test_expect_success 'a sparse checkout is told' '
	git add -A . 2>/dev/null && git commit -q -m all &&
	test_when_finished "git sparse-checkout disable" &&
	git sparse-checkout set --no-cone "/*" "!/env/dev/" &&
	git vault snapshot >$T/id 2>$T/err &&
	git vault ls latest:env/dev >$T/actual &&
	echo "main.tf  (not checked out)" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'without a manifest there are names and modes still' '
	root=$(git ls-tree refs/vault/snapshots/$one | sed "s/[0-9a-f]\{40\}	meta\$/$(
		git mktree </dev/null)	meta/" | git mktree) &&
	new=20270101T000000Z-00000001 &&
	git update-ref refs/vault/snapshots/$new $(git cat-file commit \
		refs/vault/snapshots/$one | sed "s/^tree .*/tree $root/; s/$one/$new/" |
		git hash-object -t commit -w --stdin) &&
	git vault ls -l $new:env/prod >$T/actual &&
	test_grep "^-rw-r--r--  -  *5 bytes  -  *main.tf" $T/actual &&
	git update-ref -d refs/vault/snapshots/$new
'

test_expect_success 'what is not there is told' '
	test_expect_code 128 git vault ls $one:env/prd 2>$T/err &&
	test_grep "holds no .env/prd.; the nearest is .env/prod." $T/err &&
	test_expect_code 128 git vault ls nothing 2>$T/err &&
	test_expect_code 129 git vault ls $one env env 2>$T/err
'

test_done
