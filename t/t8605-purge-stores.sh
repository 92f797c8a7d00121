#!/bin/sh
# shellcheck disable=SC2154

test_description='purge on each kind of store: no pack has the file, or what stays is named

Real servers of SFTP and WebDAV and rclone, where they can run here. Azure is a
server of ours, which keeps versions and deleted blobs as Azure documents it;
with GIT_VAULT_TEST_NODE, a folder of npm, the real s3rver and azurite, too.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

# begin: a repository with a copy in the store that was started
begin () {
	rm -rf one && git init -q one && echo keep >one/keep &&
	git -C one vault replicate add ${endpoint:+--endpoint "$endpoint"} \
		far "$store_url" && push zero
}

# push TEXT: a snapshot with the file "gone" of that text, $gone, and a push
push () {
	echo "$1" >one/gone && git -C one vault -q snapshot >/dev/null 2>&1 &&
	gone=$(git -C one hash-object gone) && rm one/gone &&
	git -C one vault replicate push >pushed 2>&1
}

# held ID: an index of a pack in the store has it
held () {
	store list packs/ >names && while read -r _ name
	do
		case $name in
		*.idx)
			store get "$name" >idx && git show-index <idx >rows &&
			! grep "$1" rows || return 0
			;;
		esac
	done <names
	return 1
}

# purge STATUS: no pack in use has the file then; what it printed is in "out", a
# line for each reason
purge () {
	held "$gone" && test_expect_code "$1" git -C one vault purge gone >said 2>err &&
	! held "$gone" && sed "s/^ *//" said | tr "\n" " " | sed "s/ *left /\n&/g" >out &&
	rm -rf back && git vault replicate restore \
		${endpoint:+--endpoint "$endpoint"} "$store_url" back &&
	git -C back fsck --connectivity-only
}

# again STATUS: what is left of it
again () {
	test_expect_code "$1" git -C one vault purge >out 2>err
}

# until_status STATUS METHOD URL: the server answers so
until_status () {
	tries=0
	until test "$(curl -s -o /dev/null -w "%{http_code}" -u vault:pass:word \
		-X "$2" "$3")" = "$1"
	do
		tries=$((tries + 1))
		test $tries -lt 100 && sleep 0.1 || return 1
	done
}

# dav_deny, dav_allow: deleting
dav_deny () {
	cp "$store_dir/conf" conf && {
		sed "/Require valid-user/d" conf && cat <<-\END
		<Location />
			AuthzSendForbiddenOnFailure On
			<RequireAll>
				Require valid-user
				Require expr %{REQUEST_METHOD} != "DELETE"
			</RequireAll>
		</Location>
		END
	} >"$store_dir/conf" && kill -USR1 "$store_pid_" &&
		until_status 403 DELETE "http://127.0.0.1:$port/v/none"
}

dav_allow () {
	cp conf "$store_dir/conf" && kill -USR1 "$store_pid_" &&
		until_status 404 DELETE "http://127.0.0.1:$port/v/none"
}

test_lazy_prereq RCLONE 'rclone version'

if store_sftp_start
then
	test_expect_success 'sftp: the packs with the file go' '
		begin && purge 0 && test_grep "removed [1-9]" out && again 0 &&
		test_must_be_empty out && push next && purge 0
	'
	test_expect_success 'sftp: a user who may not delete is told so' '
		push denied && cp "$store_dir/sshd.conf" conf &&
		sed "s/internal-sftp/& -P remove/" conf >"$store_dir/sshd.conf" &&
		test_expect_code 3 git -C one vault purge gone >out 2>err &&
		test_grep "does not let this host delete" out &&
		cp conf "$store_dir/sshd.conf" && again 0 && ! held "$gone"
	'
fi

if store_dav_start
then
	test_expect_success 'webdav: a trash is named, once' '
		begin && purge 3 && test_grep "left *the server may keep deleted" out &&
		again 0 && test_must_be_empty out
	'
	test_expect_success 'webdav: a user who may not delete is told so' '
		push denied && dav_deny &&
		test_expect_code 3 git -C one vault purge gone >out 2>err &&
		test_grep "does not let this host delete" out && held "$gone" &&
		dav_allow
	'
	test_expect_success RCLONE 'rclone: a user who may not delete is told so' '
		RCLONE_CONFIG=$PWD/rclone.conf && export RCLONE_CONFIG &&
		printf "[there]\ntype = webdav\nvendor = other\nuser = vault\nurl = %s\npass = %s\n" \
			"$endpoint" "$(rclone obscure pass:word)" >rclone.conf &&
		store_url=rclone:there:w endpoint= && rclone mkdir there:w &&
		begin && dav_deny &&
		test_expect_code 3 git -C one vault purge gone >out 2>err &&
		test_grep "does not let this host delete" out && held "$gone"
	'
	store_dav_stop
