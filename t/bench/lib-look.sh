# shellcheck shell=sh disable=SC2034,SC2154
# Looking at repositories with many snapshots: rows for a table that sources
# lib-bench.sh. Source this after it, and call scene_look.

# The stream that makes $1 versions of a tree of $files files, each with 20
# files changed and every tenth with one more, as commits that are no
# snapshots yet.
look_stream_ () {
	awk -v n="$1" -v files="$files" '
	function name(i) {
		return sprintf("tree/envs/e%d/g%d/m%d/f%d.tf", i % 50,
			int(i / 50) % 20, int(i / 1000), int(i / 5) % 5)
	}
	function put(path, text) {
		printf "M 100644 inline %s\ndata %d\n%s\n", path,
			length(text), text
	}
	function body(path, i) {
		return "resource \"x\" \"" path "\" {\n  n = " i "\n  a = " \
			rand() "\n}\n"
	}
	BEGIN {
		srand(7)
		for (c = 0; c < n; c++) {
			printf "commit refs/heads/gen\nmark :%d\n", c + 1
			printf "committer a <b> %d +0000\ndata 1\nx\n",
				1767225600 + c
			if (c)
				printf "from :%d\n", c
			for (i = 0; c == 0 && i < files; i++)
				put(name(i), body(name(i), 0))
			for (i = 0; c > 0 && i < 20; i++) {
				path = name(int(rand() * files))
				put(path, body(path, c))
			}
			if (c % 10 == 0)
				put("tree/envs/e7/hot.tf", body("hot", c))
			if (c == 0)
				put("meta/manifest/0000",
					"git-vault manifest 1\n" \
					"owner root root\n" \
					"d 1767225600.000000000 .\n")
		}
	}'
}

# look_repository DIR N: a repository with N snapshots, refs packed, objects
# in one pack.
look_repository () {
	git init -q "$1" &&
		git -C "$1" commit -q --allow-empty -m base &&
		base=$(git -C "$1" rev-parse HEAD) &&
		git -C "$bench_dir/look/gen" log --reverse --format=%T gen \
			>"$bench_dir/trees" || die "cannot make $1"
	echo "$bench_dir/look/gen/.git/objects" \
		>"$1/.git/objects/info/alternates"
	awk -v n="$2" -v base="$base" '
	{ tree[k++] = $0 }
	END {
		for (i = 0; i < n; i++) {
			s = i * 60
			id = sprintf("202601%02dT%02d%02d%02dZ-%08x",
				int(s / 86400) + 1, int(s / 3600) % 24,
				int(s / 60) % 60, s % 60, i * 7919 + 1)
			text = sprintf("number %d\n\nVault-Format: 1\n" \
				"Vault-Id: %s\nVault-Host: bench\n" \
				"Vault-Trigger: manual\n" \
				"Vault-Branch: main\n%s%s" \
				"Vault-Files: %d\nVault-Bytes: %d\n" \
				"Vault-Secrets: 0\n", i, id,
				i ? "Vault-Previous: " before "\n" : "",
				i % 100 ? "" : "Vault-Tag: t" i "\n",
				50001, 50001 * 60)
			before = id
			print "commit refs/vault/snapshots/" id
			print "committer a <b> " 1767225600 + s " +0000"
			print "data " length(text)
			print text "from " base
			print "M 040000 " tree[i % k] " \"\"\n"
		}
	}' "$bench_dir/trees" | git -C "$1" fast-import --quiet --force &&
		git -C "$1" pack-refs --all && git -C "$1" repack -qadl &&
		git -C "$1" vault -q init >/dev/null ||
		die "cannot make $2 snapshots in $1"
}

# look_at NAME COMMAND…: the command of `git vault` with 10 and with 1,000.
look_at () {
	name_=$1
	shift
	for n_ in 10 1000
	do
		measure "look.$name_.$n_" git -C "$bench_dir/look/$n_" \
			--no-pager vault "$@"
	done
}

