#!/bin/sh

test_description='objects in Azure, beside a server that checks signatures'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

test_expect_success 'a server starts' '
	store_start azure && printf one >one && printf two >two &&
	head -c 3000000 /dev/urandom >large
'

test_expect_success 'signed requests store, read, look, list and delete' '
	store put packs/a one && store get packs/a >out && test_cmp one out &&
	store put packs/b large && store get packs/b >out && cmp large out &&
	store put packs/empty /dev/null && store get packs/empty >out &&
	test_must_be_empty out &&
	store get packs/a 1 1 >out && printf n >expect && test_cmp expect out &&
	store stat packs/b >out && grep "^3000000 " out &&
	store list >out && cat >expect <<-\END && test_cmp expect out &&
	3 packs/a
	3000000 packs/b
	0 packs/empty
	END
	store_on page 2 && store list >out && test_cmp expect out && store_off &&
	store delete packs/a && store delete packs/a &&
	store_fails $NOTFOUND "does not have packs/a" get packs/a
'

test_expect_success 'what exists is not replaced, and only what is the same is' '
	store promises >out && grep "creates replaces" out &&
	store put n one new && store_fails $EEXISTS already put n two new &&
	store get n >out && test_cmp one out &&
	etag=$(store stat n) && etag=${etag#* } &&
	store put n two same "$etag" &&
	store_fails $EEXISTS n put n one same "$etag" &&
	store get n >out && test_cmp two out
'

test_expect_success 'what is locked is named as that' '
	store put l one new && store_on locked &&
	store_fails $REFUSED "it is locked there" delete l &&
	store_on locked "Sat, 01 Mar 2031 00:00:00 GMT" &&
	store_fails $REFUSED "it is locked there" erase l &&
	test_grep "locked until 1930089600" out &&
	store_fails $REFUSED "it is locked there" put l two &&
	store_fails $EEXISTS already put l two new &&
	store get l >out && test_cmp one out && store_off && store delete l
'

test_expect_success 'large objects go in blocks, and the condition is on the list' '
	store_log >/dev/null && store -o part=1000000 put large/x large new &&
	store_log >log && test "$(grep -c "comp=block " log)" = 3 &&
	store get large/x >out && cmp large out &&
	store_fails $EEXISTS already -o part=1000000 put large/x one new &&
	store_fails $EEXISTS already -o part=1000000 put large/x large new &&
	store_on lost 2 && store -o part=1000000 put large/l large new &&
	store_off && store get large/l >out && cmp large out
'

test_expect_success 'versions are listed in pages, and deleted one by one' '
	store put v/a one && store put v/b two && store_on versions &&
	store delete v/a && store_on page 1 && store versions v/ >out &&
	grep "^v/b versionid=[^ ]* current$" out &&
	old=$(sed -n "s,^v/a ,,p" out) && test_line_count = 2 out &&
	store erase v/a "$old" && store erase v/a "$old" &&
	store versions v/ >out && test_line_count = 1 out &&
	store_off && store_on unversioned && store versions v/ >out &&
	grep "^not all" out && store_off && store versions v/ >out &&
	echo "v/b - current" >expect && test_cmp expect out
'

test_expect_success 'what is deleted for some days goes for good if it may' '
	store_on versions && store_on soft 6 && store delete v/b &&
	store versions v/ >out && id=$(sed "s,^v/b ,," out) &&
	store erase v/b "$id" && store versions v/ >out &&
	grep "^v/b $id deleted$" out &&
	store_fails $REFUSED "409 OperationNotAllowed" erase v/b "$id" deleted &&
	store_on permanent && store erase v/b "$id" deleted &&
	store versions v/ >out && test_must_be_empty out &&
	rm "$store_dir/on/versions" && store put v/b two && store erase v/b &&
	store versions v/ >out && grep "^v/b - deleted$" out &&
	store_fails $REFUSED "kept there until its day" erase v/b "" deleted &&
	store_off
'

test_expect_success 'a busy server is asked again, and a cut answer goes on' '
	store_on busy 2 && store put c one new && store_off &&
	store_on cut 1 && store get packs/b >out && cmp large out && store_off &&
	store_on lost 1 && store put d one new && store_off &&
	store get d >out && test_cmp one out
'

test_expect_success 'wrong credentials are named, and shown nowhere' '
	AZURE_STORAGE_KEY=bm90dGhlc2VjcmV0 store_fails $NOKEY \
		"403 AuthenticationFailed; check AZURE_STORAGE_KEY" list &&
	! grep bm90dGhlc2VjcmV0 err &&
	AZURE_STORAGE_KEY=??? store_fails $NOKEY "no base64" list &&
	AZURE_STORAGE_ACCOUNT=other store_fails $NOKEY "are of the account" list
'

test_expect_success 'a clock that is wrong is named, with both times' '
	GIT_VAULT_TEST_TIME=1800000000 store_fails $REFUSED \
		"clock says 2027-01-15T08:00:00Z and the store" put n one
'

test_expect_success 'a shared access signature and a connection string do' '
	(
		unset AZURE_STORAGE_KEY AZURE_STORAGE_ACCOUNT &&
		store_fails $NOKEY "set AZURE_STORAGE_KEY" list &&
		AZURE_STORAGE_SAS_TOKEN="?sv=2021&sig=test%2Faccess%2Bsig%3D" &&
		export AZURE_STORAGE_SAS_TOKEN && store list >out &&
		store put s one new && store get s | test_cmp one - &&
		AZURE_STORAGE_SAS_TOKEN="sig=wrongone" store_fails $NOKEY 403 \
			list && ! grep wrongone err &&
		unset AZURE_STORAGE_SAS_TOKEN &&
		AZURE_STORAGE_CONNECTION_STRING="AccountName=vaulttest;AccountKey=dGhlIGtleSBvZiB0ZXN0cywgYW5kIG9mIG5vdGhpbmcgZWxzZQ==;BlobEndpoint=$endpoint/" &&
		export AZURE_STORAGE_CONNECTION_STRING &&
		store list >out && grep "3 s" out
	)
'

test_expect_success 'more than all blocks can hold is refused before a request' '
	store_log >/dev/null && head -c 50001 large >many &&
	store_fails $REFUSED "packs/many is too large for $store_url: at most 50000 bytes" -o probed=1 -o part=1 put packs/many many &&
	store_log >log && test_must_be_empty log
'

test_expect_success 'the server stops' 'store_stop'

test_done
