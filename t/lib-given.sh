# shellcheck shell=sh
# Snapshots that withhold values, made by hand: for commands that read them.
# Source this after test-lib.sh and lib-snapshot.sh.
#
#	given_setup && given_take && first=$snapshot

given_tool=$GIT_VAULT_BUILD_DIR/t/helper/given-tool

# A key for us, one who reads nothing, and a repository with values in files of
# three scopes: given.spans says where.
given_setup () {
	mkdir -p envs/prod envs/dev .plain &&
	printf 'user = "root"\npassword = "hunter2-of-prod"\nend\n' \
		>envs/prod/db.tf &&
	printf 'token = "dev-token-0001"\n' >envs/dev/api.tf &&
	printf 'A=alpha-secret-1\nB=beta-secret-2\n' >shared.conf &&
	printf 'DB_PASSWORD=all-of-this-file\n' >.env &&
	head -c 600000 /dev/urandom >envs/prod/store.jks &&
	printf 'GITVAULT[file:0000000000000000000000000000000000000000]' \
		>.plain/looks-like-one &&
	printf '#!/bin/sh\nexport T=run-secret-7\n' >run.sh &&
	chmod 755 run.sh && chmod 600 .env && chmod 640 envs/prod/store.jks &&
	echo plain >plain.txt &&
	git add -A && git commit -q -m base &&
	cat >../given.spans <<-\END
	shared 0 0 file .env
	dev 9 14 api-token envs/dev/api.tf
	prod 26 15 password envs/prod/db.tf
	prod 0 0 file envs/prod/store.jks
	shared 19 12 token run.sh
	shared 2 14 password shared.conf
	shared 19 13 password shared.conf
	END
}

# given_take [OPTION…]: a snapshot of what stands, less the values; then all
# stands as before. Options as of snapshot_take.
given_take () {
	rm -rf ../given.clear && cp -a . ../given.clear &&
	sort -k 5 -k 2n ../given.spans |
		"$given_tool" ../given.list &&
	cut -d " " -f 5- ../given.spans | sort -u |
	while read -r path_
	do
		chmod --reference="../given.clear/$path_" "$path_" &&
		touch -r "../given.clear/$path_" "$path_" || return 1
	done &&
	find . -path ./.git -prune -o -type d -printf '%P\n' |
	while read -r path_
	do
		touch -r "../given.clear/$path_" "./$path_" || return 1
	done &&
	snapshot_list=../given.list &&
	snapshot_take -x "Vault-Secrets: $(($(wc -l <../given.list) - 1))" \
		"$@" &&
	find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf '{}' + &&
	(cd ../given.clear && tar cf - --exclude=./.git .) | tar xpf -
}

# given_cmp DIR: as the tree was, with all metadata
given_cmp () {
	(cd given.clear && find . -path ./.git -prune -o -printf '%P %m %y %T@\n') |
		sort >given.expect &&
	(cd "$1" && find . -path ./.git -prune -o -printf '%P %m %y %T@\n') |
		sort >given.actual &&
	test_cmp given.expect given.actual &&
	diff -r -x .git given.clear "$1"
}

# given_key NAME: another identity; given_as NAME COMMAND…
given_as () {
	GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/$1.key &&
	export GIT_VAULT_IDENTITY && shift &&
	"$@"
	status_=$?
	unset GIT_VAULT_IDENTITY
	return $status_
}
