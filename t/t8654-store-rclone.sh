#!/bin/sh
# shellcheck disable=SC2154

test_description='objects in a remote of rclone, the last resort'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

store_rclone_start || skip_all "rclone is not installed"
root=$store_dir/root

test_expect_success 'it stores, reads, looks, lists and deletes' '
	printf one >one && printf two >two && head -c 300000 /dev/urandom >large &&
	store put packs/a one && store get packs/a >out && test_cmp one out &&
	store put packs/b large new && store get packs/b >out &&
	cmp large out && store get packs/a 1 1 >out && printf n >expect &&
	test_cmp expect out && store get packs/a 3 >out &&
	test_must_be_empty out && store stat packs/b >out &&
	grep "^300000 " out && store put heads-x two &&
	store list >out && cat >expect <<-\END && test_cmp expect out &&
	3 heads-x
	3 packs/a
	300000 packs/b
	73 probe
	END
	store list nothing/ >out && test_must_be_empty out &&
	store delete packs/a && store delete packs/a &&
	store_fails $NOTFOUND "does not have packs/a" get packs/a &&
	store_fails $NOTFOUND "does not have packs/a" stat packs/a
'

test_expect_success 'it looks before it writes, and promises nothing' '
	store promises >out && ! grep creates out &&
	store put n one new && store_fails $EEXISTS already put n two new &&
	store put n two && store get n >out && test_cmp two out &&
	store_fails $REFUSED "which version of it" put n one same "" &&
	test -z "$(find "$root" -name ".put-*")"
'

test_expect_success 'what rclone cannot do is a sentence' '
	(
		store_url=rclone:nowhere:x &&
		store_fails $ERROR "rclone: Failed to" list
	) &&
	chmod 500 "$root" && {
		test "$(id -u)" = 0 || store_fails $ERROR "rclone: " put n one
	} && chmod 700 "$root"
'

test_expect_success 'a remote that is not there is named' '
	mkdir away && mv "$root" away/root &&
	store_fails $NOTFOUND "nothing at $store_url" list &&
	store_fails $NOTFOUND "nothing at $store_url" list packs/ &&
	mv away/root "$root" && store list packs/ >out
'

test_expect_success 'it asks nobody for a password, and is not waited for without end' '
	cp "$store_dir/conf" conf && printf "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n%s\n" \
		"$(head -c 60 /dev/urandom | base64 -w0)" >"$store_dir/conf" &&
	store_fails $ERROR "not allowed to ask for password" put n one &&
	cp conf "$store_dir/conf" && mkdir -p bin && printf "#!/bin/sh\nexec sleep 60\n" >bin/rclone && chmod +x bin/rclone && (
		PATH=$PWD/bin:$PATH &&
		store_fails $ERROR "neither read nor wrote anything for 1 s" -o stall=1 list
	)
'

test_expect_success 'parameters, and passwords among them, are refused' '
	for bad in rclone: rclone:x rclone::s3,secret_access_key=notthesecret:b \
		rclone:here,pass=notthesecret:b rclone:-o:x
	do
		(
			store_url=$bad &&
			store_fails $REFUSED "the name of a remote" list &&
			! grep notthesecret err
		) || return 1
	done &&
	test_expect_code 129 git vault replicate add r \
		rclone::s3,secret_access_key=notthesecret:b 2>err &&
	! grep notthesecret err && ! grep -r notthesecret .git
'

test_expect_success 'a push and the status say what it cannot do' '
	echo one >file && git add file && test_tick && git commit -q -m one &&
	echo "password: 4g8Kq2vLw9sZx7Rt" >p.yaml &&
	git vault -q snapshot >/dev/null && git vault replicate add r "$store_url/v" &&
	git vault replicate push >out 2>err && cat out err >said &&
	grep "no compare-and-swap" said &&
	git vault replicate >out && grep "no compare-and-swap" out &&
	git vault --json replicate >json && grep "\"conditional\": *false" json &&
	git vault replicate verify --level read &&
	git vault replicate restore "$store_url/v" back &&
	test "$(git -C back rev-parse HEAD)" = "$(git rev-parse HEAD)"
'

test_expect_success 'a folder is no object' '
	mkdir -p "$root/folder/in" && : >"$root/folder/in/a" &&
	store_fails $REFUSED "folder in $store_url is not a file" stat folder
'

test_done
