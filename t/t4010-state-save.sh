#!/bin/sh

test_description='versions of states: kept sealed, compared without a key, given back byte for byte'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"

secret='canary-51ee0b9d27c4a6f8'

# state SERIAL TEXT [LINEAGE]: a small one of Terraform, whose password is TEXT
state () {
	cat <<-EOF
	{
	  "version": 4,
	  "terraform_version": "1.9.5",
	  "serial": $1,
	  "lineage": "${3:-3f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11}",
	  "outputs": {
	    "url": {
	      "value": "https://db.example.com",
	      "type": "string"
	    }
	  },
	  "resources": [
	    {
	      "module": "module.net[\"eu\"]",
	      "mode": "managed",
	      "type": "aws_vpc",
	      "name": "main",
	      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
	      "instances": [
	        {
	          "index_key": 0,
	          "schema_version": 1,
	          "attributes": {
	            "id": "vpc-1",
	            "tags": {}
	          },
	          "sensitive_attributes": []
	        }
	      ]
	    },
	    {
	      "mode": "managed",
	      "type": "aws_db_instance",
	      "name": "db",
	      "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
	      "instances": [
	        {
	          "schema_version": 1,
	          "attributes": {
	            "id": "db-1",
	            "password": "$2",
	            "size": 20
	          },
	          "sensitive_attributes": [],
	          "dependencies": [
	            "module.net.aws_vpc.main"
	          ]
	        }
	      ]
	    }
	  ],
	  "check_results": null
	}
	EOF
}

# nowhere TEXT: in no object, nor in what is beside them
nowhere () {
	git cat-file --batch-all-objects --batch --buffer >all &&
		test_grep ! -a -F "$1" all && rm all &&
		test_grep ! -r -a -F "$1" .git
}

save () {
	git vault state save --new --env prod "$@"
}

refs () {
	git for-each-ref --format="%(refname) %(objectname)" "$@"
}

test_expect_success 'a state is saved, and tied to the commit' '
	echo "*.tfstate" >.gitignore && git add .gitignore &&
	git commit -q -m first && first=$(git rev-parse HEAD) &&
	state 1 $secret >a.tfstate && save a.tfstate >id 2>err &&
	test_grep "saved prod/default: 3 resources in" err &&
	one=$(cat id) &&
	test "$(git rev-parse refs/vault/state/prod/default)" = $one &&
	git cat-file commit $one >commit &&
	test_grep "^Vault-Serial: 1$" commit &&
	test_grep "^Vault-Commit: $first$" commit &&
	test_grep "^parent $first$" commit &&
	nowhere $secret && git fsck --strict --no-progress
'

test_expect_success 'and given back byte for byte' '
	git vault state restore --to back &&
	cmp a.tfstate back && test "$(stat -c %a back)" = 600 &&
	git vault state restore >out && cmp a.tfstate out &&
	test_expect_code 128 git vault state restore --to back 2>err &&
	test_grep "back is there already" err && rm back out &&
	git cat-file commit refs/vault/audit/$(hostname) >event &&
	test_grep "^Vault-Event: state-restore" event
'

test_expect_success 'a chain that cannot be written keeps nobody from it; a damaged one does' '
	chain=refs/vault/audit/$(hostname) && tip=$(git rev-parse $chain) &&
	mkdir -p .git/${chain%/*} && >.git/$chain.lock &&
	git vault state restore --to back --reason outage 2>err &&
	rm .git/$chain.lock && cmp a.tfstate back && rm back &&
	test_grep "warning: the state is opened, but the event waits in" err &&
	test_cmp_rev $tip $chain &&
	git vault state restore >out 2>err && cmp a.tfstate out &&
	test_must_be_empty err && test_dir_is_empty .git/vault/audit-queue &&
	test_cmp_rev $tip $chain~2 &&
	git vault audit list -n 2 >told && test_grep "state-restore.*outage" told &&
	tip=$(git rev-parse $chain) &&
	git update-ref $chain "$(git cat-file commit $tip |
		sed "s/^Vault-Event: .*/Vault-Event: other/" |
		git hash-object -t commit -w --stdin)" &&
	test_expect_code 128 git vault state restore >out 2>err &&
	git update-ref $chain $tip && test_must_be_empty out &&
	test_grep "the audit chain .* cannot tell of it" err
'

test_expect_success 'git, age and gzip alone give it back' '
	git ls-tree -r --format="%(objectname)" $one:parts >parts &&
	while read -r part
	do
		git cat-file blob $part |
			age -d -i "$HOME/.config/git-vault/identity" |
			gzip -dcf || return 1
	done <parts >out && cmp a.tfstate out &&
	git cat-file blob $one:sum |
		age -d -i "$HOME/.config/git-vault/identity" |
		gzip -dcf >sum &&
	test "$(cut -d " " -f 1 sum)" = "$(sha256sum <out | cut -d " " -f 1)"
