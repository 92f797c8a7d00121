#!/bin/sh
# shellcheck disable=SC2154

test_description='sync --only and --since: clones that have some of it alone'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# vault_of DIR: refs of ours, without those that all clones have
vault_of () {
	git -C "$top/$1" for-each-ref --format='%(refname:lstrip=2)' \
		refs/vault/snapshots refs/vault/state refs/vault/good \
		refs/vault/secrets
}

# save_env WHO ENV STACK SERIAL
save_env () {
	state_of "$4" one >"$top/$1/$3.tfstate" &&
		on "$1" git vault -q state save --new --env "$2" --stack "$3" \
			"$top/$1/$3.tfstate" >/dev/null
}

# clone_of WHO [OPTION…]: as clone, but by a server, so that nothing comes along
clone_of () {
	whose_=$1
	shift
	mkdir -p "$top/$whose_" && rm -rf "$top/$whose_/clone" &&
		cp "$HOME/.gitconfig" "$top/$whose_" &&
		git clone -q "$@" "file://$top/remote" "$top/$whose_/clone"
}

test_expect_success 'a vault of three environments, of which two begin alike' '
	start_team && as alice sh -c "
		printf \"secrets:\\n  scopes:\\n  - path: prod/*\\n    scope: prod\\n  - path: dev/*\\n    scope: dev\\n\" \
			>.gitvault.yaml &&
		mkdir -p prod dev && printf \"*/.env\\n\" >>.gitignore && git add . &&
		git commit -q -m scopes && git push -q origin HEAD" &&
	for env in prod dev prod-eu
	do
		test_tick && as alice sh -c "echo KEY=$env >prod/.env &&
			echo KEY=$env >dev/.env" &&
		take alice $env >$env.id && save_env alice $env net 1 &&
		on alice git vault -q good mark --approver Ann $env >out 2>err ||
			return 1
	done &&
	test_tick && take alice none >none.id && sync alice &&
	vault_of alice/clone >all && test_grep secrets/dev all &&
	test_grep secrets/prod all
'

test_expect_success 'a clone of one environment has what belongs to it, and nothing else' '
	join bob && clone_of carol && as carol git vault key generate >carol.pub &&
	on alice git vault key add --name carol "$top/carol.pub" >out && sync alice &&
	sync carol --only prod && vault_of carol/clone >actual &&
	test_write_lines good/prod/1 secrets/prod secrets/shared \
		"snapshots/$(cat prod.id)" state/prod/net >expect &&
	test_cmp expect actual &&
	as carol git for-each-ref --format="%(refname:lstrip=4)" \
		refs/vault-remote/origin/good refs/vault-remote/origin/state \
		refs/vault-remote/origin/secrets refs/vault-remote/origin/snapshots \
		>there && test_grep ! "dev\|prod-eu" there &&
	test_grep ! "$(cat none.id)" there &&
	dev=$(git -C remote rev-parse refs/vault/secrets/dev) &&
	test_must_fail as carol git cat-file -e $dev
'

test_expect_success 'it lists, restores and verifies what it has' '
	on carol git vault list >out && test_line_count -eq 2 out &&
	test_expect_code 5 on carol git vault restore good:prod --to out 2>err &&
	test_grep "1 secret is not decryptable here (1 of dev)" err &&
	test_grep ! "lost\|damaged" err &&
	test_grep KEY=prod carol/clone/out/prod/.env &&
	test_grep GITVAULT carol/clone/out/dev/.env && rm -r carol/clone/out &&
	for deep in "" --deep
	do
		on carol git vault verify --all $deep >out 2>&1 &&
		test_grep "verified, all intact" out && test_grep "secrets of scope dev were not checked" \
			out || return 1
	done &&
	test_expect_code 128 on carol git vault show "$(cat dev.id)" 2>err
'

