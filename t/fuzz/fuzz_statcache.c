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

/* With the magic, the version and the sum that it should have. */
static void
complete(uint8_t *data, size_t len)
{
	const size_t at = offsetof(struct gv_statcache_head, crc);
	uint32_t crc;

	if (len < sizeof(struct gv_statcache_head))
		return;
	memcpy(data, GV_STATCACHE_MAGIC, 8);
	memset(data + at, 0, sizeof(crc));
	crc = gv_deflate_crc32(0, data, len);
	memcpy(data + at, &crc, sizeof(crc));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_statcache *c;
	char path[64];
	uint8_t *copy = malloc(len + 1);
	int fd = memfd_create("cache", 0);

	if (copy == NULL || fd < 0)
		abort();
	memcpy(copy, data, len);
	complete(copy, len);
	if (write(fd, copy, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (gv_statcache_open(&c, path) == 0) {
		use(c);
		gv_statcache_close(c);
	}
	close(fd);
	free(copy);
	return 0;
}