'

test_expect_success 'what is as it was makes no version' '
	refs >before && save a.tfstate >id 2>err && test "$(cat id)" = $one &&
	test_grep "is as the last version has it" err &&
	save --json a.tfstate >out && test_grep "\"created\": *false" out &&
	refs >after && test_cmp before after
'

test_expect_success 'the next one shares what did not change' '
	git commit -q --allow-empty -m second && second=$(git rev-parse HEAD) &&
	state 2 $secret-two >a.tfstate && two=$(save a.tfstate) &&
	test "$(git rev-parse $two^1)" = $one &&
	test "$(git rev-parse $two^2)" = $second &&
	git vault state restore --to back && cmp a.tfstate back && rm back &&
	git vault state restore latest~1 >out && state 1 $secret >was &&
	cmp was out && git vault state restore serial:1 >out && cmp was out &&
	git vault state restore $(echo $one | cut -c1-8) >out && cmp was out &&
	nowhere $secret
'

test_expect_success 'stdin, another environment and stack' '
	state 7 $secret other-lineage |
		git vault state save --new --env dev --stack net --commit $first - &&
	state 7 $secret other-lineage >was &&
	git vault state restore --env dev >out && cmp was out &&
	test_expect_code 129 git vault state restore 2>err &&
	test_grep "several states" err &&
	git vault state list >out && test_line_count -eq 3 out &&
	test_grep "^dev *net *terraform *7 *3 " out &&
	test_grep "^prod *default *terraform *2 *3 " out &&
	git vault state list --json >out &&
	test_grep "\"lineage\": *\"other-lineage\"" out
'

test_expect_success 'the name of stdin tells no environment' '
	git for-each-ref refs/vault/state >before &&
	state 8 $secret other-lineage >was &&
	test_expect_code 129 git vault state save /dev/stdin <was 2>err &&
	test_grep "the environment of /dev/stdin is not clear" err &&
	git for-each-ref refs/vault/state >after && test_cmp before after
'

test_expect_success 'the log tells all versions' '
	git vault state log --env prod >out && test_line_count -eq 3 out &&
	sed 1d out >rows &&
	test_grep "^$(echo $two | cut -c1-12) *2 *$(echo $second | cut -c1-12)" \
		rows &&
	git vault state log --env prod -n 1 >out && test_line_count -eq 2 out &&
	git vault state log --env prod --json >out &&
	test_grep "\"serial\": *1," out
'

test_expect_success 'what differs is told without a key, and no value' '
	mv "$HOME/.config/git-vault/identity" kept.key &&
	test_when_finished "mv kept.key $HOME/.config/git-vault/identity" &&
	test_expect_code 1 git vault state diff --env prod >out &&
	cat >expect <<-\EOF &&
	~   aws_db_instance.db
	      ~ password
	EOF
	test_cmp expect out &&
	test_expect_code 1 git vault state diff --env prod --stat >out &&
	echo "0 added, 0 removed, 1 changed, 0 replaced" >expect &&
	test_cmp expect out && git vault state list && git vault state log --env prod &&
	git vault state show --env prod >out &&
	test_grep "module.net\[\"eu\"\].aws_vpc.main\[0\] " out &&
	test_grep ! "$secret" out &&
	git vault state show --env prod --json >out &&
	test_grep "\"provider\": *\"provider\[.\"registry.terraform.io" out &&
	test_expect_code 5 git vault state restore --env prod --to none 2>err &&
	test_path_is_missing none && test_grep "version $(echo $two |
		cut -c1-12) of prod/default" err
'

test_expect_success 'what came, went and was replaced' '
	state 3 $secret-two >a.tfstate && save a.tfstate &&
	sed -e "s/\"serial\": 3/\"serial\": 4/; s/vpc-1/vpc-2/" \
		-e "s/\"name\": \"db\"/\"name\": \"base\"/" a.tfstate >b.tfstate &&
	save b.tfstate &&
	test_expect_code 1 git vault state diff --env prod >out &&
	cat >expect <<-\EOF &&
	moved aws_db_instance.db -> aws_db_instance.base
	-/+ module.net["eu"].aws_vpc.main[0]
	      ~ id
	EOF
	test_cmp expect out &&
	git vault state diff --env prod latest latest >out &&
	test_must_be_empty out &&
	sed -e "s/\"serial\": 4/\"serial\": 5/" \
		-e "s|hashicorp/aws|opentofu/aws|" b.tfstate >c.tfstate &&
	save c.tfstate && test_expect_code 1 git vault state diff --env prod >out &&
	test_write_lines "~   aws_db_instance.base" "      ~ (provider)" \
		"~   module.net[\"eu\"].aws_vpc.main[0]" "      ~ (provider)" \
		>expect &&
	test_cmp expect out && save --force --reason undo b.tfstate