test_expect_success 'what is not here is nothing to repair' '
	mkdir carol/clone/dev && echo KEY=dev >carol/clone/dev/.env &&
	for n in -n ""
	do
		on carol git vault repair $n >out 2>&1 &&
		test_grep "there is nothing to repair" out &&
		test_grep "scope dev were not checked" out || return 1
	done && on carol git vault repair --json >json &&
	test_grep "\"absent\":\[\"dev\"\]" json && rm -r carol/clone/dev && vault_of carol/clone >actual &&
	test_grep ! secrets/dev actual
'

test_expect_success 'what is lost of what was to be here is told as ever' '
	cp -a carol/clone carol/broken && (
		cd carol/broken && git update-ref -d refs/vault/secrets/prod &&
		git update-ref -d refs/vault-remote/origin/secrets/prod &&
		git config --unset vault.narrowed && git reflog expire --all \
			--expire=now && git gc -q --prune=now &&
		test_expect_code 1 git vault verify --all >out 2>&1 &&
		test_grep "damaged.*prod/.env: .*is not in this repository" out
	) && rm -rf carol/broken
'

test_expect_success 'doing it again moves nothing' '
	sync carol --only prod && sync carol --only prod &&
	test_must_be_empty carol/sync.out
'

test_expect_success 'what it has not is not deleted by it, not by a prune either' '
	test_tick && on carol git vault -q pin "$(cat prod.id)" >out &&
	take carol carols >carols.id && test_tick && take carol more >more.id &&
	git -C carol/clone ls-tree -r --name-only refs/vault/secrets/prod >values &&
	on carol git vault prune --keep-last 1 >out 2>err &&
	test_grep "not all snapshots are here" err &&
	git -C carol/clone ls-tree -r --name-only refs/vault/secrets/prod >after &&
	test_cmp values after && sync carol --only prod &&
	git -C remote ls-tree -r --name-only refs/vault/deleted >stones &&
	test_line_count -eq 1 stones && test_grep "$(cat carols.id)" stones &&
	for id in prod dev prod-eu none
	do
		git -C remote rev-parse "refs/vault/snapshots/$(cat $id.id)" ||
			return 1
	done && git -C remote rev-parse refs/vault/secrets/dev >actual &&
	echo $dev >expect && test_cmp expect actual
'

test_expect_success 'its own snapshots go when a record of the environment is of them' '
	test_must_fail git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$(cat more.id)" &&
	on carol git vault -q good mark --approver Cid prod >out 2>err &&
	sync carol --only prod &&
	test_grep "^pushed   snapshots/$(cat more.id)" carol/sync.out &&
	test_grep "^pushed   good/prod/2" carol/sync.out
'

test_expect_success 'what comes for it later comes, and what went there goes' '
	test_tick && take alice later >later.id && sync alice &&
	on alice git vault -q good mark --approver Ann prod >out 2>err &&
	save_env alice dev net 2 && sync alice && sync carol --only prod &&
	test_grep "^fetched  snapshots/$(cat later.id)" carol/sync.out &&
	test_grep ! dev carol/sync.out &&
	git -C remote update-ref -d refs/vault/state/prod/net &&
	sync carol --only prod && test_grep "^pushed   state/prod/net" carol/sync.out
'

test_expect_success 'several environments' '
	sync carol --only prod --only dev && vault_of carol/clone >actual &&
	test_grep state/dev/net actual && test_grep "$(cat dev.id)" actual &&
	test_grep ! prod-eu actual
'

test_expect_success 'a full sync completes it' '
	test "$(as carol git config vault.narrowed)" = origin &&
	sync carol && sync alice && sync bob && sync carol && is_same alice bob carol &&
	test_must_fail as carol git config vault.narrowed &&
	on carol git vault verify --all >out 2>&1 && test_grep ! "not here" out
'

