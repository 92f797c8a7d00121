#!/bin/sh
test_description='the index as git reads it: versions, flags, extensions'
. "$(dirname "$0")/test-lib.sh"

# What we read is what git prints of it, to the byte.
reads_like_git () {
	git ls-files -s -z --debug >expect &&
		index-tool dump "$(git rev-parse --absolute-git-dir)/index" \
			>actual &&
		test_cmp_bin expect actual
}

# The same without stat data, where git reads for us.
lists_like_git () {
	git ls-files -s -z | tr "\\0" "\\n" >expect &&
		index-tool dump .git/index | tr "\\0" "\\n" |
		grep -av "^  " >actual &&
		test_cmp expect actual &&
	GIT_LITERAL_PATHSPECS=1 index-tool dump .git/index >actual &&
	tr "\\0" "\\n" <actual | grep -av "^  " >listed &&
	test_cmp expect listed
}

flags_of () {
	index-tool flags "$(git rev-parse --absolute-git-dir)/index" |
		tr '\0' '\n'
}

test_expect_success 'no index is an empty one' '
	rm -f .git/index &&
	index-tool dump .git/index >actual &&
	test_must_be_empty actual &&
	index-tool verify .git/index
'

test_expect_success 'an empty file is damaged' '
	>empty &&
	test_expect_code 128 index-tool dump empty 2>err &&
	test_grep "^index-tool: index empty: it is no index" err
'

test_expect_success 'an index without entries' '
	git read-tree --empty &&
	reads_like_git
'

test_expect_success 'files, links, executables and odd names' '
	mkdir -p a/b.d "a b" a-b &&
	for f in x a/y a/b.d/z a-b/w "a b/c d" a.b a0 \
		"$(printf "new\nline")" "$(printf "\351")" "\"q\"" "\\"
	do
		echo "$f" >"$f" || return 1
	done &&
	ln -s x link && >run && chmod +x run && >zero &&
	git add . &&
	test_commit base &&
	reads_like_git
'

test_expect_success 'a name longer than the length field can say' '
	long=$(printf "%04100d" 0) &&
	blob=$(git hash-object -w zero) &&
	git update-index --add --cacheinfo "100644,$blob,deep/$long" &&
	git update-index --add --cacheinfo "100644,$blob,deep/${long}1" &&
	reads_like_git
'

test_expect_success 'a submodule' '
	head=$(git rev-parse HEAD) &&
	git update-index --add --cacheinfo "160000,$head,sub" &&
	reads_like_git
'

test_expect_success 'versions 2, 3 and 4' '
	reads_like_git &&
	printf "DIRC\\0\\0\\0\\2" >expect &&
	head -c 8 .git/index >actual && test_cmp_bin expect actual &&
	echo new >intent && git add -N intent &&
	git update-index --skip-worktree x &&
	git update-index --assume-unchanged a/y &&
	printf "DIRC\\0\\0\\0\\3" >expect &&
	head -c 8 .git/index >actual && test_cmp_bin expect actual &&
	reads_like_git &&
	git update-index --index-version 4 &&
	printf "DIRC\\0\\0\\0\\4" >expect &&
	head -c 8 .git/index >actual && test_cmp_bin expect actual &&
	reads_like_git &&
	flags_of >flags &&
	test_grep "^i intent$" flags &&
	test_grep "^s x$" flags &&
	test_grep "^v a/y$" flags &&
	test_grep "^- zero$" flags
'

test_expect_success 'the tree ids that git left in it' '
	git update-index --no-skip-worktree x && git reset -q --hard &&
	git read-tree HEAD &&
	{
		git rev-parse "HEAD^{tree}" | sed "s/$/ 0 /" &&
		git ls-tree -rdz HEAD | tr "\\n\\0" "?\\n" |
			sed "s/^040000 tree \([0-9a-f]*\)	/\1 0 /"
	} | sort >expect &&
	index-tool trees .git/index | tr "\\n\\0" "?\\n" |
		sed "s/^\([0-9a-f]*\) [0-9]* /\1 0 /" | sort >actual &&
	test_cmp expect actual &&
	index-tool trees .git/index | tr "\\0" "\\n" >all &&
	test_grep " 2 a$" all &&
	echo more >>a/y && git add a/y &&
	index-tool trees .git/index | tr "\\0" "\\n" >rest &&
	test_grep ! " a$" rest &&
	test_grep " a/b.d$" rest
'

test_expect_success 'conflicts: stages 1 to 3' '
	git reset -q --hard &&
	test_commit one file 1 && git branch side &&
	test_commit two file 2 && git checkout -q side &&
	test_commit three file 3 &&
	test_must_fail git merge two &&
	reads_like_git &&
	git ls-files -s file >stages && test_line_count = 3 stages &&
	git update-index --index-version 4 && reads_like_git &&
	git reset -q --hard
