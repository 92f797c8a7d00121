#!/bin/sh
# shellcheck disable=SC2154

test_description='export and import: a vault in one file, which git itself can clone'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# manifest_of FILE: the text, by git alone
manifest_of () {
	rm -rf "$top/look.git" && git init -q --bare "$top/look.git" &&
		git -C "$top/look.git" fetch -q "$1" \
			refs/vault-bundle/manifest:refs/vault-bundle/manifest &&
		git -C "$top/look.git" show refs/vault-bundle/manifest:manifest
}

# fresh NAME: an empty repository with a home of its own
fresh () {
	mkdir "$top/$1" && cp "$HOME/.gitconfig" "$top/$1" &&
		git init -q "$top/$1/clone"
}

test_expect_success 'two who have records of all kinds' '
	start_team && join bob && test_tick && take alice one >one &&
	test_tick && take alice two >two && save_state alice net 1 &&
	on alice git vault -q tag "$(cat one)" kept >out &&
	on alice git vault -q pin "$(cat two)" &&
	on alice git vault -q good mark prod >out &&
	test_tick && take alice gone >gone &&
	on alice git vault -q delete "$(cat gone)" >out
'

test_expect_success 'an export is a bundle that git finds whole' '
	on alice git vault export ../../one.bundle 2>err &&
	test_grep "one.bundle: 12 refs, of them 2 snapshots, in" err &&
	git bundle verify one.bundle >out 2>&1 && test_grep "complete history" out &&
	git bundle list-heads one.bundle | sed "/vault-bundle/d" >heads &&
	head=$(as alice git rev-parse HEAD) && {
		echo "$head HEAD" && echo "$head refs/heads/main" &&
			records alice/clone | sed "s/\(.*\) \(.*\)/\2 \1/"
	} | sort -k 2 >expect && sort -k 2 heads >sorted && mv sorted heads &&
	test_cmp expect heads && ! grep "$(cat gone)" heads
'

test_expect_success 'its manifest lists each of them' '
	manifest_of "$top/one.bundle" >manifest &&
	sed "s/\(.*\) \(.*\)/{\"id\":\"\1\",\"in\":true,\"ref\":\"\2\"}/" heads >expect &&
	grep -o "{\"id\":[^}]*}" manifest >actual && test_cmp expect actual &&
	test_grep "\"snapshots\":2," manifest &&
	test_grep "\"needs\":\[\]" manifest && test_grep "\"basis\":null" manifest &&
	test_grep "\"actor\":\"[^\"]*<[^\"]*@[^\"]*>\"" manifest
'

test_lazy_prereq SSHSIG 'command -v ssh-keygen && ssh-keygen -Y 2>&1 | grep -q sign'

# whose MANIFEST: whether ssh-keygen finds it signed by one of the keyring
whose () {
	who=$(ssh-keygen -Y find-principals -f allowed -s sig) &&
		ssh-keygen -Y verify -f allowed -I "$who" -n git-vault-bundle -s sig <"$1"
}

test_expect_success SSHSIG 'ssh-keygen finds it signed by the identity' '
	git -C look.git show refs/vault-bundle/manifest:manifest.sig >sig &&
	as alice git cat-file blob refs/vault/keyring:keyring |
		sed -n "s/^signer //p" >allowed &&
	whose manifest && sed "s/true/false/" manifest >forged && ! whose forged
'

test_expect_success 'the repository has no trace of it but what the last one had' '
	as alice git for-each-ref refs/vault-bundle >out && test_must_be_empty out &&
	find alice/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out &&
	find . -name "*.part" >out && test_must_be_empty out &&
	cmp alice/clone/.git/vault/exported manifest
'

test_expect_success 'a file that is there is not replaced without --force' '
	cp one.bundle before &&
	test_expect_code 128 on alice git vault export ../../one.bundle 2>err &&
	test_grep "one.bundle is there already; --force" err &&
	cmp before one.bundle && test_tick &&
	on alice git vault export --force ../../one.bundle 2>err &&
	! cmp before one.bundle && git bundle verify -q one.bundle &&
	mkdir folder && test_expect_code 128 on alice git vault export --force \
		../../folder 2>err && test_grep "folder is a directory" err
