#!/bin/sh

test_description='objects in S3, beside a server that checks and that lies'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

test_expect_success 'a server starts' '
	store_start s3 && printf one >one && printf two >two &&
	head -c 3000000 /dev/urandom >large
'

test_expect_success 'signed requests store, read, look, list and delete' '
	store put packs/a one && store get packs/a >out && test_cmp one out &&
	store put packs/b large && store get packs/b >out && cmp large out &&
	store put packs/empty /dev/null && store get packs/empty >out &&
	test_must_be_empty out &&
	store get packs/a 1 1 >out && printf n >expect && test_cmp expect out &&
	store get packs/a 3 >out && test_must_be_empty out &&
	store stat packs/b >out && grep "^3000000 " out &&
	store list >out && cat >expect <<-\END && test_cmp expect out &&
	3 packs/a
	3000000 packs/b
	0 packs/empty
	END
	store list packs/ packs/a >out && sed 1d expect >rest &&
	test_cmp rest out && store delete packs/a && store delete packs/a &&
	store_fails $NOTFOUND "does not have packs/a" get packs/a &&
	store_fails $NOTFOUND "does not have packs/a" stat packs/a
'

test_expect_success 'a wrong key is named, and shown nowhere' '
	AWS_SECRET_ACCESS_KEY=notthesecret store_fails $NOKEY \
		"403 SignatureDoesNotMatch; check the credentials" list &&
	! grep notthesecret err &&
	AWS_ACCESS_KEY_ID=AKIDWRONG store_fails $NOKEY \
		"403 InvalidAccessKeyId" list &&
	store_url=s3://other store_fails $REFUSED "NoSuchBucket" list
'

