/* Read the cache of facts, as it is and once more with a checksum that is
 * right, which no chance would find: what is accepted is written again byte for
 * byte. And read the facts of a file, which count the same twice. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/deflate.h"
#include "vault/trawl_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
read_cache(const char *data, size_t len)
{
	struct gv_fact_cache c = GV_FACT_CACHE_INIT;
	struct gv_buf back = GV_BUF_INIT;

	if (len > 28)
		memcpy(c.version.id, data + 8, GV_OID_RAW);
	if (gv_fact_parse(&c, data, len) < 0) {
		must(c.n == 0 && c.file == NULL);
		return;
	}
	gv_fact_format(&back, &c);
	must(back.len == len && memcmp(back.p, data, len) == 0);
	gv_buf_release(&back);
	gv_fact_release(&c);
}

/* Of a file at "a", by the key of eight sevens. */
static void
read_facts(const uint8_t *data, size_t len)
{
	const struct gv_trawl_opts opts = { .counts = true };
	const struct gv_trawl_job job = { .path = "a", .blob = { { 1 } } };
	const struct gv_trawl_job other = { .path = "b", .blob = { { 1 } } };
	struct gv_trawl *trawl = NULL;
	struct gv_trawl_private *p;
	struct gv_buf file = GV_BUF_INIT;
	uint64_t one = 0, two = 0;
	int r;

	must(gv_trawl_new(&trawl, &opts) == 0);
	p = trawl->private;
	must(gv_trawl_fact_load(trawl) == 0);
	memset(p->key.name, '7', GV_IDKEY_NAME);
	trawl->key = &p->key;
	p->asked = p->has_facts = true;
	gv_trawl_fact_put(trawl, &job.blob, "a",
	    &(struct gv_trawl_facts){
		.bytes = { .p = (char *)data, .len = len } });
	gv_fact_format(&file, &p->facts);
	must(gv_fact_parse(&p->facts, file.p, file.len) == 0);
	r = gv_trawl_fact_tell(trawl, &job, &one);
	must(r == 0 || r == 1);
	must(gv_trawl_fact_tell(trawl, &job, &two) == r);
	must(one == two && trawl->n == 0 && (r == 1 || one == 0));
	must(gv_trawl_fact_tell(trawl, &other, &two) == 0);
	gv_trawl_free(trawl);
	gv_buf_release(&file);
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
	read_facts(data, len);
	return 0;
}
