#!/bin/sh

test_description='the projects of a user: the list, each at a glance, a command in all'
. "$(dirname "$0")/test-lib.sh"

# project DIR FILE: a repository with a commit
project () {
	git init -q "$1" && echo x >"$1/$2" && git -C "$1" add . && test_tick &&
		git -C "$1" commit -q -m one
}

# field EXPRESSION: of the document in json
field () {
	python3 -c "
import json
d = json.load(open('json'))
v = $1
print(','.join(map(str, v)) if isinstance(v, list) else v)"
}

# names: of the projects in json
names () {
	field "' '.join(p['name'] for p in d['projects'])"
}

test_expect_success 'without projects each command says how to register one' '
	git vault project 2>err && test_grep "git vault project add" err &&
	git vault projects 2>err && test_grep "git vault project add" err &&
	test_expect_code 128 git vault -A status 2>err && test_grep "hint: git vault project add" err &&
	test_expect_code 128 git vault --project x status 2>err &&
	test_expect_code 129 git vault -A --project x status 2>err &&
	test_expect_code 129 git vault -A help 2>err && test_grep "leave -A out" err
'

test_expect_success 'a project is listed in words of git, others are found below a root' '
	project w/acme/shop package.json && project w/acme/infra main.tf && project solo a.go &&
	mkdir -p w/a/b/c/d w/.hidden w/node_modules && project w/a/b/c/d/deep f &&
	project w/.hidden/x f && project w/node_modules/y f && ln -s ../solo w/link &&
	git vault project add solo >out && echo "$PWD/solo" >expect && test_cmp expect out &&
	git config --global --get-all vault.project >out && test_cmp expect out &&
	git for-each-repo --config=vault.project rev-parse HEAD >out && test_line_count = 1 out &&
	git config --global vault.projectRoot "$PWD/w" &&
	git vault project --json >json && test "$(names)" = "infra shop solo" &&
	test "$(field "[p[\"listed\"] for p in d[\"projects\"]]")" = "False,False,True" &&
	git vault project add solo >out && test_grep "was registered already" out &&
	git config --global --get-all vault.project >out && test_cmp expect out
'

test_expect_success 'each is shown in a line, and can be chosen' '
	git vault -C w/acme/shop -q snapshot >/dev/null && echo y >w/acme/shop/new &&
	git -C w/acme/infra update-ref refs/remotes/o/main HEAD~0 && test_tick &&
	git -C w/acme/infra commit -q --allow-empty -m two &&
	git vault projects >out && test_line_count = 4 out &&
	test_grep "^shop *acme *node *main .*ago *1  *1 snapshot .*no_remote" out &&
	test_grep "^infra *acme *terraform *main *never *1 commit " out &&
	git vault projects --json --client ACME --stack terraform >json && test "$(names)" = infra &&
	git vault projects --json --stack go >json && test "$(names)" = solo &&
	git vault projects --json --stale >json && test "$(names)" = "infra solo" &&
	git vault project show shop >out && test_grep "^unsaved *1 new" out &&
	(cd w/acme/shop && git vault project show --json) >json && test "$(field "d[\"client\"]")" = acme
'

test_expect_success 'what it is: by the user, by the policy, by its folder' '
	printf "project:\n  name: store\n  phase: live\n  tags: [web, paid]\n" >w/acme/shop/.gitvault.yaml &&
	git vault project set shop client "Secret Ltd" >out && echo "$PWD/w/acme/shop" >expect &&
	test_cmp expect out && git vault project show store --json >json &&
	test "$(field "[d[k] for k in (\"name\", \"client\", \"phase\")]")" = \
		"store,Secret Ltd,live" &&
	git vault projects --json --tag paid --phase live >json && test "$(names)" = store &&
	git vault project set acme/shop client >out && git vault project show store --json >json &&
	test "$(field "d[\"client\"]")" = acme && git -C w/acme/shop vault policy show >out &&
	test_expect_code 129 git vault project set store color red 2>err && test_grep "it has client" err &&
	test_must_fail git vault project set stroe client x 2>err && test_grep "did you mean .store" err
'

test_expect_success '--project works in it, -A in all: the worst exit code, and JSON lines' '
	git vault --project store --json status >json && test "$(field "d[\"last\"] is None")" = False &&
	git vault -A list >out 2>err && test_grep "^infra:" out err && test_grep "^store:$" out &&
	git vault -A --json list >lines && test_line_count = 3 lines &&
	git vault -A list --json >again && test_cmp lines again && sed -n 3p lines >json &&
	test "$(field "[d[\"name\"], d[\"exit\"], len(d[\"output\"][\"snapshots\"])]")" = \
		"store,0,1" &&
	test_expect_code 128 git vault -A show latest >out 2>err && test_grep "^solo: .*no snapshot" err &&
	GIT_DIR="$PWD/solo/.git" GIT_WORK_TREE="$PWD/solo" git vault -A snapshot >out 2>err &&
	test_line_count = 3 out && test_grep "^store: 2" out
'

test_expect_success 'a snapshot of another project is named by project:NAME, and folders are where one stands' '
	git vault restore project:store --to back >out && cmp w/acme/shop/new back/new &&
	git vault restore project:acme/shop:latest:new --to one && test "$(ls one)" = new &&
	git vault cat project:store:latest:new >out && test_cmp w/acme/shop/new out &&
	(cd solo && git vault show project:store --json) >json && test "$(field "d[\"branch\"]")" = main &&
	test_expect_code 129 git vault --project store show project:store 2>err &&
	test_must_fail git vault show project:stroe 2>err && test_grep "did you mean .store" err &&
	test_expect_code 129 git vault show project: 2>err && test_grep "git vault project list" err &&
	test_must_fail git vault show project:store:nothing 2>err && test_grep "nothing" err
'

test_expect_success 'clients in clients, parts of a repository, and what belongs together' '
	mkdir -p w/acme/shop/apps/web && echo a >w/acme/shop/apps/web/a &&
	printf "project:\n  name: store\n  client: acme/eu\n  phase: live\n  tags: [web, paid]\n  parts: apps/web\n  related: [infra]\n" \
		>w/acme/shop/.gitvault.yaml &&
	git vault projects --json --client acme >json && test "$(names)" = "infra store" &&
	git vault projects --json --client acme/eu >json && test "$(names)" = store &&
	test "$(field "d[\"projects\"][0][\"related\"]")" = infra &&
	git vault project show store >out && test_grep "^parts *apps/web$" out &&
	git vault --project store snapshot -q && git vault --project store/apps/web log a >out &&
	test_line_count -ge 1 out && git vault restore project:store/apps/web --to part . &&
	test "$(cd part && find . -type f)" = ./apps/web/a &&
	test_must_fail git vault --project store/apps list 2>err && test_grep "no project is called" err &&
	git vault project set store parts apps && git vault --project store/apps list >out &&
	rm -r w/acme/shop/apps && ln -s ../solo w/acme/shop/apps &&
	test_expect_code 128 git vault --project store/apps list 2>err && test_grep "leads through a symbolic link" err &&
	git vault project set store parts && rm w/acme/shop/apps &&
	printf "project: {parts: ../x}\n" >bad &&
	cp bad w/acme/shop/.gitvault.yaml && test_must_fail git -C w/acme/shop vault policy accept 2>err &&
	test_grep "folders of this repository" err &&
	printf "project:\n  name: store\n  phase: live\n  tags: [web, paid]\n" >w/acme/shop/.gitvault.yaml
'

test_expect_success 'a project that was moved is known again by its id' '
	git vault project set solo client "Old Client" && mkdir there && mv solo there/renamed &&
	git vault project --json >json &&
	test "$(field "[p[\"path\"] for p in d[\"projects\"] if p[\"moved_from\"]]")" = \
		"$PWD/there/renamed" &&
	git vault project show renamed --json >json && test "$(field "d[\"client\"]")" = "Old Client" &&
	git vault projects >out 2>err && test_grep "was moved from" err && test_grep "Old Client" out &&
	git vault project add there/renamed >out && test_grep "renamed replaces .*/solo" out &&
	git config --global --get-all vault.project >out && echo "$PWD/there/renamed" >expect &&
	test_cmp expect out && git vault project show renamed --json >json &&
	test "$(field "d[\"client\"]")" = "Old Client" && git config --global --list >out &&
	test_grep ! "/solo" out
'

test_expect_success 'a copy gets an id of its own' '
	cp -R there/renamed there/copy && git vault project add there/copy &&
	test_must_fail cmp there/copy/.git/vault/project there/renamed/.git/vault/project &&
	git vault project remove copy && git config --global --list >out && test_grep ! "there/copy" out &&
	test_must_fail git vault project remove infra 2>err && test_grep "vault.projectRoot" err
'

test_expect_success 'what is gone, doubled, damaged or hostile is named, and the others are shown' '
	git config --global --add vault.project "$PWD/there/renamed/../renamed" &&
	git config --global --add vault.project /nowhere &&
	project "w/$(printf "odd\033]0;x\007name")" f && project w/broken f && rm -rf w/broken/.git/objects &&
	printf "project: [\n" >w/acme/infra/.gitvault.yaml &&
	git -C w/acme/shop config vault.projectRoot / && git -C w/acme/shop config vault.project /etc &&
	test_expect_code 3 git vault projects >out 2>err && test_grep "^store " out &&
	test_grep "infra" out && test_grep "nowhere.*the folder is missing" err &&
	test_grep "^git-vault: warning: broken .*" err && test_grep "renamed is listed 2 times" err &&
	! LC_ALL=C grep "$(printf "[\033\007]")" out err &&
	test_expect_code 3 git vault projects --json >json && test "$(field "len(d[\"failures\"])")" = 2 &&
	(cd w/acme/shop && git vault project) >out && test_grep ! " /etc" out &&
	rm -rf w/broken w/odd* w/acme/infra/.gitvault.yaml &&
	git config --global --unset-all vault.project "nowhere|[.][.]"
'

test_expect_success 'a project that a root had is named as gone until it is forgotten' '
	project w/acme/lost f && git -C w/acme/lost vault -q snapshot >id && project w/acme/plain f && git vault projects >out &&
	rm -rf w/acme/lost w/acme/plain && for i in 1 2
	do
		test_expect_code 3 git vault projects >out 2>err && test_line_count = 1 err &&
		test_grep "lost (.*): the folder is missing; to forget it: git vault project remove .*w/acme/lost" err || return 1
	done && git vault project >out && test_grep "lost .*missing, was below a root" out &&
	test_expect_code 128 git vault --project lost status 2>err && test_grep "is missing" err &&
	mkdir w/acme/lost && test_expect_code 3 git vault projects >out 2>err && test_grep "has no repository any more; to forget it" err &&
	mv w/acme/shop w/a/moved && test_expect_code 3 git vault projects >out 2>err && test_grep ! "shop.*missing" err &&
	mv w/a/moved w/acme/shop && test_expect_code 3 git vault projects >out 2>err && eval "$(sed -n "s/.*to forget it: //p" err)" >out &&
	test_grep w/acme/lost out && git vault projects >out 2>err && test_must_be_empty err && rmdir w/acme/lost
'

test_expect_success 'the user'"'"'s commits that only a tag holds count, and an automatic save is a save' '
	project w/acme/tagged f && (cd w/acme/tagged && git update-ref refs/remotes/o/main HEAD && git checkout -q --detach && test_tick &&
	git commit -q --allow-empty -m mine && git tag -a -m x only && GIT_COMMITTER_EMAIL=other@example.com git commit -q --allow-empty -m theirs &&
	git tag theirs && git checkout -q - && git vault -q snapshot --auto) >id && git vault projects >out &&
	test_grep "^tagged .* (auto) *1 commit " out && test_grep ! "^tagged .*never" out && git vault projects >again && test_cmp out again &&
	git vault projects --json --stale >json && ! names | grep tagged && (cd w/acme/tagged && git vault project show) >out &&
	test_grep "^saved .*(auto)" out && git -C w/acme/tagged tag -d only >out && git vault projects >out && test_grep "^tagged .* 1 commit " out &&
	git -C w/acme/tagged tag -d theirs >out && git vault projects >out && test_grep ! "^tagged .*commit" out && rm -rf w/acme/tagged
'

test_expect_success 'a listed folder within a project is neither that project nor one more through a link' '
	mkdir -p w/acme/shop/inner && ln -s ../infra w/acme/shop/lnk && mkdir w/acme/shop/bare.d && git init -q --bare w/acme/shop/bare.d/x &&
	mkdir ran.d && printf "#!/bin/sh\n: >\"%s/ran.d/ran\"\n" "$PWD" >ran.d/monitor && chmod +x ran.d/monitor &&
	git config -f w/acme/shop/bare.d/x/config core.fsmonitor "$PWD/ran.d/monitor" &&
	for p in inner lnk bare.d
	do
		git config --global --add vault.project "$PWD/w/acme/shop/$p" || return 1
	done &&
	git vault project --json >json && test "$(field "sum(p[\"path\"].endswith(\"infra\") for p in d[\"projects\"])")" = 1 &&
	test_expect_code 3 git vault projects >out 2>err && test_grep "inner.*not a git repository" err && test_grep "bare.d.*not a git repository" err &&
	test "$(grep -c "^store " out)" = 1 && test_path_is_missing ran.d/ran &&
	test_expect_code 128 git vault --project inner status 2>err && test_grep "not a git repository" err &&
	test_expect_code 128 git vault --project bare.d snapshot 2>err &&
	git config --global --unset-all vault.project "shop/(inner|lnk|bare)" && rm -rf w/acme/shop/inner w/acme/shop/lnk w/acme/shop/bare.d
'

test_expect_success ROOT 'a repository of somebody else is refused as git refuses it' '
	project w/theirs f && chown -R 12345 w/theirs &&
	printf "#!/bin/sh\n: >\"%s/ran\"\n" "$PWD" >w/theirs/.git/monitor && chmod +x w/theirs/.git/monitor &&
	git config -f w/theirs/.git/config core.fsmonitor "$PWD/w/theirs/.git/monitor" &&
	test_expect_code 3 git vault projects >out 2>err && test_grep "theirs.*ownership" err &&
	test_grep "^store " out && test_path_is_missing ran && rm -rf w/theirs
'

test_expect_success 'several projects of one name are told apart by their folders' '
	project w/beta/infra f && test_expect_code 129 git vault --project infra status 2>err &&
	test_grep "acme/infra, .*beta/infra" err && git vault --project beta/infra project show >out &&
	test_grep "^path .*beta/infra$" out
'

test_expect_success 'what destroys work wants --yes under -A, and in a project that only its snapshot names' '
	mkdir -p harm && for p in one two
	do
		git init -q harm/$p && echo saved >harm/$p/f && git -C harm/$p vault snapshot -q && git vault project add harm/$p && echo work >harm/$p/f || return 1
	done >out && for words in "restore latest --in-place" "purge f" "delete latest" "undo" "rollback prod"
	do
		test_must_fail git vault -A $words </dev/null 2>err && test_grep "nothing was changed: with -A" err &&
		test_grep "hint: to do it all the same: git vault -A ${words%% *} --yes" err || return 1
	done && test_must_fail git -C harm/one vault restore project:two --in-place 2>err && test_grep "the project two .*harm/two" err &&
	test_grep "hint: to do it all the same: git vault restore --yes project:two --in-place" err && test_must_fail git -C harm/one vault delete project:two 2>err &&
	grep work harm/one/f harm/two/f && git -C harm/one vault restore project:two --in-place --dry-run && grep work harm/two/f &&
	git -C harm/one vault restore --yes project:two --in-place && grep saved harm/two/f && git -C harm/one vault restore project:one --in-place && grep saved harm/one/f &&
	{ git vault -A purge --yes f -n >out 2>&1 || :; } && { git vault -A delete --yes -n latest >out 2>&1 || :; } && test_grep ! "nothing was changed" out &&
	git config --global --unset-all vault.project "harm/"
'

test_done
