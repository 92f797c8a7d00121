/* Any bytes as a baseline of the scanner, as they are and behind its first
 * line: what is accepted is sorted, each entry is found, and a refusal has a
 * sentence. */
#include "fuzz.h"

#include "base/err.h"
#include "detect/baseline.h"

static void
read_it(const char *data, size_t len)
{
	struct gv_baseline b;
	size_t i;

	gv_err_set_message(NULL);
	if (gv_baseline_parse(&b, "f", data, len) < 0) {
		must(*gv_err_message());
		return;
	}
	must(b.n == 0 || *b.key);
	for (i = 0; i < b.n; i++) {
		const struct gv_baseline_entry *e = &b.entries[i];

		must(gv_baseline_find(&b, &e->digest) == e);
		must(i == 0 ||
		    memcmp(e[-1].digest.bytes, e->digest.bytes,
			GV_IDKEY_DIGEST) < 0);
	}
	gv_baseline_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	read_it((const char *)data, len);
	gv_buf_addstr(&b, "# git-vault baseline 1\n");
	gv_buf_add(&b, data, len);
	read_it(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