'

test_expect_success 'the state of a commit is found, of it or of an ancestor' '
	git vault state at --env prod $first >out 2>err &&
	test "$(cat out)" = $one && test_grep "that very commit" err &&
	git commit -q --allow-empty -m third &&
	git vault state at --env prod HEAD >out 2>err &&
	test "$(cat out)" = "$(git rev-parse refs/vault/state/prod/default)" &&
	test_grep "nearest ancestor" err &&
	branch=$(git branch --show-current) &&
	git checkout -q --orphan lone && git commit -q --allow-empty -m lone &&
	test_expect_code 128 git vault state at --env prod HEAD 2>err &&
	test_grep "nor an ancestor of it has a version of prod/default; " err &&
	git checkout -q $branch
'

test_expect_success 'what is not there is told, and what to do' '
	test_expect_code 128 git vault state show --env prod latest~9 2>err &&
	test_grep "prod/default has no version latest~9; to list its versions: git vault state log" err &&
	test_expect_code 129 git vault state show --env prod last 2>err &&
	test_grep "names no version: say latest, latest~N" err &&
	test_expect_code 128 git vault state log --env none 2>err &&
	test_grep "no state none/default is saved yet; to list saved states: git vault state list" err &&
	test_expect_code 128 git vault state show --stack none 2>err &&
	test_grep "no state with the stack none is saved yet" err &&
	test_expect_code 128 git vault state at --env prod none 2>err &&
	test_grep "git has no commit .none.; fetch it" err &&
	test_expect_code 128 git vault state blame --env prod a.b 2>err &&
	test_grep "the newest version of prod/default has no resource" err &&
	for verb in show log diff restore
	do
		test_expect_code 129 git vault state $verb --json >out 2>err &&
		test_grep "there are several states" out && test_must_be_empty err ||
			return 1
	done
'

test_expect_success 'an older serial, other content of one and another lineage are refused' '
	refs >before &&
	test_expect_code 128 save was 2>err && test_grep "its lineage is" err &&
	state 1 $secret >old && test_expect_code 128 save old 2>err &&
	test_grep "its serial is 1, but the last version has 4" err &&
	state 4 $secret-four >same && test_expect_code 128 save same 2>err &&
	test_grep "serial 4 is already used by the last version" err &&
	refs >after && test_cmp before after &&
	test_expect_code 129 save --force same 2>err &&
	test_grep "say why with --reason" err &&
	save --force --reason "rolled back" same &&
	git cat-file commit refs/vault/state/prod/default >commit &&
	test_grep "^Vault-Forced: .*already used by the last.*(rolled back)" commit
'

test_expect_success 'one that is to be pushed has a serial above all' '
	git vault state restore --env prod --push-ready serial:1 >out 2>err &&
	test_grep "raised the serial to 5" err &&
	state 5 $secret >expect && cmp expect out &&
	echo "no json" | save --stack plain - &&
	test_expect_code 128 git vault state restore --env prod --stack plain \
		--push-ready --to none 2>err &&
	test_path_is_missing none
'

test_expect_success 'what is no state, or not whole, is kept all the same' '
	state 9 $secret | head -c 700 >cut && save --stack cut cut 2>err &&
	test_grep "it is not an intact state" err &&
	git vault state restore --env prod --stack cut >out && cmp cut out &&
	git vault state list --stack plain --json >out &&
	test_grep "\"tool\": *\"opaque\", *\"format\": *null" out &&
	: >empty && save --stack empty empty &&
	git vault state restore --env prod --stack empty >out &&
	test_must_be_empty out &&
	head -c 3000000 /dev/urandom >random && save --stack random random &&
	git vault state restore --env prod --stack random >out &&
	cmp random out && git fsck --strict --no-progress
'

test_expect_success 'a name that no state has is refused with the nearest one' '
	test_expect_code 128 git vault state list --env prodd 2>err >out &&
	test_grep "did you mean --env prod?" err && test_must_be_empty out &&
	test_expect_code 128 git vault state list --stack empt 2>err &&
	test_grep "no state with the stack empt is saved yet; did you mean --stack empty?" err &&
	test_expect_code 128 git vault state list --env prod --stack empt --json >out &&
	test_grep "did you mean --env prod --stack empty?" out &&
	test_expect_code 129 git vault state list --env a/b 2>err &&
	for verb in log show diff restore verify "at HEAD"
	do
		test_expect_code 128 git vault state $verb --env prodd 2>err >out &&
		test_grep "did you mean --env prod" err && test_must_be_empty out || return 1
	done