test_expect_success 'a full sync of another remote does not' '
	git init -q --bare second && git init -q --bare se.ond && clone_of hal &&
	as hal git remote add second "$top/second" &&
	as hal git remote add se.ond "$top/se.ond" &&
	sync hal --only prod && sync hal --only prod second &&
	sync hal --only prod se.ond && sync hal --only prod second &&
	as hal git config --get-all vault.narrowed >actual &&
	test_write_lines origin second se.ond >expect && test_cmp expect actual &&
	sync hal se.ond && as hal git config --get-all vault.narrowed >actual &&
	test_write_lines origin second >expect && test_cmp expect actual &&
	sync hal second && as hal git config --get-all vault.narrowed >actual &&
	echo origin >expect && test_cmp expect actual &&
	vault_of hal/clone >actual && test_grep ! secrets/dev actual &&
	on hal git vault verify --all >out 2>&1 &&
	test_grep "secrets of scope dev were not checked" out &&
	sync hal && test_must_fail as hal git config vault.narrowed
'

test_expect_success '--since takes young snapshots, and all of the rest' '
	test_tick && take alice young >young.id && sync alice && clone dan &&
	on dan git vault key generate >dan.pub && on alice git vault key add \
		--name dan "$top/dan.pub" >out && sync alice &&
	since=$(sed "s/^\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z.*/\1-\2-\3 \4:\5:\6 +0000/" \
		young.id) &&
	sync dan --since "$since" && vault_of dan/clone >actual &&
	grep snapshots actual >expect && echo "snapshots/$(cat young.id)" >only &&
	test_cmp only expect && test_grep state/dev/net actual &&
	test_grep good/prod-eu/1 actual && sync dan && is_same alice dan
'

test_expect_success '--since takes a duration, and no time that is yet to come' '
	clone ria && sync ria --since 1s && vault_of ria/clone >actual &&
	grep snapshots actual >expect && test_cmp only expect &&
	sync ria --since 30d && vault_of ria/clone >actual &&
	grep snapshots actual >expect && test_line_count -gt 1 expect &&
	test_expect_code 128 sync ria --since "@$((test_tick + 1))" &&
	test_grep "is yet to come" ria/sync.err
'

test_expect_success 'both together' '
	clone eve && sync eve --only prod --since "$since" &&
	vault_of eve/clone >actual && test_grep ! snapshots actual &&
	test_grep good/prod/1 actual
'

test_expect_success 'with a remote that has a prefix' '
	git init -q --bare other && git clone -q --bare remote other2 &&
	as alice git remote add other "$top/other" &&
	as alice git config vault.other.prefix refs/heads/vault &&
	sync alice other && git -C other rev-parse refs/tags/vault/good/dev/1 &&
	clone fay && as fay git remote add other "$top/other" &&
	as fay git config vault.other.prefix refs/heads/vault &&
	sync fay --only dev other && vault_of fay/clone >actual &&
	test_write_lines good/dev/1 secrets/shared "snapshots/$(cat dev.id)" \
		state/dev/net >expect &&
	grep -v secrets/dev actual >rest && test_cmp expect rest
'

test_expect_success 'in shallow and partial clones of the code' '
	git -C remote config uploadpack.allowFilter true &&
	for how in --depth=1 --filter=blob:none
	do
		clone_of gus $how && sync gus --only prod && vault_of gus/clone >actual &&
		test_grep "$(cat later.id)" actual && test_grep ! "dev" actual &&
		as gus git vault verify --all >out 2>&1 &&
		sync gus && is_same gus || return 1
	done
'

# fetched WHO: what of the vault a plain fetch from the remote has brought beside
# its own
fetched () {
	as "$1" git for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault-remote/origin
}

# beside WHO KIND…: those of these kinds
beside () {
	who_beside=$1 && shift && fetched "$who_beside" >"$top/brought" &&
		for kind
		do
			grep "^$kind/" "$top/brought"
		done
}

test_expect_success 'init in such a clone has plain fetches bring as little' '
	clone_of ned && sync ned --only prod && on ned git vault init -q 2>err &&
	dev=$(git -C remote rev-parse refs/vault/secrets/dev) &&
	as ned git fetch -q && as ned git fetch -q --prune &&
	beside ned secrets good state >actual &&
	test_grep "^secrets/prod$" actual && test_grep "^secrets/shared$" actual &&
	test_grep "^state/prod/net$" actual && test_grep "^good/prod/1$" actual &&
	as ned git rev-parse -q --verify "refs/vault/snapshots/$(cat prod.id)" &&
	test_grep ! "dev\|prod-eu" actual &&
	test_grep ! "$(cat none.id)" actual &&
	test_must_fail as ned git cat-file -e $dev
