/* The directory of a zip file: what it names lies within the bytes. */
#include "fuzz.h"

#include "format/zip.h"

struct bounds {
	const uint8_t *p;
	size_t len, n;
};

static void
must_lie_in(const struct bounds *b, const void *p, size_t n)
{
	size_t at = (size_t)((const uint8_t *)p - b->p);

	must(at <= b->len && n <= b->len - at);
}

static int
on_entry(void *ctx, const struct gv_zip_entry *entry)
{
	struct bounds *b = ctx;

	if (entry->name_len)
		must_lie_in(b, entry->name, entry->name_len);
	must_lie_in(b, entry->packed, entry->len);
	b->n++;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bounds b = { .p = data, .len = len };

	(void)gv_zip_is(data, len);
	(void)gv_zip_each(data, len, on_entry, &b);
	/* each takes 46 bytes of the directory, and may have a comment and
	 * something in front; one that is not named takes 30 of its own */
	must(b.n <= 3 * (len / 46) + 2 * (len / 30) + 4);
	return 0;
}
