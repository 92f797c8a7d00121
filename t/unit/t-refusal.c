#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/systemd.h"
#include "base/zone.h"
#include "format/yamltext.h"
#include "infra/bill.h"
#include "repo/repo.h"
#include "repo/shallow.h"
#include "scratch.h"
#include "sys/fifo.h"
#include "sys/file.h"
#include "sys/local.h"
#include "sys/outfile.h"
#include "sys/zonefile.h"
#include "textindex/segment_pairs.h"
#include "watch/watch.h"
#include "watch/watch_unit.h"
#include "worktree/index_internal.h"

/* What small modules say of what they do not take. */

static void
texts_of_others(void **state)
{
	struct gv_bill bill = GV_BILL_INIT;
	struct gv_yamltext yaml;
	struct gv_buf out = GV_BUF_INIT;
	char none[] = "",
	     spdx[] = "{\"spdxVersion\":\"SPDX-2.3\",\"packages\":"
		      "[{\"versionInfo\":\"1\"}]}";

	(void)state;
	assert_int_equal(gv_yamltext_read(&yaml, "", GV_YAMLTEXT_MAX + 1, NULL),
	    GV_EREFUSED);
	assert_message("line 1, column 1: as YAML it is too large to be read");
	gv_yamltext_release(&yaml);
	assert_int_equal(
	    gv_bill_read(&bill, "big.json", none, GV_BILL_SIZE + 1),
	    GV_EREFUSED);
	assert_message("big.json: it has 33554433 bytes, more than the limit "
		       "of 33554432");
	assert_int_equal(
	    gv_bill_read(&bill, "a.json", spdx, sizeof(spdx) - 1), GV_EREFUSED);
	assert_message("a.json: a package of it has no name");
	gv_bill_release(&bill);
	assert_int_equal(
	    gv_watch_unit_text(&out, "/bin/git-vault", "/home/a$b", false),
	    GV_EREFUSED);
	assert_message("a service of systemd cannot hold a folder of "
		       "configuration with '$' in its name; to watch without "
		       "it: git vault watch run");
	gv_buf_release(&out);
}

static void
files_of_another_kind(void **state)
{
	struct gv_outfile to_socket = {
		.path = "socket", .mode = 0600, .replaces = true
	};
	char path[5000];
	int fd;

	(void)state;
	sh("echo x >file && mkfifo -m 600 pipe && mkfifo -m 644 open");
	assert_int_equal(gv_fifo_open(&fd, "file"), GV_EREFUSED);
	assert_message("file is not a pipe that only you can use; remove it");
	assert_int_equal(gv_fifo_open(&fd, "open"), GV_EREFUSED);
	assert_message("open is not a pipe that only you can use; remove it");
	assert_int_equal(fd, -1);
	assert_int_equal(gv_local_listen(&fd, "file"), GV_EREFUSED);
	assert_message("file is not a socket of yours; remove it");
	assert_int_equal(gv_local_listen(&fd, "socket"), 0);
	assert_int_equal(gv_outfile_open(&to_socket), GV_EREFUSED);
	assert_message("socket is a socket, which cannot hold a file; name "
		       "another place");
	close(fd);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(gv_local_listen(&fd, path), GV_ERROR);
	assert_message("the path aaaa");
	memcpy(path, "./", 2);
	path[300] = '\0';
	assert_int_equal(gv_local_listen(&fd, path), GV_ERROR);
	assert_message("the path ./aaaa");
	fd = open("pipe", O_RDWR | O_CLOEXEC);
	assert_int_equal(gv_file_write_tail("pipe", 0, "x", 1), GV_EREFUSED);
	assert_message("pipe is no regular file");
	close(fd);
	assert_int_equal(gv_file_write_tail("file", 3, "x", 1), GV_ENOTFOUND);
	assert_message("file was cut short");
}

static void
names_that_lead_nowhere(void **state)
{
	struct gv_zone zone;

	(void)state;
	assert_int_equal(gv_zonefile_load(&zone, "Nowhere/Land"), GV_ENOTFOUND);
	assert_message("this machine has no time zone 'Nowhere/Land' in /");
	assert_int_equal(gv_zonefile_load(&zone, "../passwd"), GV_ENOTFOUND);
	assert_message("this machine has no time zone '../passwd' in /");
}

static void
more_than_there_can_be(void **state)
{
	struct gv_segment_pairs *p = gv_segment_pairs_new();
	struct gv_index_entry nameless = { .path = "" };
	struct gv_index index = { .n = 7 };

	(void)state;
	assert_non_null(p);
	assert_int_equal(gv_segment_pairs_add(
			     p, GV_SEGMENT_PAIRS_PIECES, "text", 4, &p->alone),
	    GV_ERROR);
	assert_message(
	    "a part of the index can have no more than 65536 pieces");
	gv_segment_pairs_free(p);
	assert_int_equal(gv_index_append(&index, &nameless), GV_ECORRUPT);
	assert_message("entry 7 has an empty path");
}

static void
damaged_files_of_ours(void **state)
{
	struct gv_watch_board board;
	struct gv_shallow shallow;
	struct gv_repo *repo;

	(void)state;
	sh("git init -q r && cd r && git commit -q --allow-empty -m x && "
	   "git rev-parse HEAD >.git/shallow");
	scratch_chdir("r");
	assert_int_equal(gv_repo_open(&repo, 0), 0);
	assert_int_equal(gv_shallow_load(&shallow, repo), 0);
	assert_int_equal(shallow.n, 1);
	gv_shallow_release(&shallow);
	sh("echo no id >.git/shallow");
	assert_int_equal(gv_shallow_load(&shallow, repo), GV_ECORRUPT);
	assert_message(".git/shallow is damaged");
	gv_repo_close(repo);
	scratch_chdir("..");
	sh("mkdir -p git-vault/watch && echo other >git-vault/watch/board");
	assert_int_equal(gv_watch_look(&board), GV_ECORRUPT);
	assert_message("what watch wrote cannot be read; to write it again: "
		       "git vault watch stop && git vault watch start");
	gv_watch_board_release(&board);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_int_equal(gv_watch_look(&board), GV_ERROR);
	assert_message("there is no home directory, so there is no place for "
		       "what watch knows; set HOME");
	gv_watch_board_release(&board);
}

UNIT(refusal)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_others),
		SCRATCH_TEST(files_of_another_kind),
		cmocka_unit_test(names_that_lead_nowhere),
		cmocka_unit_test(more_than_there_can_be),
		SCRATCH_TEST(damaged_files_of_ours),
	};

	return UNIT_RUN(tests);
}
