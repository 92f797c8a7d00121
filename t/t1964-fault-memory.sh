#!/bin/sh
# shellcheck disable=SC2154

test_description='commands that get no memory

Each place of the program that asks for memory is a place where it may get none
(t/fault/starve.c). The command then ends with a sentence, or goes on without what it
wanted the memory for; nothing leaks, the repository is sound, and the command works the
next time.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
where="--env prod --stack terraform.live.prod"
fault_at_most 3

# Its status without a fault may be 1 as well: a finding.
check_status () {
	case $fault_status in
	0) ;;
	128 | 3) check_sentence err ;;
	*) false ;;
	esac || {
		echo "$words: status $fault_status"
		cat err
		return 1
	}
}

# Figures are times as well.
check_same () {
	check_status && {
		test $fault_status != 0 || test -s err ||
			sed "s/[0-9][0-9]*/N/g" said | test_cmp sound -
	}
}

# look WORD…: at each of its places
look () {
	words=$*
	for_each_fault memory "
		git-vault -C \"\$base\" $words >said 2>err </dev/null
		code=\$?
		test \$code = 1 || return \$code" "${check:-check_status}"
}

# show WORD…: what it prints is right, too, or it says what is not
show () {
	git-vault -C "$base" "$@" 2>err </dev/null | sed "s/[0-9][0-9]*/N/g" >sound
	check=check_same look "$@"
}

check_write () {
	check_status &&
		git -C "$repo" fsck --no-dangling >fsck 2>&1 &&
		git-vault -C "$repo" -q verify >said 2>err &&
		git-vault -C "$repo" -q snapshot >said 2>err || {
		echo "$words: status $fault_status"
		cat fsck err
		return 1
	}
}

# write WORD…: on a fresh copy each time
write () {
	words=$*
	for_each_fault memory "
		rm -rf \"\$repo\" && cp -R \"\$base\" \"\$repo\" &&
		git-vault -C \"\$repo\" $words >said 2>err </dev/null" check_write
}

test_expect_success 'set up: the sample with two snapshots, a record and a second state' '
	cp -R "$GIT_VAULT_SRC_DIR/contrib/sample" base && chmod -R u+w base && (
		cd base && git init -q && sh make-ignored . && git add -A && test_tick &&
		git commit -q -m sample && git vault -q init && git vault -q snapshot -m first &&
		sed "s/\"serial\": *\([0-9]*\)/\"serial\": 1\1/" terraform/live/prod/terraform.tfstate >../state &&
		cp ../state terraform/live/prod/terraform.tfstate && echo "# more" >>config/prod.yaml &&
		test_tick && git commit -q -a -m second && git vault -q good mark prod &&
		git vault -q snapshot -m second && git vault -q policy accept --yes
	) && echo "TOKEN=quite-a-secret-4711" >imported
'

test_expect_success 'what looks at snapshots and files' '
	show list -v && show status && show show latest && show log config/prod.yaml &&
	show cat latest .env && show verify --deep && show scan . && look ls -R latest &&
	show diff -p latest~1 latest && look stats && look doctor && look health && look metrics
'

test_expect_success 'what looks at states' '
	show state list && look state log $where && look state show $where &&
	look state diff -p $where && look state verify $where &&
	look state blame $where module.database.aws_db_instance.booking
'

test_expect_success 'what looks at secrets, records and the policy' '
	look secret list --reuse && look key list && look audit list && look audit verify &&
	look good list && look good show prod && look good verify prod && show policy show &&
	look env --status && look rollback -n prod
'

test_expect_success 'what looks at environments and their configuration' '
	look check && look graph && look drift staging prod && look config validate --all &&
	look config render --env prod --provider aws &&
	look config explain --env prod --provider aws database.pool.max &&
	look config diff staging prod --provider aws
'

test_expect_success 'what writes' '
	write snapshot --force && write restore latest --to out &&
	write restore latest~1 --in-place --yes && write state save --force --reason test $where ../state &&
	write secret import --scope prod ../imported && write good mark staging &&
	write tag latest one && write prune --keep-last 1 && write fold
'

test_done
