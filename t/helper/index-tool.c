/*
 * Git's index as our reader sees it, where git can be asked the same:
 *
 *	index-tool dump FILE	as `git ls-files -s -z --debug`
 *	index-tool flags FILE	"<flags> path" NUL-ended; flags are the
 *				letters v (assume-valid), s (skip-worktree),
 *				i (intent-to-add), n (no stat data), or "-"
 *	index-tool trees FILE	"<oid> <entries> path" NUL-ended, valid ones
 *	index-tool verify FILE	the checksum; exit 1 where it is wrong
 *	index-tool cut FILE	the reader on every beginning of the file and
 *				on the file with every byte damaged
 *	index-tool time FILE	microseconds to read it and to verify it
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "worktree/index.h"

static int
dump(const struct gv_index *index)
{
	size_t i;

	for (i = 0; i < index->n; i++) {
		const struct gv_index_entry *e = &index->entries[i];
		char hex[GV_OID_HEX + 1];
		unsigned flags = (unsigned)e->stage << 12;

		flags |= e->flags & GV_INDEX_ASSUME_VALID ? 0x8000 : 0;
		flags |= e->flags & GV_INDEX_SKIP_WORKTREE ? 0x40004000 : 0;
		flags |= e->flags & GV_INDEX_INTENT_TO_ADD ? 0x20004000 : 0;
		gv_oid_format(hex, &e->oid);
		printf("%06o %s %u\t%s", e->mode, hex, e->stage, e->path);
		putchar('\0');
		printf("  ctime: %u:%u\n", e->ctime_s, e->ctime_ns);
		printf("  mtime: %u:%u\n", e->mtime_s, e->mtime_ns);
		printf("  dev: %u\tino: %u\n", e->dev, e->ino);
		printf("  uid: %u\tgid: %u\n", e->uid, e->gid);
		printf("  size: %u\tflags: %x\n", e->size, flags);
	}
	return 0;
}

static int
flags(const struct gv_index *index)
{
	size_t i;

	for (i = 0; i < index->n; i++) {
		const struct gv_index_entry *e = &index->entries[i];

		if (e->flags == 0)
			putchar('-');
		if (e->flags & GV_INDEX_ASSUME_VALID)
			putchar('v');
		if (e->flags & GV_INDEX_SKIP_WORKTREE)
			putchar('s');
		if (e->flags & GV_INDEX_INTENT_TO_ADD)
			putchar('i');
		if (e->flags & GV_INDEX_NO_STAT)
			putchar('n');
		printf(" %s", e->path);
		putchar('\0');
	}
	return 0;
}

static int
trees(const struct gv_index *index)
{
	size_t i, first, count, n;
	const struct gv_index_tree *all = gv_index_trees(index, &n);

	for (i = 0; i < n; i++) {
		const struct gv_index_tree *t = &all[i];
		char hex[GV_OID_HEX + 1];

		if (t->entries < 0)
			continue;
		gv_oid_format(
		    hex, gv_index_tree_of(index, t->path, t->path_len));
		gv_index_range(index, t->path, t->path_len, &first, &count);
		printf("%s %zu %s", hex, count, t->path);
		putchar('\0');
	}
	return 0;
}

static int
verify(const struct gv_index *index)
{
	if (gv_index_verify(index) == 0)
		return 0;
	fprintf(stderr, "%s\n", gv_err_message());
	return 1;
}

/* No input may make the reader crash; a part of the file is never the whole,
 * for a part of an entry or of an extension is missing. */
static int
cut(const char *file)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t len, i;
	int bad = 0;

	if (gv_file_read(&b, AT_FDCWD, file, SIZE_MAX) < 0)
		return 1;
	for (len = 0; len < b.len; len++) {
		/* a copy of its own, so that a sanitizer sees the end */
		char *copy = malloc(len ? len : 1);
		struct gv_index *index = NULL;

		memcpy(copy, b.p, len);
		if (gv_index_parse(&index, copy, len) == 0 &&
		    gv_index_verify(index) == 0)
			bad = 1;
		gv_index_close(index);
		free(copy);
	}
	for (i = 0; i < b.len * 8; i++) {
		struct gv_index *index = NULL;

		b.p[i / 8] ^= (char)(1 << (i % 8));
		if (gv_index_parse(&index, b.p, b.len) == 0 &&
		    gv_index_verify(index) == 0)
			bad = 1;
		gv_index_close(index);
		b.p[i / 8] ^= (char)(1 << (i % 8));
	}
	gv_buf_release(&b);
	if (bad)
		fprintf(stderr, "a damaged index passes\n");
	return bad;
}

static int
measure(const struct gv_repo *repo)
{
	long long best[2] = { 1LL << 60, 1LL << 60 };
	size_t n = 0;
	int i;

	for (i = 0; i < 20; i++) {
		long long t[3];
		struct gv_index *index;

		t[0] = gv_clock_tick();
		if (gv_index_open(&index, repo) < 0)
			return 1;
		t[1] = gv_clock_tick();
		verify(index);
		t[2] = gv_clock_tick();
		n = index->n;
		gv_index_close(index);
		best[0] = t[1] - t[0] < best[0] ? t[1] - t[0] : best[0];
		best[1] = t[2] - t[1] < best[1] ? t[2] - t[1] : best[1];
	}
	printf("%zu entries: read %lld us, verify %lld us\n", n, best[0] / 1000,
	    best[1] / 1000);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct gv_index *index);
	} cmds[] = { { "dump", dump }, { "flags", flags }, { "trees", trees },
		{ "verify", verify } };
	struct gv_index *index = NULL;
	struct gv_repo repo = { 0 };
	size_t i;
	int r = 129;

	if (argc != 3)
		return 129;
	repo.index_file = argv[2];
	if (strcmp(argv[1], "cut") == 0)
		return cut(argv[2]);
	if (strcmp(argv[1], "time") == 0)
		return measure(&repo);
	if (gv_index_open(&index, &repo) < 0) {
		fprintf(stderr, "index-tool: %s\n", gv_err_message());
		return 128;
	}
	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
		if (strcmp(argv[1], cmds[i].name) == 0)
			r = cmds[i].run(index);
	gv_index_close(index);
	return r;
}