# What no cache has helped yet: the first one that looks at all of them.
look_anew () {
	for n_ in 10 1000
	do
		rm -f "$bench_dir/look/$n_/.git/vault/records"
		measure "look.anew.$n_" git -C "$bench_dir/look/$n_" \
			--no-pager vault list
	done
}

# A path that nobody has asked for yet.
look_path_anew () {
	for n_ in 10 1000
	do
		rm -f "$bench_dir/look/$n_/.git/vault/paths"
		measure "look.path-anew.$n_" git -C "$bench_dir/look/$n_" \
			--no-pager vault list --path envs/e7/hot.tf
	done
}

# Commands that look at all snapshots.
look_at_all () {
	look_anew
	look_at all list
	look_at json list --json
	look_at old-tag list --tag t0
	look_at since list --since 2001-01-01
	look_at host list --host nobody
	look_path_anew
	look_at path list --path envs/e7/hot.tf
	look_at cat-tag cat tag:t0:envs/e7/hot.tf
	look_at prune prune -n --keep-last 5
	for n_ in 10 1000
	do
		# it finds something to say
		# shellcheck disable=SC2016
		measure "look.doctor.$n_" sh -c \
			'git -C "$1" vault doctor || test $? = 1' sh \
			"$bench_dir/look/$n_"
	done
}

rows_all () {
	row look-all look.all.1000 look.all.10 1.20 \
		'list of all 1,000 / of 10'
	row look-json look.json.1000 look.json.10 1.20 '… with --json'
	row look-old-tag look.old-tag.1000 look.old-tag.10 1.20 \
		'… with a tag that only the oldest has'
	row look-since look.since.1000 look.since.10 1.20 '… since a time'
	row look-host look.host.1000 look.host.10 1.20 '… of another host'
	row look-path look.path.1000 look.path.10 1.20 '… that changed a file'
	row look-path-anew look.path-anew.1000 look.path-anew.10 - \
		'… that changed a file, for the first time'
	row look-anew look.anew.1000 look.anew.10 - \
		'list of all 1,000 / of 10, for the first time'
	row look-cat-tag look.cat-tag.1000 look.cat-tag.10 1.20 \
		'cat of the oldest of 1,000, by its tag / of 10'
	row look-prune look.prune.1000 look.prune.10 1.20 \
		'prune -n of 1,000 / of 10'
	row look-doctor look.doctor.1000 look.doctor.10 1.20 \
		'doctor with 1,000 snapshots / with 10'
}

# log of a path over 1,000 snapshots, and what looks with 1,000 as with 10.
scene_look () {
	wants log log-glob look-list look-show look-cat look-back look-ls \
		look-anew look-all look-json look-old-tag look-since \
		look-host look-path look-path-anew look-cat-tag look-prune look-doctor ||
		return 0
	image look 2G
	say "making 1,000 versions of a tree of $many files"
	git init -q "$bench_dir/look/gen" &&
		look_stream_ 1000 |
		git -C "$bench_dir/look/gen" fast-import --quiet --force ||
		die "cannot make the versions"
	for n_ in 10 1000
	do
		look_repository "$bench_dir/look/$n_" "$n_"
	done
	i=0
	while test $i -lt "$rounds"
	do
		i=$((i + 1))
		measure look.log git -C "$bench_dir/look/1000" --no-pager \
			vault log envs/e7/hot.tf
		measure look.glob git -C "$bench_dir/look/1000" --no-pager \
			vault log 'envs/e7/*.tf'
		look_at list list -n 10
		look_at show show
		look_at cat cat latest:envs/e7/hot.tf
		look_at back show latest~8
		look_at ls ls latest:envs/e7
		look_at_all
	done
	row_limit log look.log 150 'log of a file over 1,000 snapshots'
	row_limit log-glob look.glob - 'log of a wildcard over 1,000 snapshots'
	for name_ in list show cat back ls
	do
		row "look-$name_" "look.$name_.1000" "look.$name_.10" 1.20 \
			"$name_ with 1,000 snapshots / with 10"
	done
	rows_all
	drop_image look
}