'

test_expect_success 'what is new there comes by it, of that environment alone' '
	test_tick && save_env alice prod net 7 && save_env alice prod-eu net 7 &&
	save_env alice prod db 1 && as alice sh -c "echo KEY=new >dev/.env" &&
	take alice new >new.id && sync alice && as ned git fetch -q &&
	beside ned state secrets >actual && test_grep "^state/prod/db$" actual &&
	fetched ned >all && test_grep ! "dev\|prod-eu\|snapshots" all &&
	dev=$(git -C remote rev-parse refs/vault/secrets/dev) &&
	test_must_fail as ned git cat-file -e $dev &&
	as ned git rev-parse refs/vault-remote/origin/state/prod/net >actual &&
	git -C remote rev-parse refs/vault/state/prod/net >expect &&
	test_cmp expect actual
'

test_expect_success 'nor does init, asking for the keyring' '
	clone_of nia && as nia git config vault.narrowed origin &&
	as nia git config vault.origin.only prod && on nia git vault init -q 2>err &&
	beside nia secrets >actual && test_write_lines secrets/prod secrets/shared \
		>expect && test_cmp expect actual &&
	as nia git rev-parse refs/vault-remote/origin/keyring
'

test_expect_success 'what init and a fetch had brought of others goes with the first sync' '
	clone_of nor && on nor git vault init -q 2>err && as nor git fetch -q &&
	vault_of nor/clone >actual && test_grep "^secrets/dev$" actual &&
	sync nor --only prod --dry-run &&
	vault_of nor/clone >after && test_cmp actual after &&
	sync nor --only prod && test_grep "^deleted  secrets/dev" nor/sync.out &&
	vault_of nor/clone >actual && test_grep "^secrets/prod$" actual &&
	test_grep "^secrets/shared$" actual && test_grep ! "dev\|prod-eu" actual &&
	fetched nor >all && test_grep ! "dev\|prod-eu" all &&
	dev=$(git -C remote rev-parse refs/vault/secrets/dev) &&
	as nor git gc -q --prune=now && test_must_fail as nor git cat-file -e $dev &&
	as nor git fetch -q && on nor git vault verify --all >out 2>&1 &&
	test_grep "verified, all intact" out && test_must_fail as nor git cat-file -e $dev &&
	git -C remote rev-parse refs/vault/secrets/dev >actual && echo $dev >expect &&
	test_cmp expect actual && sync nor && is_same nor
'

test_expect_success 'but not what the remote has not, nor what a snapshot here may need' '
	clone_of nun && on nun git vault init -q 2>err &&
	mine=$(as nun git commit-tree -p refs/vault/secrets/dev -m mine \
		refs/vault/secrets/dev^{tree}) &&
	as nun git update-ref refs/vault/secrets/dev $mine &&
	sync nun --only prod && as nun git rev-parse refs/vault/secrets/dev >actual &&
	echo $mine >expect && test_cmp expect actual &&
	clone_of nat && on nat git vault init -q 2>err &&
	one=refs/vault/snapshots/$(cat dev.id) && as nat git fetch -q origin $one:$one &&
	sync nat --only prod && as nat git rev-parse refs/vault/secrets/dev >actual &&
	echo $dev >expect && test_cmp expect actual &&
	test_grep ! "^deleted" nat/sync.out
'

test_expect_success 'other environments, other refspecs; a scope that is not there is no trouble' '
	as ned git config --get-all remote.origin.fetch >one &&
	sync ned --only prod && as ned git config --get-all remote.origin.fetch >two &&
	test_cmp one two && sync ned --only dev --only nowhere --only "a*b" &&
	as ned git config --get-all vault.origin.only >actual &&
	test_write_lines dev nowhere "a*b" >expect && test_cmp expect actual &&
	as ned git config --get-all remote.origin.fetch >specs &&
	test_grep ! "prod\|a\*b" specs && test_grep state/nowhere specs &&
	as ned git fetch -q && beside ned secrets >actual &&
	test_grep "^secrets/dev$" actual &&
	sync ned --since "$since" && as ned git config --get-all remote.origin.fetch >specs &&
	test_grep ! "snapshots\|state/dev" specs && test_grep "refs/vault/state/\*" specs &&
	test_must_fail as ned git config vault.origin.only && as ned git fetch -q