test_expect_success 'what exists is not replaced, and only what is the same is' '
	store promises >out && grep creates out &&
	store put n one new && store_fails $EEXISTS "already" put n two new &&
	store get n >out && test_cmp one out &&
	etag=$(store stat n) && etag=${etag#* } &&
	store put n two same "$etag" &&
	store_fails $EEXISTS "n" put n one same "$etag" &&
	store get n >out && test_cmp two out
'

test_expect_success 'a store that ignores conditions is found out' '
	store delete probe && store_on ignore &&
	store promises >out && ! grep creates out &&
	store put ignored one new &&
	store_fails $EEXISTS "already has ignored" put ignored two new &&
	store get ignored >out && test_cmp one out && store_off
'

test_expect_success 'so is one that refuses them' '
	store delete probe && store_on unknown &&
	store promises >out && ! grep creates out &&
	store_fails $EEXISTS "already has ignored" put ignored two new &&
	store put refused one new && store get refused >out &&
	test_cmp one out && store_off
'

test_expect_success 'lists come in pages' '
	store list >expect && store_on page 2 && store_log >/dev/null &&
	store list >out && test_cmp expect out && store_off &&
	store_log >log && test_line_count = 3 log &&
	test "$(grep -c continuation-token log)" = 2
'

test_expect_success 'pages without an object have an end' '
	store_on page 0 && store_on idle &&
	store_fails $CORRUPT "again and again" list && store_off
'

test_expect_success 'versions are listed in pages, and deleted one by one' '
	store put v/a one && store put v/b two && store_on versions &&
	store delete v/a && store_on page 1 && store versions v/ >out &&
	grep "^v/a .* current marker" out && grep "^v/a [^ ]*\$" out &&
	grep "^v/b .* current\$" out && test_line_count = 3 out &&
	old=$(sed -n "s/^v.a \([^ ]*\)\$/\1/p" out) &&
	store_on locked 2031-01-02T00:00:00Z &&
	store_fails $REFUSED "" erase v/a "$old" && rm "$store_dir/on/locked" &&
	store erase v/a "$old" && store erase v/a mark && store erase v/a "$old" &&
	store versions v/ >out && test_line_count = 1 out &&
	store_off && store_on unversioned && store versions v/ >out &&
	grep "^not all" out && store_off && store versions v/ >out &&
	echo "v/b - current" >expect && test_cmp expect out && store erase v/b
'

test_expect_success 'busy servers and conflicts are asked again' '
	store_on busy 2 && store_on conflict 1 && store_log >/dev/null &&
	store -o probed=1 put c one new && store_log >log &&
	test "$(grep -c "PUT.* 503" log)" = 2 &&
	test "$(grep -c "PUT.* 409" log)" = 1 &&
	test "$(grep -c "PUT.* 200" log)" = 1 && store_off
'

test_expect_success 'a storm of 503 ends, named' '
	store_on busy 1000 &&
	store_fails $ERROR "503 SlowDown" -o give_up=1 put d one && store_off
'

test_expect_success 'an object whose answer was lost is known as ours' '
	store_on lost 1 && store -o probed=1 put lost one new && store_off &&
	store get lost >out && test_cmp one out &&
	store_fails $EEXISTS already -o probed=1 put lost two new
'

test_expect_success 'a cut answer goes on where it ended' '
	store_on cut 2 && store_log >/dev/null &&
	store get packs/b >out && cmp large out && store_off &&
	store_log >log && grep "GET.* 206" log &&
	test_line_count = 3 log
'

test_expect_success 'a body that is shorter than announced is asked for again' '
	store_on short 1 && store get packs/b 0 3000000 >out &&
	cmp large out && store_on short 1000 &&
	store_fails $ERROR "ended before all of it was there" \
		-o give_up=1 get packs/b 0 3000000 && store_off
'

test_expect_success 'a part that was not asked for is refused' '
	store_on gap 1 &&
	store_fails $CORRUPT "another part than was asked for" \
		get packs/b 5 10 && store_off
'

test_expect_success 'a list that is cut off is damaged, not short' '
	store_on short 1 && store_fails $CORRUPT "damaged or cut off" list &&
	store_off
'

test_expect_success 'a list in no order is refused, and ends' '
	store_on order && store_on page 2 &&
	store_fails $CORRUPT "in no order" list && store_off
'

test_expect_success 'a byte a second is too slow' '
	store_on slow &&
	store_fails $ERROR "too slow" -o give_up=1 get packs/b && store_off
'

test_expect_success 'a clock that is wrong is named, with both times' '
	GIT_VAULT_TEST_TIME=1800000000 store_fails $REFUSED \
		"clock says 2027-01-15T08:00:00Z and the store" put n one &&
	grep "set the clock of this host" err
'

test_expect_success 'a redirection to another host is not followed' '
	store_on move http://localhost:1 &&
	store_fails $REFUSED "307 TemporaryRedirect; it is elsewhere" put e one &&
	store_off
'

test_expect_success 'credentials that expire in the middle are renewed' '
	mkdir -p home/.aws && cat >home/.aws/config <<-\END &&
	[profile p]
	credential_process = ./give
	region = eu-central-1
	END
	cat >give <<-\END &&
	#!/bin/sh
	echo x >>asked
	n=$(wc -l <asked)
	printf "{\"Version\": 1, \"AccessKeyId\": \"AKIDTEST\","
	printf "\"SecretAccessKey\": \"test/secret+key\","
	printf "\"SessionToken\": \"token%d\"}" $n
	END
	chmod +x give && store_on expired token2 &&
	HOME=$PWD/home store -o profile=p put f one &&
	test_line_count = 2 asked &&
	store_fails $NOKEY "400 ExpiredToken" put f one && store_off
'

test_expect_success 'credentials come from files of profiles' '
	cat >home/.aws/credentials <<-\END &&
	[default]
	aws_access_key_id = AKIDTEST
	aws_secret_access_key = test/secret+key
	[q]
	aws_access_key_id=AKIDTEST
	aws_secret_access_key=wrong
	END
	(
		unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY &&
		HOME=$PWD/home && export HOME && store list >out &&
		AWS_PROFILE=q store_fails $NOKEY SignatureDoesNotMatch list &&
		store_fails $NOKEY "there is no profile" -o profile=none list &&
		HOME=$PWD/nowhere &&
		store_fails $NOKEY "set AWS_ACCESS_KEY_ID" list
	)
'

test_expect_success 'large objects go in parts, and the condition is on the end' '
	parts="-o probed=1 -o part=1000000" &&
	store_log >/dev/null && store $parts put large/x large new &&
	store_log >log && test "$(grep -c partNumber log)" = 3 &&
	store get large/x >out && cmp large out &&
	store_fails $EEXISTS already $parts put large/x large new &&
	store_log >log && grep "DELETE.*uploadId.* 204" log &&
	store_on late &&
	store_fails $ERROR "answers InternalError" $parts put large/y large &&
	store_off && store_fails $NOTFOUND "large/y" stat large/y &&
	store_on conflict 1 && store_log >/dev/null &&
	store $parts put large/z large new && store_off &&
	store_log >log && test "$(grep -c "uploads=" log)" = 2 &&
	store_on lost 2 && store $parts put large/l large new &&
	store_off && store get large/l >out && cmp large out
'

test_expect_success 'of parts, too, only what was announced is stored' '
	parts="-o probed=1 -o part=1000000" &&
	sum=$(sha256sum <large) && sum=${sum%% *} &&
	store $parts -o "sum=$sum" put large/s large new &&
	store get large/s >out && cmp large out &&
	wrong=$(sha256sum <one) && store_log >/dev/null &&
	store_fails $REFUSED "not what was announced" \
		$parts -o "sum=${wrong%% *}" put large/w large new &&
	store_log >log && grep "DELETE.*uploadId.* 204" log &&
	test "$(grep -c partNumber log)" = 3 &&
	store_fails $NOTFOUND "large/w" stat large/w
'

test_expect_success 'a large object goes in one request' '
	head -c 70000000 /dev/zero >huge && store_log >/dev/null &&
	store -o probed=1 put huge/a huge new && store_log >log &&
	test_line_count = 1 log && grep "PUT.* 200" log &&
	store_fails $EEXISTS already -o probed=1 put huge/a huge new &&
	store_log >log && test_line_count = 1 log
'

test_expect_success 'one whose request is cut goes on in parts' '
	sum=$(sha256sum <huge) && sum=${sum%% *} &&
	store_on broken 1 && store_log >/dev/null &&
	store -o probed=1 -o "sum=$sum" put huge/b huge new && store_off &&
	store_log >log && test "$(grep -c partNumber log)" = 2 &&
	grep "POST.*uploads= 200" log && ! grep "PUT [^?]* 200" log &&
	store get huge/b >out && cmp huge out &&
	store_on broken 1 &&
	store_fails $EEXISTS already -o probed=1 put huge/b huge new &&
	store_off && store get huge/b >out && cmp huge out
'

test_expect_success 'one whose answer was lost is known as ours' '
	store_on lost 1 && store_log >/dev/null &&
	store -o probed=1 put huge/c huge new && store_off &&
	store_log >log && ! grep partNumber log &&
	store get huge/c >out && cmp huge out
'

test_expect_success 'a name that is none, and more than all parts can hold, are refused before a request' '
	store_log >/dev/null && head -c 10001 large >many &&
	store_fails $REFUSED "'\''packs/UPPER'\'' cannot be the name of an object: letters a-z, digits, '\''.'\'', '\''_'\'', '\''-'\'' and '\''/'\'' only" put packs/UPPER one &&
	store_fails $REFUSED "packs/many is too large for $store_url: at most 10000 bytes" -o probed=1 -o part=1 put packs/many many &&
	store_log >log && test_must_be_empty log
'

test_expect_success 'the server stops' 'store_stop'

test_done
