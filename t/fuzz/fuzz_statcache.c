/*
 * Any bytes as a cache whose checksum is right, as only somebody who wants to
 * harm makes them: what is believed can be walked to an end and looked into.
 */
#include "fuzz.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compress/deflate.h"
#include "worktree/statcache.h"

struct seen {
	const struct gv_statcache *cache;
	size_t rows;
};

static int
visit(void *ctx, const struct gv_buf *path, const struct gv_row *row)
{
	struct seen *seen = ctx;

	must(++seen->rows <= seen->cache->head->rows);
	must(strlen(path->p) == path->len);
	must(path->len >= row->name_len);
	gv_statcache_find(seen->cache, path->p, path->len);
	return 0;
}

static void
use(const struct gv_statcache *c)
{
	struct gv_buf path = GV_BUF_INIT;
	struct seen seen = { c, 0 };
	int r = gv_statcache_walk(c, 0, &path, visit, &seen);

	must(r == 0);
	must(seen.rows == c->head->rows);
	must(path.len == 0);
	gv_statcache_find(c, "a/../b//", 8);
	gv_buf_release(&path);
}

/* With the magic, the version and the sums that it should have, for which there
 * is room behind it. How long it is then. */
static size_t
complete(uint8_t *data, size_t len)
{
	const size_t head = sizeof(struct gv_statcache_head);
	const size_t at = offsetof(struct gv_statcache_head, crc);
	size_t from, n, end = len;
	uint32_t crc;

	if (len < head)
		return len;
	memcpy(data, GV_STATCACHE_MAGIC, 8);
	memset(data + at, 0, sizeof(crc));
	for (from = head; from < len; from += n) {
		n = len - from < GV_STATCACHE_BLOCK ? len - from
						    : GV_STATCACHE_BLOCK;
		crc = gv_deflate_crc32(0, data + from, n);
		memcpy(data + end, &crc, sizeof(crc));
		end += sizeof(crc);
	}
	crc = gv_deflate_crc32(0, data, head);
	crc = gv_deflate_crc32(crc, data + len, end - len);
	memcpy(data + at, &crc, sizeof(crc));
	return end;
}

/* As much of it as a search comes by is all that is looked at. */
static void
use_part(const char *path)
{
	static const char *const paths[] = { "a", "a/b", "a/b/c", "b//", "" };
	struct gv_statcache *c;
	size_t i;

	if (gv_statcache_open_part(&c, path) < 0)
		return;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		gv_statcache_find(c, paths[i], strlen(paths[i]));
	gv_statcache_close(c);
}

/* Those bytes as the journal of that cache, with the magic and the sum that the
 * first entry of it should have. */
static void
use_journal(const char *path, const uint8_t *data, size_t len)
{
	const size_t at = 12; /* of the sum, behind magic and base */
	struct gv_statcache *c;
	uint8_t *entry;
	uint32_t crc;

	if (len < 24 || gv_statcache_open(&c, path) < 0)
		return;
	entry = malloc(len);
	if (entry == NULL)
		abort();
	memcpy(entry, data, len);
	memcpy(entry, "gvjrnl\0\1", 8);
	memcpy(entry + 8, &c->base, sizeof(c->base));
	memset(entry + at, 0, sizeof(crc));
	crc = gv_deflate_crc32(0, entry, len);
	memcpy(entry + at, &crc, sizeof(crc));
	if (gv_statcache_replay(c, entry, len) == 0 && gv_statcache_is_sound(c))
		use(c);
	gv_statcache_close(c);
	free(entry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_statcache *c;
	char path[64];
	uint8_t *copy = malloc(len + (len / GV_STATCACHE_BLOCK + 1) * 4);
	int fd = memfd_create("cache", 0);

	if (copy == NULL || fd < 0)
		abort();
	memcpy(copy, data, len);
	len = complete(copy, len);
	if (write(fd, copy, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (gv_statcache_open(&c, path) == 0) {
		use(c);
		gv_statcache_close(c);
	}
	use_part(path);
	use_journal(path, copy, len);
	close(fd);
	free(copy);
	return 0;
}
