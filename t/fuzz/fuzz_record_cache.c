/* Read the cache of records: as it is, and once more with a checksum that is
 * right, which no chance would find. What is accepted is written again byte
 * for byte, and so are the records in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/deflate.h"
#include "vault/record.h"
#include "vault/record_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* The ids, which stand in rows of 24 bytes behind a head of twelve. */
static struct gv_oid *
commits_of(const struct gv_record_cache *c)
{
	struct gv_oid *all = calloc(c->n + 1, sizeof(*all));
	size_t i;

	must(all != NULL);
	for (i = 0; i < c->n; i++)
		memcpy(all[i].id, c->file + 12 + i * 24, GV_OID_RAW);
	return all;
}

/* How many of the records were good, having been added to the other cache. */
static size_t
copy_all(struct gv_record_cache *to, const struct gv_record_cache *from,
    const struct gv_oid *commits)
{
	struct gv_record rec;
	size_t i, n = 0;

	for (i = 0; i < from->n; i++) {
		if (gv_record_cache_get(from, &rec, &commits[i]) == 0)
			continue;
		must(strlen(rec.id) == GV_RECORD_ID_LEN);
		must(gv_record_cache_add(to, &rec) == 0);
		gv_record_release(&rec);
		n++;
	}
	return n;
}

static void
must_be_again(struct gv_record_cache *c, struct gv_oid *commits, size_t n,
    const struct gv_record_cache *was)
{
	struct gv_buf back = GV_BUF_INIT;

	gv_record_cache_format(&back, c, commits, n);
	must(back.len == was->len && memcmp(back.p, was->file, back.len) == 0);
	gv_buf_release(&back);
}

static void
read_cache(const char *data, size_t len)
{
	struct gv_record_cache c = GV_RECORD_CACHE_INIT,
			       copy = GV_RECORD_CACHE_INIT;
	struct gv_oid *commits;

	if (gv_record_cache_parse(&c, data, len) < 0) {
		must(c.n == 0 && c.file == NULL);
		return;
	}
	commits = commits_of(&c);
	must_be_again(&c, commits, c.n, &c);
	if (copy_all(&copy, &c, commits) == c.n)
		must_be_again(&copy, commits, c.n, &c);
	free(commits);
	gv_record_cache_release(&copy);
	gv_record_cache_release(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;
	uint32_t crc = gv_deflate_crc32(0, data, len);
	int shift;

	read_cache((const char *)data, len);
	gv_buf_add(&b, data, len);
	for (shift = 24; shift >= 0; shift -= 8)
		gv_buf_addch(&b, (char)(crc >> shift));
	read_cache(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