fi

if store_rclone_start
then
	test_expect_success 'rclone: a trash is named, once, with the command' '
		begin && purge 3 && test_grep "rclone cleanup here:" out &&
		again 0 && test_must_be_empty out
	'
fi

test_expect_success 'azure: packs go, without versions and with them' '
	store_start azure && begin && purge 0 && store_on versions &&
	push versions && purge 0 && store versions packs/ >out &&
	! grep -v current out
'

test_expect_success 'azure: soft delete ends where that is allowed' '
	store_on soft 6 && store_on permanent && push soft && purge 0 &&
	store versions packs/ >out && ! grep -v current out &&
	git -C one vault replicate remove far && rm -rf one
'

test_expect_success 'azure: what soft delete keeps is named with its day' '
	store_off && store_on soft 6 && begin && purge 3 &&
	day=$(date -u -d "+7 days" +%Y-%m-%d) &&
	test_grep "left .* deleted, but kept by the store (soft delete) until $day" out &&
	test_grep "az storage blob list --include dsv --account-name vaulttest --container-name box --prefix p/packs/" out &&
	test_expect_code 3 git -C one vault --json purge >out 2>err &&
	test_grep "\"kind\":\"kept\"" out && rm "$store_dir/on/soft" &&
	for id in $(store versions packs/ | sed -n "s/ - deleted//p"); do
		echo "$id"
	done >kept && test -s kept
'

test_expect_success 'azure: who may not list or delete is told so' '
	store_off && push unlisted && store_on unversioned &&
	test_expect_code 3 git -C one vault purge gone >out 2>err &&
	tr -s " \n" " " <out >line && test_grep "let this host list versions" line &&
	test_grep "az storage blob list" line && store_off && push denied &&
	store_on readonly &&
	test_expect_code 3 git -C one vault purge gone >out 2>err &&
	test_grep "does not let this host delete" out && store_stop
'

# Servers of other people, from npm.
bin=${GIT_VAULT_TEST_NODE:+$GIT_VAULT_TEST_NODE/node_modules/.bin}

# wait_for URL
wait_for () {
	tries=0
	until curl -s -o /dev/null "$1"
	do
		tries=$((tries + 1))
		test $tries -lt 300 && sleep 0.1 || return 1
	done
}

free_port () {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

if test -n "$bin" && test -x "$bin/s3rver"
then
	port=$(free_port) endpoint=http://127.0.0.1:$port store_url=s3://vault/p
	AWS_ACCESS_KEY_ID=S3RVER AWS_SECRET_ACCESS_KEY=S3RVER
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	"$bin/s3rver" -d "$PWD/s3rver" -a 127.0.0.1 -p "$port" \
		--configure-bucket vault >s3rver.out 2>&1 &
	pid=$!
	test_expect_success 's3rver: the packs with the file go' '
		mkdir -p s3rver && wait_for "$endpoint" && begin && purge 0 &&
		again 0 && push next && purge 0
	'
	kill "$pid"
fi

if test -n "$bin" && test -x "$bin/azurite-blob"
then
	port=$(free_port) endpoint=http://127.0.0.1:$port/devstoreaccount1
	store_url=azure://devstoreaccount1/box/p
	AZURE_STORAGE_ACCOUNT=devstoreaccount1
	AZURE_STORAGE_KEY=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
	export AZURE_STORAGE_ACCOUNT AZURE_STORAGE_KEY
	"$bin/azurite-blob" --silent --skipApiVersionCheck --location "$PWD/azurite" \
		--blobHost 127.0.0.1 --blobPort "$port" >azurite.out 2>&1 &
	pid=$!
	test_expect_success 'azurite: the packs with the file go' '
		wait_for "$endpoint" && python3 - "$endpoint" "$AZURE_STORAGE_KEY" <<-\END &&
		import base64, hashlib, hmac, sys, time, urllib.request
		date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
		text = "PUT" + "\n" * 12 + "x-ms-date:%s\nx-ms-version:2021-12-02\n" \
		    "/devstoreaccount1/devstoreaccount1/box\nrestype:container" % date
		sum = hmac.new(base64.b64decode(sys.argv[2]), text.encode(), hashlib.sha256)
		urllib.request.urlopen(urllib.request.Request(sys.argv[1] +
		    "/box?restype=container", method="PUT", headers={
			"x-ms-date": date, "x-ms-version": "2021-12-02",
			"Authorization": "SharedKey devstoreaccount1:" +
			base64.b64encode(sum.digest()).decode()}))
		END
		begin && purge 0 && again 0 && push next && purge 0
	'
	kill "$pid"
fi

test_done
