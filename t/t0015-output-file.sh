#!/bin/sh
# shellcheck disable=SC2154 # the harness, or a test that is quoted, sets them

test_description='a FILE that is named for output: what may be there, what becomes of it'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool

# What is written to FILE, and whether a file that is there is replaced.
outputs="archive export export_force baseline state show bundle escrow"

write_to () {
	case $1 in
	archive) git vault archive -o "$2" latest ;;
	export) git vault export "$2" ;;
	export_force) git vault export --force "$2" ;;
	baseline) git vault scan --write-baseline "$2" a.txt ;;
	state) git vault state restore --env dev --stack net --to "$2" ;;
	show) git vault secret show --reveal --output "$2" $id ;;
	bundle) git vault secret export --scope prod --output "$2" $id ;;
	escrow)
		git vault key escrow --passphrase-file phrase -o "$2"
		status_=$?
		git vault key remove escrow >/dev/null 2>&1
		return $status_ ;;
	esac 2>err >out
}

replaces () {
	case $1 in archive | export_force | baseline) return 0 ;; esac
	return 1
}

# each BODY: run it for each output, $name, beside an empty folder at/
each () {
	for name in $outputs
	do
		chmod -R u+w at 2>/dev/null
		rm -rf at && mkdir at &&
		eval "$1" || { echo "this was $name: $(cat err)"; return 1; }
	done
}

# only NAME…: nothing else is in the folder, under any name
only () {
	printf "%s\n" "$@" | sort >expect && ls -A at >actual && test_cmp expect actual
}

test_expect_success 'there is something to write' '
	echo one >a.txt && git add a.txt && git commit -q -m one &&
	cat >terraform.tfstate <<-\EOF &&
	{"version":4,"terraform_version":"1.6.0","serial":1,"lineage":"3f1c",
	"outputs":{"o":{"value":"x","type":"string"}},"resources":[]}
	EOF
	git vault snapshot -q &&
	git vault state save --env dev --stack net --new terraform.tfstate &&
	echo a secret value >value && id=$("$tool" put prod value) && id=${id%% *} &&
	echo correct horse battery >phrase
'

test_expect_success 'a new file is complete, and nothing is beside it' '
	each "write_to \$name at/file && test -s at/file && only file"
'

test_expect_success 'a file is replaced, or left as it is' '
	each "echo old >at/file && echo old >old &&
		if replaces \$name
		then
			write_to \$name at/file && ! cmp -s at/file old
		else
			test_expect_code 128 write_to \$name at/file &&
			test_grep \"at/file is there already\" err &&
			cmp at/file old
		fi && only file"
'

test_expect_success 'a link stays a link, wherever it leads' '
	each "echo old >at/real && echo old >old && ln -s real at/file &&
		if replaces \$name
		then
			write_to \$name at/file && ! cmp -s at/real old
		else
			test_expect_code 128 write_to \$name at/file &&
			test_grep \"at/file is there already\" err &&
			cmp at/real old
		fi && test -h at/file && only file real" &&
	each "ln -s real at/file &&
		if replaces \$name
		then
			write_to \$name at/file && test -s at/real && only file real
		else
			test_expect_code 128 write_to \$name at/file &&
			test_grep \"at/file is there already\" err && only file
		fi && test -h at/file"
'

test_expect_success 'a FIFO is written into, also through a link' '
	each "mkfifo at/pipe && ln -s pipe at/link && { cat at/pipe >got & } &&
		write_to \$name at/link && wait \$! && test -s got &&
		test -p at/pipe && test -h at/link && only link pipe"
'

test_expect_success 'a device is written into, and its failure is one of the command' '
	each "ln -s /dev/null at/file && write_to \$name at/file &&
		test -c /dev/null && test -h at/file && only file" &&
	each "ln -s /dev/full at/file &&
		test_expect_code 128 write_to \$name at/file &&
		test_grep \"cannot write at/file: No space left\" err &&
		test -h at/file && only file"
'

test_expect_success 'a directory is refused in one sentence' '
	each "mkdir at/file && test_expect_code 128 write_to \$name at/file &&
		test_grep \"at/file is \(a directory\|there already\)\" err &&
		test_line_count = 1 err && test -d at/file && only file"
'

test_expect_success 'so is a folder that is not there, or a file in place of it' '
	each "case \$name in escrow) continue ;; esac &&
		test_expect_code 128 write_to \$name at/none/file &&
		test_grep \"cannot .* at/none/file: No such file\" err &&
		test_line_count = 1 err && test_dir_is_empty at"
'

# as the superuser no mode keeps anybody out
test_expect_success SETPRIV 'a write-protected file or folder is left as it is' '
	test_when_finished "rm -rf shared" &&
	test_as_nobody git config --global --add safe.directory "$PWD" &&
	test_as_nobody git config --global --add safe.directory "$PWD/.git" &&
	mkdir shared && chown 65534:65534 shared && echo old >shared/file &&
	chmod 444 shared/file &&
	test_expect_code 128 test_as_nobody \
		git vault archive -o shared/file latest 2>err &&
	test_grep "cannot replace shared/file: Permission denied" err &&
	test_line_count = 1 err &&
	echo old | cmp - shared/file && chmod 666 shared/file &&
	test_as_nobody git vault archive -o shared/file latest &&
	test_grep ! "^old" shared/file &&
	chown 0:0 shared && echo old >shared/file &&
	test_expect_code 128 test_as_nobody \
		git vault archive -o shared/file latest 2>err &&
	test_grep "cannot create shared/file: Permission denied" err &&
	test_line_count = 1 err && echo old | cmp - shared/file &&
	ls shared >actual && echo file >expect && test_cmp expect actual
'

test_done
