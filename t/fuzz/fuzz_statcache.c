/*
 * Any bytes as a cache whose checksum is right, as only somebody who wants to
 * harm makes them: what is believed can be walked to an end and looked into.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/statcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = UINT32_MAX;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

struct seen {
	const struct gv_statcache *cache;
	size_t rows;
};

static int
visit(void *ctx, const struct gv_buf *path, const struct gv_row *row)
{
	struct seen *seen = ctx;

	assert(++seen->rows <= seen->cache->head->rows);
	assert(strlen(path->p) == path->len);
	assert(path->len >= row->name_len);
	gv_statcache_find(seen->cache, path->p, path->len);
	return 0;
}

static void
use(const struct gv_statcache *c)
{
	struct gv_buf path = GV_BUF_INIT;
	struct seen seen = { c, 0 };
	int r = gv_statcache_walk(c, 0, &path, visit, &seen);

	assert(r == 0);
	assert(seen.rows == c->head->rows);
	assert(path.len == 0);
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
	memcpy(data, "gvstat\0\2", 8);
	memset(data + at, 0, sizeof(crc));
	crc = crc32_of(data, len);
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
