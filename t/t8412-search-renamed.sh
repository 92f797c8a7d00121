#!/bin/sh

test_description='files that were renamed and edited, and names that were renamed'
. "$(dirname "$0")/test-lib.sh"

save () {
	test_tick && git vault -q snapshot -m "$1" >>ids
}

test_expect_success 'set up: a file is renamed and edited, its function renamed, and both go' '
	mkdir r && mv .git r && cd r && echo ids >.git/info/exclude && mkdir lib && cat >lib/db.c <<-\EOF &&
	#include "db.h"

	struct db *
	open_db(const char *path)
	{
	    struct db *db = calloc(1, sizeof(*db));

	    if (db == NULL || (db->fd = open(path, O_RDWR)) < 0) {
	        free(db);
	        return NULL;
	    }
	    db->pages = map_pages(db->fd, &db->n_pages);
	    db->log = start_log(path, db->n_pages);
	    return db;
	}

	void
	close_db(struct db *db)
	{
	    if (db == NULL)
	        return;
	    flush_log(db->log);
	    unmap_pages(db->pages, db->n_pages);
	    close(db->fd);
	    free(db);
	}
	EOF
	echo "return open_db(\"x\") == NULL;" >main.c && save first &&
	(echo "/* a licence" && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do echo " * line $i"; done && echo " */" &&
	sed "s/const char \*path)/const char *path, int flags)/;s/O_RDWR/O_RDWR | flags/" lib/db.c) >lib/store.c && rm lib/db.c && save moved &&
	sed -i "s/open_db/store_open/" lib/store.c main.c && save renamed &&
	cp lib/store.c lib/other.c && rm lib/store.c && sed -i "s/store_open/other_open/" lib/other.c && save other && rm lib/other.c && save gone
'

test_expect_success 'git sees two files by lines, and search follows the one' '
	cd r && git diff --name-status -M "refs/vault/snapshots/$(sed -n 1p ids):tree" "refs/vault/snapshots/$(sed -n 2p ids):tree" >out && test_grep ! "^R" out &&
	git vault search --symbol open_db >out && test_grep "^    introduced .* in $(sed -n 1p ids)" out &&
	test_grep "^    moved .* in $(sed -n 2p ids) from lib/db.c" out && test_grep "^    removed .* in $(sed -n 3p ids)" out
'

test_expect_success 'the new name is told, and how to follow it; the new file, too' '
	cd r && git vault search --symbol open_db >out && test_grep "^  *renamed to store_open; to follow it: git vault search --word store_open$" out &&
	git vault search --word store_open >out && test_grep "^  *the file is now lib/other.c$" out && test_grep "renamed to other_open" out &&
	git vault search --symbol --json store_open >out && test_grep "\"renamed\":\"other_open\"" out && test_grep "\"to\":\"lib/other.c\"" out &&
	git vault search --word other_open >out && test_grep ! "renamed to" out && test_grep ! "is now" out
'

test_expect_success 'what took the place of a name is not told where it may be a secret' '
	cd r && echo "password = open_db" >conf.ini && git add conf.ini && test_tick && git commit -q -m one &&
	echo "password = Tr0ub4dor_and_3_more" >conf.ini && test_tick && git commit -q -a -m two &&
	git vault search --commits --path conf.ini open_db >out && test_grep "^    removed" out && test_grep ! Tr0ub4dor out
'

test_expect_success 'log goes on under the name that the file had before' '
	cd r && git vault log lib/other.c >out && test_grep "^Before it was renamed, as lib/store.c:$" out && test_grep "^Before it was renamed, as lib/db.c:$" out &&
	test "$(grep -c "^added" out)" = 3 && mkdir -p lib && (cd lib && git vault log --stat other.c) >again && test_grep "as lib/db.c:$" again &&
	git vault log --json lib/other.c >out && test_grep "\"earlier\":\[{\"path\":\"lib/store.c\"" out && git vault log -n 1 lib/other.c >out && test_grep ! Before out &&
	git vault log lib/ >out && test_grep ! Before out && git vault log main.c >out && test_grep ! Before out
'

test_done
