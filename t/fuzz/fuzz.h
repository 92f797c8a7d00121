#ifndef FUZZ_H
#define FUZZ_H
/*
 * What fuzz targets share: the end of everything where something does not hold,
 * and a second reading with a checksum that is right, which no chance finds.
 *
 *	int
 *	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
 *	{
 *		fuzz_sealed(data, len, read_cache);
 *		return 0;
 *	}
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "worktree/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static inline void
must(int ok)
{
	if (!ok)
		abort();
}

/* What was written is these bytes; frees it. */
static inline void
must_be(struct gv_buf *written, const void *data, size_t len)
{
	must(gv_buf_check(written) == 0 && written->len == len);
	must(len == 0 || memcmp(written->p, data, len) == 0);
	gv_buf_release(written);
}

/* Read the bytes as they are, and once more with their sum behind them. */
static inline void
fuzz_sealed(const uint8_t *data, size_t len,
    void (*read_it)(const char *data, size_t len))
{
	struct gv_buf b = GV_BUF_INIT;

	read_it((const char *)data, len);
	gv_buf_add(&b, data, len);
	gv_cache_seal(&b, 0);
	read_it(b.p, b.len);
	gv_buf_release(&b);
}

#endif
