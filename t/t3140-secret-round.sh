#!/bin/sh

test_description='secrets over real snapshots: found, rotated, purged, restored'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
old=Zk3vQ9xLr7WbT2mY
new=Hn8cP4sJd6FgK1uE

id_at () {
	git vault secret list | awk -v path="$1" '$NF == path { print $1 }'
}

# same DIR: the files of the working tree are those of DIR
same () {
	diff -r -x .git . "$1"
}

test_expect_success 'what a snapshot takes out is listed' '
	printf "/.env\n" >.gitignore &&
	mkdir -p envs/prod envs/dev &&
	printf "db_password = \"%s\"\n" $old >envs/prod/terraform.tfvars &&
	printf "password: \"%s\"\nuser: app\n" $old >envs/dev/values.yaml &&
	printf "TOKEN=%s\n" env-file-token-7 >.env &&
	git add .gitignore envs && git commit -q -m one &&
	git vault snapshot -q 2>err &&
	git vault secret list >actual &&
	test_line_count -eq 4 actual &&
	test_grep "ok  *prod .* now  *envs/prod/terraform.tfvars" actual &&
	test_grep "ok  *dev .* now  *envs/dev/values.yaml" actual &&
	test_grep "ok  *shared  *file .* now  *.env" actual &&
	! grep -e $old -e env-file-token actual
'

test_expect_success 'the prod credential in dev is told' '
	git vault secret list --reuse >actual &&
	test_grep "^reused (verified): dev [0-9a-f]* prod [0-9a-f]*$" actual
'

test_expect_success 'and so are those that the history has in clear' '
	git vault secret list --exposed >actual &&
	test_grep "^exposed [0-9a-f]*: commit $(git rev-parse --short=12 \
		HEAD), envs/dev/values.yaml; rotate it$" actual &&
	grep -c ^exposed actual >count &&
	echo 2 >expect &&
	test_cmp expect count &&
	! grep "exposed $(id_at .env)" actual &&
	! grep $old actual &&
	git vault --json secret list --exposed >actual &&
	test_grep "\"exposed\":\[{\"id\":" actual &&
	rm expect count
'

test_expect_success 'values are exported by the keys of their files' '
	git vault secret export --scope prod >out &&
	test_grep "^db_password=.$old.$" out &&
	git vault secret export --format k8s >out &&
	test_grep "^  password: $(printf %s $old | base64)$" out &&
	test_grep "^  .env: $(printf "TOKEN=env-file-token-7\n" | base64)$" out
'

test_expect_success 'rotate patches the file, and the next snapshot has it' '
	id=$(id_at envs/prod/terraform.tfvars) &&
	printf "%s\n" $new | git vault secret rotate --patch \
		--reason "quarterly" $id >actual &&
	test_grep "^patched envs/prod/terraform.tfvars$" actual &&
	printf "db_password = \"%s\"\n" $new >expect &&
	test_cmp expect envs/prod/terraform.tfvars &&
	rm expect &&
	git vault snapshot -q &&
	next=$(id_at envs/prod/terraform.tfvars | head -n 2 | grep -v $id) &&
	git vault secret list >actual &&
	test_grep "^$id  *rotated" actual &&
	test_grep "^$next  *ok .* now " actual &&
	git vault secret history $next >actual &&
	test_grep "^$id  *rotated .* quarterly$" actual &&
	test_grep "^$next  *ok " actual
'

test_expect_success 'both snapshots come back as they were' '
	rm -f actual out err &&
	git vault snapshot -q &&
	git vault restore latest --to "$T/second" &&
	same "$T/second" &&
	git vault restore latest~2 --to "$T/first" &&
	test_grep $old "$T/first/envs/prod/terraform.tfvars"
'

test_expect_success 'a value that nobody took for one is purged afterwards' '
	printf "note: it is plain-looking-thing, twice: plain-looking-thing\n" \
		>notes.txt &&
	printf "plain-looking-thing\n" >"$T/value" &&
	git vault snapshot -q && id=$(git vault list -n 1 --json |
		sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	cp -R . "$T/was" &&
	git vault secret purge --stdin <"$T/value" >"$T/out" &&
	test_grep "^rewritten $id:notes.txt$" "$T/out" &&
	git show refs/vault/snapshots/$id:tree/notes.txt >"$T/out" &&
	test_grep "twice: GITVAULT.purged:[0-9a-f]*.$" "$T/out"
'

test_expect_success 'the rewritten snapshot is whole' '
	git vault verify --all &&
	git vault verify --deep $id
'

test_expect_success 'and gives the same bytes back' '
	git vault restore $id --to "$T/third" &&
	diff -r -x .git "$T/was" "$T/third"
'

test_expect_success 'without a key it has placeholders and nothing else' '
	mkdir "$T/nobody" &&
	test_expect_code 5 test_env HOME="$T/nobody" XDG_CONFIG_HOME= \
		git vault restore $id --to "$T/fourth" &&
	! grep -r -e plain-looking -e $new "$T/fourth"
'

test_expect_success 'the next snapshot goes on from it' '
	echo more >>notes.txt &&
	git vault snapshot -q &&
	git vault verify --all
'

test_expect_success 'a snapshot without a scan is purged of what it holds' '
	git vault secret purge --stdin <"$T/value" >"$T/out" &&
	printf "db_password = \"%s\"\n" another-secret-5X >envs/prod/more.tf &&
	git vault snapshot -q --no-scan &&
	printf another-secret-5X | git vault secret purge --stdin >"$T/out" &&
	test_grep "envs/prod/more.tf$" "$T/out" &&
	git vault verify --all &&
	git rev-list --objects --glob="refs/vault/*" | cut -d" " -f1 |
		git cat-file --batch >"$T/bytes" &&
	! grep -a -e another-secret "$T/bytes"
'

test_done
