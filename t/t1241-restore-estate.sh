#!/bin/sh

test_description='a repository as teams have them: kept, searched, restored by each

Secrets in 28 formats of files of three environments. No object of the vault has
one of them in clear; who has the key gets all of it back, who has that of one
environment gets that one, and who has none gets placeholders.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-estate.sh"

# all_bytes FILE: of every object of the repository, reachable or not
all_bytes () {
	git cat-file --batch --batch-all-objects --unordered >"$1"
}

# places DIR: files that have placeholders
places () {
	(cd "$1" && grep -r -l -a "GITVAULT\[[a-z0-9-]*:[0-9a-f]\{40\}\]" . |
		LC_ALL=C sort)
}

test_expect_success 'a snapshot of it is taken, and nothing of it committed' '
	: >$T/told && : >$T/values &&
	of dev && of staging && of prod &&
	test_write_lines .env "*.tfvars" >.gitignore &&
	git add .gitignore && git commit -q -m first &&
	git vault snapshot >$T/id 2>$T/err &&
	test_line_count = 84 $T/told && test_line_count = 84 $T/values &&
	test_grep "secrets are encrypted, " $T/err
'

test_expect_success 'no object has one of the values' '
	all_bytes $T/objects &&
	test_must_fail grep -a -o -F -f $T/values $T/objects &&
	test_must_fail grep -r -a -o -F -f $T/values .git/vault
'

# What also stands in a file that is not ignored is no secret of these.
test_expect_success 'nor has one 12 bytes in a row of a file that git ignores' '
	git ls-files -o -i --exclude-standard >$T/ignored &&
	test_line_count -ge 6 $T/ignored &&
	git ls-files -z -c -o --exclude-standard | xargs -0 cat >$T/others &&
	while read -r path
	do
		perl -e "
			local \$/; open my \$f, q(<), \$ARGV[0] or die;
			open my \$g, q(<), \$ARGV[1] or die;
			open my \$h, q(<), \$ARGV[2] or die;
			my (\$o, \$v, \$t) = (scalar <\$f>, scalar <\$g>,
				scalar <\$h>);
			for my \$i (0 .. length(\$v) - 12) {
				my \$w = substr \$v, \$i, 12;
				die qq(\$ARGV[1] at \$i\n)
				    if index(\$o, \$w) >= 0 && index(\$t, \$w) < 0;
			}" $T/objects "$path" $T/others || return 1
	done <$T/ignored
'

test_expect_success 'with the key all of it comes back' '
	git vault restore latest --to ../owner 2>$T/err &&
	diff -r -x .git . ../owner && test_grep ! -i sealed $T/err
'

test_expect_success 'without one placeholders, and exit status 5' '
	HOME=$TMPDIR/nobody && export HOME && mkdir -p $HOME &&
	test_expect_code 5 env -u XDG_CONFIG_HOME git vault restore latest \
		--to ../nobody 2>$T/err &&
	test_must_fail grep -r -a -o -F -f $T/values ../nobody &&
	places ../nobody >$T/places && test_line_count = 84 $T/places &&
	test_grep "84 files are incomplete" $T/err &&
	test_grep "28 of dev, 28 of prod, 28 of staging" $T/err
'

HOME=${TMPDIR%/tmp}/home

test_expect_success 'who reads dev alone gets dev, and hears of the rest' '
	git vault key generate -o $T/dev.key >$T/dev.pub 2>/dev/null &&
	git vault key add --name dev --role reader --scope dev \
		$(grep ^age1 $T/dev.pub) >$T/out 2>$T/err &&
	test_expect_code 5 env GIT_VAULT_IDENTITY=$T/dev.key \
		git vault restore latest --to ../dev 2>$T/err &&
	diff -r live/dev ../dev/live/dev &&
	places ../dev >$T/places && test_line_count = 56 $T/places &&
	! grep "^./live/dev" $T/places &&
	test_grep "56 files are incomplete" $T/err &&
	test_grep ! "scope dev" $T/err
'

test_expect_success 'and verifies what he can' '
	GIT_VAULT_IDENTITY=$T/dev.key git vault verify --deep >$T/out 2>$T/err &&
	test_grep "verified, all intact" $T/out &&
	test_grep "values of scope prod were not opened" $T/err &&
	test_grep ! "scope dev" $T/err
'

test_expect_success 'in place nothing of his is lost' '
	cp -R live ../live.before &&
	rm live/dev/.env && echo "X=1" >>live/prod/.env &&
	test_expect_code 5 env GIT_VAULT_IDENTITY=$T/dev.key \
		git vault restore latest~0 --in-place live/dev live/prod \
		>$T/out 2>$T/err &&
	cmp live/dev/.env ../live.before/dev/.env &&
	test_grep "^X=1" live/prod/.env &&
	test_grep "live/prod/.env is left as it is" $T/err
'

test_done