'

test_expect_success 'untracked cache, fsmonitor, end-of-index and offset tables' '
	git config core.fsmonitor false &&
	git -c core.untrackedCache=true -c index.threads=2 update-index \
		--force-untracked-cache --force-write-index &&
	git status >/dev/null &&
	test_grep -a UNTR .git/index &&
	reads_like_git &&
	git update-index --no-untracked-cache &&
	printf "#!/bin/sh\\nprintf \"token\\\\0\"\\n" >.git/fsmonitor &&
	chmod +x .git/fsmonitor &&
	git config core.fsmonitor .git/fsmonitor &&
	git config core.fsmonitorHookVersion 2 &&
	git update-index --fsmonitor &&
	test_grep -a FSMN .git/index &&
	GIT_TRACE_FSMONITOR=0 reads_like_git &&
	git config --unset core.fsmonitor &&
	git update-index --no-fsmonitor
'

test_expect_success 'a large index with an offset table, in version 4' '
	git init -q big &&
	(
		cd big &&
		blob=$(git hash-object -w --stdin </dev/null) &&
		awk -v blob="$blob" "BEGIN {
			for (i = 0; i < 30000; i++)
				printf \"100644 %s 0\tdir-%d/sub-%d/file-%05d\n\",
				    blob, i % 7, i % 31, i
		}" </dev/null >entries &&
		git update-index --index-info <entries &&
		reads_like_git &&
		git config index.threads 4 &&
		git update-index --index-version 4 &&
		test_grep -a IEOT .git/index &&
		reads_like_git &&
		git write-tree && reads_like_git &&
		index-tool verify .git/index
	)
'

test_expect_success 'a split index is read through git' '
	git reset -q --hard && git update-index --split-index &&
	test_grep -a link .git/index &&
	echo new >>x && git add x && >empty-new && git add empty-new &&
	>later && git add -N later &&
	git update-index --skip-worktree a/y &&
	git update-index --assume-unchanged a0 &&
	lists_like_git &&
	flags_of >flags &&
	test_grep "^in later$" flags &&
	test_grep "^n empty-new$" flags &&
	test_grep "^sn a/y$" flags &&
	test_grep "^vn a0$" flags &&
	mkdir -p a-b && (cd a-b && flags_of) >flags2 &&
	test_cmp flags flags2 &&
	git update-index --no-split-index --no-assume-unchanged a0 &&
	git update-index --no-skip-worktree a/y && git rm -q --cached later
'

test_expect_success 'a split index without its other half is no index' '
	git update-index --split-index &&
	mkdir gone && mv .git/sharedindex.* gone/ &&
	test_expect_code 128 index-tool dump .git/index 2>err &&
	test_grep "git ls-files failed" err &&
	mv gone/* .git/ && git update-index --no-split-index
'

test_expect_success 'a sparse index is read through git, and whole' '
	git reset -q --hard && git clone -q . sparse &&
	(
		cd sparse &&
		mkdir -p out/in && echo 1 >out/in/f && >out/zero &&
		git add . && git commit -qm out &&
		git sparse-checkout set --cone --sparse-index a &&
		test_grep -a sdir .git/index &&
		lists_like_git &&
		flags_of >flags &&
		test_grep "^sn out/in/f$" flags &&
		test_grep "^sn out/zero$" flags &&
		test_grep "^n a/y$" flags
	)
'

test_expect_success 'an index without a checksum' '
	git read-tree HEAD && index-tool verify .git/index &&
	size=$(wc -c <.git/index) &&
	{
		head -c $((size - 20)) .git/index &&
		printf "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0" &&
		printf "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	} >.git/unsummed &&
	index-tool dump .git/unsummed >actual &&
	index-tool dump .git/index >expect &&
	test_cmp_bin expect actual &&
	index-tool verify .git/unsummed
'

test_expect_success 'a wrong checksum is found by who asks' '
	size=$(wc -c <.git/index) &&
	{ head -c $((size - 20)) .git/index && echo 1234567890123456789; } \
		>.git/wrong &&
	index-tool dump .git/wrong >actual &&
	test_cmp_bin expect actual &&
	test_expect_code 1 index-tool verify .git/wrong 2>err &&
	test_grep checksum err
'

test_expect_success 'damage at any byte, or an end at any byte, crashes nothing' '
	git init -q small &&
	(
		cd small && mkdir a && >a/b && >a/c && >d && git add . &&
		git write-tree && git add -N . && index-tool cut .git/index &&
		git update-index --index-version 4 && index-tool cut .git/index
	)
'

test_done