'

test_expect_success 'through a link the file is written that it leads to' '
	test_when_finished "rm -rf disk here" && mkdir -p disk here &&
	echo old >disk/kept && ln -s ../disk/kept here/kept &&
	test_expect_code 128 on alice git vault export ../../here/kept 2>err &&
	test_grep "here/kept is there already; --force" err &&
	on alice git vault export --force ../../here/kept 2>err &&
	git bundle verify -q disk/kept && test "$(readlink here/kept)" = ../disk/kept &&
	ln -s "$PWD/disk/new" here/next && ln -s next here/new &&
	on alice git vault export --force ../../here/new 2>err &&
	git bundle verify -q disk/new && test "$(readlink here/new)" = next &&
	test_write_lines kept new >expect && ls disk >actual && test_cmp expect actual &&
	ln -s round here/round &&
	test_expect_code 128 on alice git vault export --force ../../here/round 2>err &&
	test_grep "here/round" err && test -L here/round
'

test_expect_success 'a FIFO gets the bundle, and stays one' '
	test_when_finished "rm -f pipe link piped" && mkfifo pipe && ln -s pipe link &&
	for name in pipe link
	do
		{ cat pipe >piped & } &&
		on alice git vault export --force ../../$name && wait $! &&
		git -C alice/clone bundle verify -q "$PWD/piped" || return 1
	done && test -p pipe && test -L link && find . -name "*.part" >out &&
	test_must_be_empty out
'

test_expect_success 'a dry run writes nothing and tells the same' '
	test_when_finished "rm -f piped" &&
	rm alice/clone/.git/vault/exported &&
	on alice git vault export -n ../../none.bundle 2>err &&
	test_grep "would write ../../none.bundle with 12 refs, of them 2 snapshots" err &&
	test_path_is_missing none.bundle &&
	test_path_is_missing alice/clone/.git/vault/exported &&
	on alice git vault export --json -n ../../none.bundle >json &&
	test_grep "\"dry_run\":true" json && test_grep "\"snapshots\":2" json
'

test_expect_success 'it goes through a pipe both ways' '
	on alice git vault export - >piped 2>err && git bundle verify -q piped &&
	test_grep "stdout: 12 refs" err && fresh piper &&
	on piper git vault import -n - <piped >out 2>err &&
	test_grep "^fetched  snapshots/$(cat one)" out &&
	test_expect_code 129 on alice git vault export --json - >out 2>err &&
	test_expect_code 128 sh -c "git -C alice/clone vault export - >/dev/full" 2>err
'

test_expect_success 'one that did not get through is no last export' '
	cp alice/clone/.git/vault/exported was && test_tick &&
	test_expect_code 128 sh -c "git -C alice/clone vault export - >/dev/full" 2>err &&
	test_grep "cannot write to standard output: No space" err &&
	cmp was alice/clone/.git/vault/exported && test_tick && {
		while (echo) 2>/dev/null
		do
			:
		done
		code=0
		git -C alice/clone vault export - 2>err || code=$?
		echo $code >code
	} | : && echo 128 >expect && test_cmp expect code &&
	test_grep "standard output was closed before the whole" err &&
	cmp was alice/clone/.git/vault/exported
'

test_expect_success 'what it has comes to be another clone'\''s' '
	on bob git vault import ../../one.bundle >out 2>err &&
	test_grep "^fetched  snapshots/$(cat one)" out &&
	test_grep "signed by" err && records alice/clone | grep -v audit >expect &&
	records bob/clone | grep -v audit >actual && test_cmp expect actual &&
	on bob git vault restore "$(cat two)" --to ../back &&
	echo SECRET=two >text && test_cmp text bob/back/.env &&
	on bob git vault verify --all --deep && git -C bob/clone fsck &&
	as bob git for-each-ref refs/vault-remote/. refs/vault-bundle >out &&
	test_must_be_empty out &&
	find bob/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out &&
	find bob/clone/.git/objects -name "*.keep" >out && test_must_be_empty out
