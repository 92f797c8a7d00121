#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='40 pushes that rules of access refuse or take

Through gitolite over ssh, which names who pushes by their key, and through nginx
and git http-backend, which names them by their login.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"
. "$TEST_DIRECTORY/lib-http.sh"
. "$TEST_DIRECTORY/lib-gitolite.sh"

! why=$(gitolite_why_not) || skip_all "$why"
http_or_skip

end () {
	code=$?
	http_stop
	gitolite_stop
	return $code
}
trap 'end; at_exit_' EXIT
gitolite_make || skip_all "no user can be made here"

# the servers have the time of the machine
unset GIT_VAULT_TEST_TIME

# ---- a team, whose vault goes to both servers -------------------------------

test_expect_success 'set up: rules, and branches to push, made in one clone' '
	team && owner=$(as alice git vault key list --json |
		jq -r ".recipients[] | select(.role == \"owner\") | .name") &&
	cat >alice/clone/.gitvault.yaml <<-END &&
	config:
	  app: {layers: [config/base.yaml, "config/{env}.yaml"]}
	access:
	  branches: [main, "release/*"]
	  accounts: {alice: "$owner", bob: bob, carol: carol, dan: dan}
	  roles: {sre: [bob], dba: [carol]}
	  rules:
	  - {paths: ["config/prod*"], keys: [db.**], approvals: 1, by: [dba]}
	  - {env: prod, roles: [sre, dba]}
	  - {paths: [frozen], freeze: "mon 00:00..sun 24:00 Europe/Berlin", roles: [sre]}
	END
	as alice sh -c "git add . && git commit -q -m rules && git push -q origin HEAD:main" &&
	as bob sh -c "git pull -q && git remote set-head origin main" && share bob
'

# branch NAME SCRIPT: of bob, on main, with a commit of what the script does
branch () {
	as bob sh -c "git checkout -q -B '$1' origin/main && { $2
		} && { git add -A && git commit -q --allow-empty -m '$1'; }"
}

test_expect_success '... 27 branches' '
	branch other "echo x >other" &&
	branch dev "sed -i s/db2/dbX/ config/dev.yaml" &&
	branch pool "sed -i s/5/6/ config/prod.yaml" &&
	branch comment "echo \"# why\" >>config/prod.yaml" &&
	branch base "sed -i s/shop/mall/ config/base.yaml" &&
	branch host "sed -i s/db1/db9/ config/prod.yaml" &&
	branch host2 "sed -i s/db1/db8/ config/prod.yaml" &&
	branch policy "sed -i /approvals/d .gitvault.yaml" &&
	branch broken "echo : >>.gitvault.yaml; echo [ >>.gitvault.yaml" &&
	branch nopolicy "git rm -q .gitvault.yaml" &&
	branch policylink "git mv .gitvault.yaml p && ln -s p .gitvault.yaml" &&
	branch loosen "sed -i /approvals/d .gitvault.yaml" &&
	as bob sh -c "sed -i s/db1/db9/ config/prod.yaml && git commit -q -a -m then" &&
	branch renamed "git mv config/prod.yaml config/x.yaml" &&
	branch deleted "git rm -q config/prod.yaml" &&
	branch link "git rm -q config/prod.yaml && ln -s dev.yaml config/prod.yaml" &&
	branch folder "ln -s ../elsewhere config/prod" &&
	branch module "git init -q config/prod && git -C config/prod commit -q --allow-empty -m x" 2>/dev/null &&
	rm -rf bob/clone/config/prod &&
	branch twice "printf \"db:\\n  host: evil\\n\" | cat - config/prod.yaml >x && mv x config/prod.yaml" &&
	branch anchor "printf \"x: &x {host: evil}\\ndb:\\n  <<: *x\\n#\\n#\\n#\\n#\\npool: 5\\n\" >config/prod.yaml" &&
	branch tag "sed -i \"s/host: db1/host: !!str db1/\" config/prod.yaml" &&
	branch upper "git mv config/prod.yaml config/PROD.yaml && git show origin/main:config/prod.yaml >config/prod.yaml &&
		sed -i s/db1/db9/ config/PROD.yaml" &&
	branch huge "{ cat config/prod.yaml; head -c 17000000 /dev/zero | tr \"\\\\0\" \"#\"; } >x && mv x config/prod.yaml" &&
	branch exec "chmod +x config/prod.yaml" &&
	branch frozen "echo x >frozen" &&
	branch hidden "sed -i s/db1/db9/ config/prod.yaml" &&
	as bob sh -c "sed -i s/db9/db1/ config/prod.yaml && git commit -q -a -m back" &&
	as bob sh -c "git checkout -q -B swapped origin/main~1 && sed -i s/db1/db7/ config/prod.yaml &&
		git commit -q -a -m old && git merge -q -m swapped origin/main" &&
	as bob sh -c "git checkout -q --orphan alone && git commit -q -m alone && git checkout -q other" &&
	as carol sh -c "git fetch -q" && as bob git push -q origin host &&
	as carol sh -c "git fetch -q && git vault config approve origin/host" 2>/dev/null &&
	share carol bob
'