'

test_expect_success 'names that git would not take are refused' '
	for name in a/b .a a..b "a b" a.lock -- -x "a:b"
	do
		test_expect_code 129 git vault state save --new --env prod \
			--stack="$name" same 2>err || return 1
	done && test_expect_code 129 git vault state save same 2>err &&
	test_grep "give --env ENV" err &&
	mkdir -p live/prod && cp same live/prod/x.tfstate &&
	(cd live && git vault state save prod/x.tfstate) >out &&
	test "$(cat out)" = "$(git rev-parse refs/vault/state/prod/live.prod.x_2etfstate)" &&
	git update-ref -d refs/vault/state/prod/live.prod.x_2etfstate
'

# forge STACK COMMAND…: that of the version of "random" whose parts the command
# has changed in an index
forge () {
	stack_=$1 from_=refs/vault/state/prod/random
	shift
	GIT_INDEX_FILE=$PWD/.git/forged && export GIT_INDEX_FILE &&
		git read-tree "$from_^{tree}" && "$@" &&
		tree_=$(git write-tree) && unset GIT_INDEX_FILE &&
		git cat-file commit $from_ |
		sed "s/^tree .*/tree $tree_/; s/^Vault-Stack: .*/Vault-Stack: $stack_/" |
			bound | git hash-object -t commit -w --stdin >forged &&
		git update-ref "refs/vault/state/prod/$stack_" "$(cat forged)"
}

# exchange A B: their objects
exchange () {
	a_=$(git rev-parse ":$1") b_=$(git rev-parse ":$2") &&
		git update-index --cacheinfo "100644,$b_,$1" \
			--cacheinfo "100644,$a_,$2"
}

# spoil PATH: some bytes of it are others
spoil () {
	git cat-file blob ":$1" >spoilt && size_=$(wc -c <spoilt) &&
		printf spoilt | dd of=spoilt bs=1 seek=$((size_ / 2)) \
			conv=notrunc 2>/dev/null &&
		git update-index --cacheinfo \
			"100644,$(git hash-object -w spoilt),$1"
}

# refused STACK WORDS: a restore of it
refused () {
	test_expect_code 128 git vault state restore --env prod --stack "$1" \
		--to none 2>err &&
		test_grep "version .* of prod/$1: .*$2" err &&
		test_path_is_missing none
}

test_expect_success 'nor is what looks like a secret the name of a state' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	state 1 one >named && git for-each-ref >expect &&
	for of in "--env prod --stack $token" "--env $token"
	do
		test_expect_code 128 git vault state save --new $of named 2>err &&
		test_grep "the name of an* [a-z]* has a possible secret (github-pat" \
			err && test_grep ! "$token" err || return 1
	done &&
	git for-each-ref >actual && test_cmp expect actual &&
	git update-ref refs/vault/state/prod/$token refs/vault/state/prod/default &&
	test_when_finished "git update-ref -d refs/vault/state/prod/$token" &&
	test_expect_code 128 git vault state save --new --env prod --stack $token named 2>err &&
	test_grep ! "looks like a secret" err
'

test_expect_success 'parts in another order, spoilt or missing are told' '
	git ls-tree -r --name-only refs/vault/state/prod/random:parts >names &&
	a=$(sed -n 1p names) b=$(sed -n 2p names) z=$(tail -n 1 names) &&
	forge exchanged exchange parts/$a parts/$b &&
	refused exchanged "part 1 of" &&
	forge spoilt spoil parts/$b && refused spoilt "part 2 of" &&
	forge less git rm -q --cached parts/$z &&
	refused less "and an index of" &&
	forge short git rm -q --cached parts/$z index/$z &&
	refused short "its digest does not match its parts" &&
	forge sumless git rm -q -f --cached sum && refused sumless "it has no sum" &&
	forge leafless spoil index/$a &&
	test_expect_code 128 git vault state restore --env prod \
		--stack leafless --to none &&
	rm spoilt forged && git for-each-ref --format="delete %(refname)" \
		refs/vault/state/prod/[!dcerp]* refs/vault/state/prod/exchanged |
		git update-ref --stdin
'

test_expect_success 'snapshots, prune, fold, verify and doctor live with it' '
	git vault -q snapshot && git vault fold && git vault prune --yes &&
	git gc -q --prune=now && git vault verify --all &&
	test_might_fail git vault doctor &&
	git vault state restore --env prod --stack default >out && cmp same out
'

test_expect_success 'another clone has it by its refs' '
	git clone -q --mirror . ../mirror.git &&
	git --git-dir=../mirror.git vault state restore --env prod \
		--stack default >out &&
	cmp same out
'

test_done