'

test_expect_success 'a second time nothing moves' '
	records bob/clone >before && on bob git vault import ../../one.bundle >out 2>err &&
	test_must_be_empty out && test_grep "all that it has is here already" err &&
	records bob/clone >after && test_cmp before after
'

test_expect_success 'in a new repository all of it is there' '
	fresh carol && cp -R alice/.config carol/ &&
	on carol git vault import ../../one.bundle >out 2>err &&
	records carol/clone >actual && records alice/clone >expect &&
	test_cmp expect actual &&
	on carol git vault restore "$(cat one)" --to ../back &&
	echo SECRET=one >expect && test_cmp expect carol/back/.env &&
	on carol git vault state restore --env prod --stack net --to ../state &&
	cmp alice/net.tfstate carol/state && on carol git vault verify --all --deep &&
	on carol git vault good show prod 1 >out
'

test_expect_success 'a plain clone of it has the branches, HEAD and the files' '
	as alice git branch topic HEAD && on alice git vault export ../../plain.bundle &&
	rm -rf plain && git clone -q plain.bundle plain && git -C plain status >out &&
	test_grep "On branch main" out && git -C alice/clone ls-files >expect &&
	(cd plain && ls -A | grep -v "^.git$") >actual && test_cmp expect actual &&
	test "$(git -C plain rev-parse HEAD)" = "$(git -C plain rev-parse origin/topic)" && as alice git branch -q -D topic &&
	git -C plain fetch -q origin "refs/vault/*:refs/vault/*" &&
	git -C plain for-each-ref refs/vault/snapshots >out && test_line_count = 2 out
'

test_expect_success 'an import does not touch the branches' '
	git -C bob/clone for-each-ref refs/heads refs/remotes/origin >before &&
	as alice git commit -q --allow-empty -m ahead &&
	on alice git vault export ../../ahead.bundle &&
	on bob git vault import ../../ahead.bundle >out 2>err &&
	git -C bob/clone for-each-ref refs/heads refs/remotes/origin >after &&
	test_cmp before after && as alice git reset -q --hard HEAD^
'

test_expect_success 'git alone clones it, and the vault works' '
	git clone -q --mirror one.bundle mirror.git && mkdir dave &&
	cp -R alice/.gitconfig alice/.config dave/ && mv mirror.git dave/clone &&
	on dave git vault verify --all --deep &&
	on dave git vault restore "$(cat two)" --to ../back &&
	test_cmp text dave/back/.env
'

test_expect_success 'so it does from what git bundle makes by hand, and a mirror' '
	git -C alice/clone bundle create -q "$top/hand.bundle" --all &&
	for from in hand.bundle alice/clone
	do
		rm -rf erin && mkdir erin && cp -R alice/.gitconfig alice/.config erin/ &&
		git clone -q --mirror "$from" erin/clone &&
		on erin git vault verify --all --deep &&
		on erin git vault list --json >list &&
		test_grep "$(cat one)" list && test_grep "$(cat two)" list &&
		on erin git vault restore "$(cat one)" --to ../back &&
		on erin git vault state restore --env prod --stack net --to ../state &&
		cmp alice/net.tfstate erin/state || return 1
	done
'

test_expect_success 'import tells how to take one that has no manifest, and that way works' '
	fresh frank && cp -R alice/.config frank/ &&
	test_expect_code 128 on frank git vault import ../../hand.bundle 2>err &&
	test_grep "it has no manifest.*git remote add bundle " err &&
	as frank git remote add hand "$top/hand.bundle" &&
	on frank git vault sync --fetch-only hand &&
	on frank git vault restore "$(cat two)" --to ../back &&
	test_cmp text frank/back/.env
'