test_expect_success 'both servers have the rules, the vault and the hooks' '
	for who in alice bob carol dan
	do
		ssh-keygen -q -t ed25519 -N "" -C $who -f $TMPDIR/$who || return 1
	done &&
	gitolite_start $TMPDIR/alice.pub &&
	for who in bob carol dan
	do
		cp $TMPDIR/$who.pub $gitolite_home/$who.pub && chmod 644 $gitolite_home/$who.pub || return 1
	done &&
	(cd / && gitolite_as mkdir -p $gitolite_home/.gitolite/keydir &&
		gitolite_as cp $gitolite_home/bob.pub $gitolite_home/carol.pub $gitolite_home/dan.pub $gitolite_home/.gitolite/keydir &&
		gitolite_as gitolite trigger POST_COMPILE) &&
	git init -q --bare -b main web.git && git -C web.git config http.receivepack true &&
	printf "%s:{PLAIN}x\n" alice bob carol dan >$TMPDIR/passwd && chmod 644 $TMPDIR/passwd &&
	http_start "$PWD" "\$remote_user; auth_basic team; auth_basic_user_file $TMPDIR/passwd" &&
	ssh=$gitolite_home/repositories/testing.git &&
	(cd / && gitolite_as git -C $ssh symbolic-ref HEAD refs/heads/main) &&
	git config --global --add safe.directory "*" &&
	git -C remote push -q ../web.git main "refs/vault/*:refs/vault/*" &&
	GIT_SSH_COMMAND=$(gitolite_key $TMPDIR/alice) git -C remote push -q $gitolite_url/testing main "refs/vault/*:refs/vault/*" &&
	(cd / && gitolite_as git -C $ssh vault hooks install) >/dev/null &&
	git -C web.git vault hooks install >/dev/null
'

# ---- the matrix -------------------------------------------------------------

# send HOST WHO REFSPEC…
send () {
	host_=$1 who_=$2 && shift 2
	case $host_ in
	ssh) GIT_SSH_COMMAND=$(gitolite_key $TMPDIR/$who_) git -C bob/clone push -q --force $gitolite_url/testing "$@" 2>err ;;
	web) git -C bob/clone push -q --force "http://$who_:x@${http_url#http://}/web.git" "$@" 2>err ;;
	esac
}

# row WHAT HOST WHO REFSPEC WORDS: refused with these words; taken with "ok", and
# then main goes back to where it was, so that each row begins with the same
row () {
	test_expect_success "$1: $2, $3" "
		if test '$5' = ok
		then
			send $2 $3 $4 || { cat err; return 1; }
			back $2
		else
			! send $2 $3 $4 && grep -F -e '$5' err || { cat err; back $2; return 1; }
		fi"
}

back () {
	main_=$(git -C bob/clone rev-parse origin/main)
	case $1 in
	ssh) (cd / && gitolite_as git -C $ssh update-ref refs/heads/main $main_) ;;
	web) git -C web.git update-ref refs/heads/main $main_ ;;
	esac
}

row 'a file of no rule' ssh dan other:main ok
row 'another environment' web dan dev:main ok
row 'production, by somebody without a role' ssh dan pool:main 'dan does not have that role'
row 'the same' web dan pool:main 'dan does not have that role'
row 'production, by sre' ssh bob pool:main ok
row 'production, by dba' web carol pool:main ok
row 'a comment in it, by somebody without a role' web dan comment:main 'dan does not have that role'
row 'a comment in it, by sre' ssh bob comment:main ok
row 'the base of all environments' ssh dan base:main 'dan does not have that role'
row 'the base of all environments, by sre' web bob base:main ok
row 'an approved key' ssh bob host:main ok
row 'an approved key' web bob host:main ok
row 'the approved key, by somebody without a role' web dan host:main 'dan does not have that role'
row 'the approved key, by its approver' ssh carol host:main '1 more approval is needed'
row 'another value than the approved one' ssh bob host2:main '1 more approval is needed'
row 'another value than the approved one' web bob host2:main '1 more approval is needed'
row 'the rules loosened' ssh bob policy:main 'only owner may change it'
row 'the rules changed by an owner' web alice policy:main ok
row 'rules that nobody can read, by an owner' ssh alice broken:main 'gitvault.yaml'
row 'the policy deleted' web carol nopolicy:main 'only owner may change it'
row 'the policy as a link, by an owner' web alice policylink:main 'is a link or a folder'
row 'loosened, and used in the next commit of one push' ssh bob loosen:main 'only owner may change it'
row 'renamed' web bob renamed:main '1 more approval is needed'
row 'deleted' ssh bob deleted:main '1 more approval is needed'
row 'a link in its place' web bob link:main '1 more approval is needed'
row 'a link where files of the rule could be' ssh bob folder:main '1 more approval is needed'
row 'a submodule there' web bob module:main '1 more approval is needed'
row 'a key that is there twice' ssh bob twice:main '1 more approval is needed'
row 'a key through an anchor and a merge key' web bob anchor:main '1 more approval is needed'
row 'a tag of YAML' ssh bob tag:main '1 more approval is needed'
row 'a name in other letters' web bob upper:main '1 more approval is needed'
row 'a file too large to be read' ssh bob huge:main '1 more approval is needed'
row 'an executable' web bob exec:main '1 more approval is needed'
row 'in a freeze' ssh bob frozen:main 'nobody may change it until'
row 'there and back in one push' web bob hidden:main '1 more approval is needed'
row 'a merge whose second parent is main' ssh bob swapped:main '1 more approval is needed'
row 'another history' web alice alone:main 'moves forward only'
row 'main deleted' ssh alice :main 'no push deletes it'
row 'a new release with it' web bob host2:release/1 '1 more approval is needed'
row 'two refs, one of them refused' ssh bob 'dev:refs/heads/dev host2:main' '1 more approval is needed'

test_expect_success 'a tag, and a branch that is not protected, are of no rule' '
	send ssh dan host2:refs/tags/x && send web dan host2:refs/heads/host2
'

test_expect_success 'both servers know whom they refused' '
	send ssh bob pool:main && send web bob pool:main &&
	(cd / && gitolite_as git -C $ssh vault audit list --json --kind config-refuse) >out &&
	test_grep "by dan" out && git -C web.git vault audit list --json --kind config-refuse >out && test_grep "by dan" out
'

test_done