'

test_expect_success 'a full sync has plain fetches bring all again' '
	sync ned && as ned git config --get-all remote.origin.fetch >specs &&
	clone_of nel && on nel git vault init -q 2>err &&
	as nel git config --get-all remote.origin.fetch >expect &&
	LC_ALL=C sort expect >a && LC_ALL=C sort specs >b && test_cmp a b &&
	test_must_fail as ned git config vault.origin.only &&
	as ned git fetch -q && beside ned state >actual &&
	test_grep state/prod-eu/net actual
'

test_expect_success 'one with init before is narrowed, and refspecs of the user are let be' '
	own="+refs/vault/state/dev/*:refs/mine/state/dev/*" &&
	as ned git config --add remote.origin.fetch "$own" &&
	as ned git config --add remote.origin.fetch \
		"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" &&
	sync ned --only prod && as ned git config --get-all remote.origin.fetch >specs &&
	test_grep ! "+refs/vault/\(snap.*\)*\*:" specs && test_grep -F "$own" specs &&
	test_grep -F "+refs/heads/*:refs/remotes/origin/*" specs &&
	sync ned --only prod --dry-run && sync ned --only dev --push-only &&
	as ned git config --get-all remote.origin.fetch >actual &&
	test_cmp specs actual && as ned git config --unset remote.origin.fetch refs/mine &&
	sync ned && as ned git config --get-all remote.origin.fetch >specs &&
	LC_ALL=C sort specs >b && test_cmp a b
'

test_expect_success 'a clone without init gets no refspecs by it' '
	clone_of nod && sync nod --only prod &&
	as nod git config --get-all remote.origin.fetch >specs &&
	test_line_count -eq 1 specs && sync nod &&
	as nod git config --get-all remote.origin.fetch >specs &&
	test_line_count -eq 1 specs
'

test_expect_success 'what a renamed remote leaves of that is told, and the command moves it' '
	clone_of ole && on ole git vault init -q && sync ole --only prod &&
	as ole git remote rename origin up 2>/dev/null &&
	test_expect_code 1 on ole git vault doctor >out &&
	test_grep "^error: vault.* is a setting of a remote .origin., which does not exist" out &&
	sed -n "/ a remote .origin./{n;s/^    //p;}" out >command &&
	as ole sh -c "$(cat command)" &&
	test "$(as ole git config vault.narrowed)" = up &&
	test "$(as ole git config vault.up.only)" = prod &&
	{ on ole git vault doctor >out || :; } && test_grep ! "a remote .origin." out &&
	sync ole && test_must_fail as ole git config vault.narrowed &&
	test_must_fail as ole git config vault.up.only
'

test_expect_success 'an environment or a pattern that nothing is of is told' '
	clone_of oda && sync oda --only prod --only nosuch &&
	test_grep "warning: nothing here or on .origin. is of the environment .nosuch." \
		oda/sync.err && test_grep ! "environment .prod" oda/sync.err &&
	sync oda --refs nosuch --refs "state/dev/*" --refs keyring &&
	test_grep "warning: nothing here or on .origin. matches --refs .nosuch." \
		oda/sync.err && test_grep ! "refs .[sk]" oda/sync.err &&
	sync oda && test_grep ! "warning: nothing" oda/sync.err
'

test_expect_success '--refs goes with neither of them' '
	test_expect_code 129 sync alice --only prod --refs "state/*" &&
	test_expect_code 129 sync alice --since yesterday --refs "state/*" &&
	test_expect_code 128 sync alice --since "no time at all" &&
	test_grep "git does not understand the time" alice/sync.err
'

test_done