test_expect_success 'only what is picked goes along' '
	save_state alice db 1 && as alice sh -c "cd .. &&
		sed s/prod/dev/ net.tfstate >dev.tfstate" &&
	on alice git vault -q state save --new --env dev --stack net ../dev.tfstate >out &&
	on alice git vault export --only dev ../../dev.bundle &&
	git bundle list-heads dev.bundle | sed "s/.* //" >actual &&
	test_write_lines refs/vault/deleted refs/vault/keyring refs/vault/marks \
		refs/vault/secrets/shared refs/vault/state/dev/net \
		refs/vault-bundle/manifest >expect && test_cmp expect actual &&
	on alice git vault export ../../picks.bundle "$(cat one)" "state/prod/*" &&
	git bundle list-heads picks.bundle | sed "s/.* //" >actual &&
	test_grep "snapshots/$(cat one)" actual && test_grep "state/prod/db" actual &&
	! grep -e "$(cat two)" -e state/dev -e audit actual &&
	test_expect_code 129 on alice git vault export ../../no.bundle "state/no/*" 2>err &&
	test_grep "no ref of the vault that matches .state/no/" err &&
	test_expect_code 128 on alice git vault export ../../no.bundle nonesuch 2>err &&
	test_path_is_missing no.bundle &&
	test_tick && on alice git vault export --since 1s ../../late.bundle &&
	git bundle list-heads late.bundle >actual && ! grep snapshots actual &&
	on alice git vault export --since 30d ../../month.bundle &&
	git bundle list-heads month.bundle >actual &&
	test $(grep -c snapshots actual) = 2 &&
	test_expect_code 128 on alice git vault export --since 2040-01-01 \
		../../no.bundle 2>err &&
	test_grep "2040-01-01.* is yet to come" err &&
	test_path_is_missing no.bundle
'

test_expect_success 'a picked snapshot comes with what is sealed of it' '
	on alice git vault export ../../alone.bundle "$(cat one)" &&
	git bundle list-heads alone.bundle | sed "s/.* //" >actual &&
	test_write_lines refs/vault/deleted refs/vault/keyring refs/vault/marks \
		refs/vault/secrets/shared "refs/vault/snapshots/$(cat one)" \
		refs/vault-bundle/manifest >expect && test_cmp expect actual &&
	fresh heidi && cp -R alice/.config heidi/ &&
	on heidi git vault import ../../alone.bundle >out &&
	on heidi git vault restore "$(cat one)" --to ../back &&
	echo SECRET=one >expect && test_cmp expect heidi/back/.env &&
	on alice git vault export ../../some.bundle "snapshots/*" &&
	git bundle list-heads some.bundle >actual && test_grep secrets/shared actual
'

test_expect_success 'an environment of which there is nothing is a slip' '
	test_expect_code 129 on alice git vault export --only dev --only nosuch \
		../../no.bundle 2>err &&
	test_grep "nothing in the vault belongs to the environment .nosuch." err &&
	test_expect_code 129 on alice git vault export --only de ../../no.bundle 2>err &&
	test_path_is_missing no.bundle
'

test_expect_success 'where a filtered one came, prune lets values of later ones be' '
	fresh grace && cp -R alice/.config grace/ &&
	on grace git vault import -n ../../late.bundle >out &&
	test_must_fail as grace git config vault.narrowed &&
	on grace git vault import ../../late.bundle >out &&
	test "$(as grace git config vault.narrowed)" = import: &&
	on grace git vault prune --keep-last 1 >out 2>&1 &&
	test_grep "not all snapshots are here" out &&
	on alice git vault export ../../whole.bundle &&
	manifest_of "$top/whole.bundle" >manifest &&
	test_grep "\"filtered\":false," manifest &&
	on grace git vault import ../../whole.bundle >out &&
	on grace git vault verify --all --deep &&
	on grace git vault restore "$(cat one)" --to ../back &&
	echo SECRET=one >expect && test_cmp expect grace/back/.env &&
	on grace git vault export ../../again.bundle &&
	manifest_of "$top/again.bundle" >manifest &&
	test_grep "\"filtered\":true," manifest &&
	on bob git vault import -n ../../whole.bundle >out &&
	test_must_fail as bob git config vault.narrowed
