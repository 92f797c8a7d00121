#!/bin/sh
# shellcheck disable=SC2154,SC2086

test_description='layers that etcd keeps in place of the working tree'
. "$(dirname "$0")/test-lib.sh"

for program_ in etcd etcdctl python3
do
	command -v $program_ >/dev/null || skip_all "$program_ is not installed"
done
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

top=$TRASH_DIRECTORY
program=$GIT_VAULT_SRC_DIR/contrib/storage/etcd
etcd () { sh "$program" "$address" shop/ "$@"; }

end () {
	code_=$?
	test -z "$server" || kill "$server" 2>/dev/null
	return $code_
}
server=
trap 'end; at_exit_' EXIT

# start: etcd on two ports of 127.0.0.1 that are free
start () {
	# shellcheck disable=SC2046
	set -- $(python3 -c 'import socket
s = [socket.socket() for i in range(2)]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])') && address=http://127.0.0.1:$1
	command etcd --data-dir "$top/data" --listen-client-urls "$address" \
		--advertise-client-urls "$address" \
		--listen-peer-urls "http://127.0.0.1:$2" \
		--initial-advertise-peer-urls "http://127.0.0.1:$2" \
		--initial-cluster "default=http://127.0.0.1:$2" \
		>"$top/log" 2>&1 5>&- & server=$!
	for try_ in $(test_seq 150)
	do
		ETCDCTL_API=3 etcdctl --endpoints="$address" get x \
			>/dev/null 2>&1 && return 0
		sleep 0.1
	done
	tail -n 3 "$top/log" && return 1
}

test_expect_success 'set up: etcd, and layers in it' '
	start && printf "pool:\n  max: 5 # enough\nname: shop\n\n" | etcd put config/base.yaml --if - &&
	printf "pool:\n  max: 50" | etcd put config/prod.yaml --if - && cat >.gitvault.yaml <<-END &&
	config:
	  app:
	    layers: [config/base.yaml, "config/{env}.yaml"]
	    storage: [sh, "$program", "$address", shop/]
	END
	git add .gitvault.yaml && git commit -q -m policy && git vault policy accept 2>/dev/null
'

test_expect_success 'bytes come back as they were, whatever they are' '
	printf "a \\\\ \"q\" '\''s'\'' \$x \`y\` %%s\n\t\303\251\n\n\n" >bytes && etcd put "x/od d.yaml" --if - <bytes &&
	etcd get "x/od d.yaml" | sed 1d >out && test_cmp bytes out && etcd put e.yaml --if - </dev/null &&
	etcd get e.yaml | sed 1d >out && test_must_be_empty out && etcd list >list && test_line_count = 4 list &&
	test_grep -x "[0-9]* x/od d.yaml" list && etcd get none >out && echo - >expect && test_cmp expect out
'

test_expect_success 'only who has the version writes' '
	etcd put e.yaml --if - <bytes >out && test_cmp expect out && etcd put e.yaml --if 1 <bytes >out &&
	test_cmp expect out && etcd put e.yaml --if word <bytes >out && test_cmp expect out &&
	etcd get e.yaml >got && etcd put e.yaml --if "$(head -n 1 got)" <bytes >out &&
	etcd get e.yaml >got && head -n 1 got >first && test_cmp first out
'

test_expect_success 'get, explain, set and validate read and write it' '
	git vault config get --env prod pool.max name >out && printf "50\nshop\n" >expect && test_cmp expect out &&
	git vault config set pool.max 6 && etcd get config/base.yaml | sed 1d >out &&
	printf "pool:\n  max: 6 # enough\nname: shop\n\n" >expect && test_cmp expect out &&
	git vault config explain --env prod pool.max >out && test_grep "config/prod.yaml:2 (version [0-9]*)" out &&
	git vault config validate --all
'

test_expect_success 'several keys are written in one transaction, or none' '
	etcd list >before && printf "4\na\nbc2\n\"\n" | etcd put-all "two/a b" - two/b - >v && test_line_count -eq 1 v &&
	etcd get "two/a b" | sed 1d >out && printf "a\nbc" >expect && test_cmp expect out && etcd list >after &&
	printf "1\nx1\ny" | etcd put-all "two/a b" "$(cat v)" two/b - >w && echo - >expect && test_cmp expect w &&
	etcd list >now && test_cmp after now && git vault config set --env prod pool.max 52 name both &&
	git vault config get --env prod pool.max name >out && printf "52\nboth\n" >expect && test_cmp expect out &&
	test_must_fail etcd list --at 2026-01-01T00:00:00Z 2>err && test_grep "by their numbers and not by a time" err &&
	git vault config set --env prod pool.max 50 name shop
'

test_expect_success 'of two who write at once one wins, and the other is told' '
	for i in 1 2 3 4 5 6 7 8
	do
		git clone -q . ../c$i && (cd ../c$i && git vault policy accept 2>/dev/null) || return 1
	done && pids= && for i in 1 2 3 4 5 6 7 8
	do
		(cd ../c$i && git vault config set --layer config/base.yaml k$i $i 2>err &&
			echo k$i >>"$top/acked") & pids="$pids $!"
	done && { wait $pids; etcd get config/base.yaml | sed -n "s/^\(k[^:]*\):.*/\1/p" | sort >have; } &&
	sort "$top/acked" >expect && test_cmp expect have && test -s have &&
	for i in 1 2 3 4 5 6 7 8
	do
		grep -q -x k$i have || grep -q "nothing was written: somebody else has changed" ../c$i/err ||
			grep -q "somebody changes it at this moment" ../c$i/err || return 1
	done
'

test_expect_success 'the history of etcd may be compacted at any time' '
	revision=$(ETCDCTL_API=3 etcdctl --endpoints="$address" get x -w fields | sed -n "s/^\"Revision\" : //p") &&
	ETCDCTL_API=3 etcdctl --endpoints="$address" compact "$revision" && git vault config get --env prod pool.max
'

test_expect_success 'without etcd a command fails, and says why' '
	kill $server && { wait $server; server=; } && test_must_fail git vault config get --env prod pool.max >out 2>err &&
	cat err && test_must_be_empty out && test_grep "cannot list its keys: " err &&
	test_must_fail git vault config set --env prod pool.max 7 2>err && test_grep "cannot list its keys: " err
'

test_done