'

test_expect_success 'states of both sides are in conflict, and one side is chosen' '
	on bob git vault import ../../picks.bundle >out 2>err &&
	save_state alice net 2 && save_state bob net 3 &&
	on alice git vault export ../../both.bundle &&
	test_expect_code 1 on bob git vault import ../../both.bundle >out 2>err &&
	test_grep "^conflict state/prod/net: both sides.*git vault import --resolve ours FILE prod/net" out &&
	on bob git vault import --resolve theirs ../../both.bundle prod/net >out 2>err &&
	test_grep "^resolved state/prod/net" out &&
	on bob git vault state restore --env prod --stack net --to ../newest &&
	cmp alice/net.tfstate bob/newest
'

test_expect_success 'what somebody stores while a dry run looks stays stored' '
	as alice sh -c "echo met-in-a-dry-run >met.txt" && test_tick &&
	take alice met >met && on alice git vault export ../../met.bundle &&
	rm alice/clone/met.txt && blob=$(echo met-in-a-dry-run | git hash-object --stdin) &&
	test_must_fail git -C bob/clone cat-file -e $blob &&
	save_state bob net 9 && mkdir wrap && real=$(command -v git) &&
	cat >wrap/git <<-EOF && chmod +x wrap/git &&
	#!/bin/sh
	case \$1 in
	merge-base)
		echo met-in-a-dry-run | env -u GIT_OBJECT_DIRECTORY "$real" \
			hash-object -w --stdin >>"$top/stored" ;;
	esac
	exec "$real" "\$@"
	EOF
	test_might_fail on bob env PATH="$top/wrap:$PATH" git-vault import -n \
		../../met.bundle >out 2>err &&
	test_grep "^fetched  snapshots/$(cat met)" out && test_grep $blob stored &&
	git -C bob/clone cat-file -e $blob &&
	test_must_fail git -C bob/clone rev-parse -q --verify "$(
		as alice git rev-parse "refs/vault/snapshots/$(cat met)")^{commit}" &&
	find bob/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out
'

test_expect_success 'of two who take each other'\''s records each has both, once' '
	on bob git vault good mark stage >out && on alice git vault good mark stage >out &&
	on alice git vault export ../../a1.bundle && on bob git vault export ../../b1.bundle &&
	test_might_fail on alice git vault import ../../b1.bundle >out 2>err &&
	test_might_fail on bob git vault import ../../a1.bundle >out 2>err &&
	for i in 2 3
	do
		on alice git vault export ../../a$i.bundle &&
		on bob git vault export ../../b$i.bundle &&
		test_might_fail on alice git vault import ../../b$i.bundle >out 2>err &&
		test_might_fail on bob git vault import ../../a$i.bundle >out 2>err ||
			return 1
	done &&
	for who in alice bob
	do
		as $who git for-each-ref --format="%(objectname)" refs/vault/good/stage |
			sort >$who.good && test_line_count = 2 $who.good || return 1
	done && test_cmp alice.good bob.good
'

test_expect_success 'known-good records of an environment come with their snapshots' '
	fresh gina && test_tick && (
		cd gina/clone && echo x >f && git add f && git commit -q -m one
	) && echo more >gina/clone/more &&
	on gina git vault -q snapshot >out && on gina git vault -q good mark live &&
	on gina git vault -q snapshot --force >other &&
	on gina git vault export --only live ../../live.bundle &&
	git bundle list-heads live.bundle >actual &&
	test_grep "snapshots/$(cat out)" actual && test_grep ! "$(cat other)" actual &&
	fresh hugo &&
	on hugo git vault -q import ../../live.bundle &&
	on hugo git vault restore good:live --to ../back &&
	test_cmp gina/clone/more hugo/back/more
'

test_expect_success 'one that cannot be noted for the next is there, and that is told' '
	rm -f alice/clone/.git/vault/exported && mkdir alice/clone/.git/vault/exported &&
	on alice git vault export ../../unnoted.bundle 2>err &&
	test_grep "warning: the next --incremental export will repeat what is in this one: ." err &&
	git -C alice/clone bundle verify -q "$top/unnoted.bundle" &&
	rmdir alice/clone/.git/vault/exported &&
	on alice git vault export --force ../../unnoted.bundle 2>err &&
	test_grep ! warning err && test -s alice/clone/.git/vault/exported
'

# A git that has another working tree pin $1 just before the snapshot goes.
pin_late () {
	mkdir "$top/late" && cat >"$top/late/git" <<-EOF &&
	#!/bin/sh
	PATH=\${PATH#*/late:}
	case " \$* " in
	*" update-ref --stdin "*)
		cat >"$top/steps"
		if grep -q "^delete refs/vault/snapshots/$1" "$top/steps" &&
			mkdir "$top/pinned" 2>/dev/null
		then
			(cd "$top/tree" && unset GIT_DIR && git vault pin $1)
		fi
		exec git "\$@" <"$top/steps" ;;
	esac
	exec git "\$@"
	EOF
	chmod +x "$top/late/git"
}

test_expect_success 'a pin of another working tree is not too late' '
	fresh ivan && test_tick && (
		cd ivan/clone && echo x >f && git add f && git commit -q -m one
	) && on ivan git vault -q snapshot >late.id && id=$(cat late.id) &&
	on ivan git vault -q export ../../late1.bundle && fresh judy &&
	on judy git vault -q import ../../late1.bundle &&
	git -C judy/clone worktree add -q --detach "$top/tree" \
		"refs/vault/snapshots/$id^" &&
	on ivan git vault -q delete $id &&
	on ivan git vault -q export ../../late2.bundle && pin_late $id &&
	on judy env PATH="$top/late:$PATH" git-vault import ../../late2.bundle &&
	test_path_is_dir pinned && on judy git vault list --id-only >out &&
	test_cmp late.id out && on judy git vault show $id >out &&
	test_grep -i pinned out
'

test_expect_success 'what was deleted here does not come back, which is said' '
	git init -q letgo && (
		cd letgo && echo a >a && git add a && git commit -q -m a &&
		id=$(git vault snapshot) && echo b >a && git vault -q snapshot &&
		git vault export ../letgo.bundle && git vault delete "$id" &&
		git vault import ../letgo.bundle >out 2>err && test_must_be_empty out &&
		test_grep "1 of its snapshots is deleted here, and stays so" err &&
		test_grep "all else that it has is here already" err &&
		git vault import --json ../letgo.bundle >json &&
		test_grep "\"snapshots\":2,\"deleted\":1,\"taken\":0" json &&
		git vault list --id-only >ids && ! grep "$id" ids &&
		: "of what an increment only goes on from nothing is counted" &&
		echo c >a && git vault -q snapshot &&
		git vault export --incremental ../letgo2.bundle &&
		git vault import --json ../letgo2.bundle >json &&
		test_grep "\"snapshots\":1,\"deleted\":0,\"taken\":0" json
	)
'

test_expect_success 'one that was pinned elsewhere comes back, which is said' '
	test_create_repo taken && (
		cd taken && echo a >a && git add a && git commit -q -m a &&
		one=$(git vault snapshot) && echo b >a &&
		two=$(git vault snapshot) && git clone -q . ../untold &&
		git -C ../untold vault sync -q >out && git vault delete $one $two &&
		git -C ../untold vault pin $two && git -C ../untold vault export \
			../taken.bundle && git vault import ../taken.bundle >out 2>err &&
		test_grep "1 of its snapshots is deleted here, and stays so" err &&
		git vault list --id-only >ids && echo $two >expect &&
		test_cmp expect ids
	)
'

test_done
